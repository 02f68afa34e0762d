"""The settings: who wins, what is refused, and that everything written about them is in step."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from homeport.errors import SettingsError
from homeport.settings import LoadedSettings, Settings, load_settings
from homeport.settings.documents import env_example, settings_page
from homeport.settings.folders import find_data_dir
from homeport.settings.model import table
from homeport.settings.write import write_setting

ROOT = Path(__file__).parent.parent


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def app_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "recipes"
    folder.mkdir()
    return folder


def load(data_dir: Path, *, environ: Mapping[str, str] | None = None, **options: object) -> LoadedSettings:
    return load_settings(options={"data_dir": str(data_dir), **options}, environ=environ or {}, cwd=data_dir.parent)


def refusal(data_dir: Path, *, environ: Mapping[str, str] | None = None, **options: object) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(data_dir, environ=environ, **options)
    return caught.value


def test_without_any_source_the_defaults_hold(data_dir: Path) -> None:
    loaded = load(data_dir)
    assert loaded.settings == Settings(data_dir=data_dir)
    assert (loaded.settings.host, loaded.settings.port, loaded.settings.tunnel) == ("127.0.0.1", 3002, "auto")
    assert not loaded.given("port")


def test_each_source_wins_over_the_one_before(data_dir: Path, app_dir: Path) -> None:
    def port(**options: object) -> int:
        return load(data_dir, environ=environ, app=str(app_dir), **options).settings.port

    environ: dict[str, str] = {}
    (data_dir / "homeport.toml").write_text("port = 4001\n")
    assert port() == 4001
    (app_dir / "homeport.toml").write_text("port = 4002\n")
    assert port() == 4002
    environ["PORT"] = "4003"
    assert port() == 4003
    environ["HOMEPORT_PORT"] = "4004"
    assert port() == 4004
    assert port(port="4005") == 4005


def test_a_loaded_setting_knows_every_place_that_set_it(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text("# mine\n\nport = 4001\n")
    loaded = load(data_dir, environ={"HOMEPORT_PORT": "4002"})
    assert [str(source) for source in loaded.sources["port"]] == [
        f"{data_dir / 'homeport.toml'}, line 3",
        "HOMEPORT_PORT",
    ]
    assert loaded.given("port")


def test_an_unknown_key_is_refused_with_file_line_and_the_nearest_name(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text("\nprot = 4001\n")
    error = refusal(data_dir)
    assert f"{data_dir / 'homeport.toml'}, line 2" in error.message
    assert error.hint == "Do you mean port?"


def test_an_unknown_environment_name_is_refused_but_secrets_of_the_vault_are_not_settings(data_dir: Path) -> None:
    assert refusal(data_dir, environ={"HOMEPORT_PUBLIC_ULR": "x"}).hint == "Do you mean HOMEPORT_PUBLIC_URL?"
    load(data_dir, environ={"HOMEPORT_SECRET_SIGNING_KEYS": "{}", "OTHER": "x"})


@pytest.mark.parametrize(
    ("line", "needed"),
    [
        ('port = "4001"', "a whole number from 0 to 65535"),
        ("port = true", "a whole number from 0 to 65535"),
        ("port = 70000", "a whole number from 0 to 65535"),
        ("app = 3", "a folder"),
        ('allowed_origins = "https://a.example"', "a list of origins"),
        ("allowed_origins = [1]", "a list of origins"),
        ('allowed_origins = ["*"]', "a list of origins"),
        ('rules = {"add-item" = "maybe"}', "tool names with allow, ask or block"),
        ('log_format = "xml"', "text or json"),
        ('tunnel = "carrier-pigeon"', "auto, none, ngrok, cloudflared, ssh or fixed"),
        ('public_url = "http://homeport.example.com"', "an https address"),
        ('database_url = "mysql://x"', "sqlite:///"),
    ],
)
def test_a_wrong_value_in_a_file_is_refused_with_what_is_needed(data_dir: Path, line: str, needed: str) -> None:
    (data_dir / "homeport.toml").write_text(line + "\n")
    error = refusal(data_dir)
    assert "homeport.toml, line 1" in error.message
    assert needed in error.message


def test_a_wrong_value_names_what_it_overrides(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text("port = 4001\n")
    error = refusal(data_dir, environ={"HOMEPORT_PORT": "70000"})
    assert error.message.startswith("HOMEPORT_PORT: port must be")
    assert error.hint == f"It overrides {data_dir / 'homeport.toml'}, line 1."


def test_a_wrong_secret_value_is_not_repeated(data_dir: Path) -> None:
    error = refusal(data_dir, environ={"HOMEPORT_DATABASE_URL": "mysql://homeport:hunter2@db"})
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(load(data_dir, database_url="postgresql://homeport:hunter2@db/x"))


def test_a_file_that_is_not_toml_is_refused_with_its_line(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text("port = 4001\nhost = \n")
    assert "line 2" in refusal(data_dir).message


def test_files_cannot_name_the_folders_through_which_they_are_found(data_dir: Path, app_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text('data_dir = "elsewhere"\n')
    assert "--data-dir" in refusal(data_dir).hint
    (data_dir / "homeport.toml").unlink()
    (app_dir / "homeport.toml").write_text('app = "elsewhere"\n')
    assert "--app" in refusal(data_dir, app=str(app_dir)).hint


def test_a_folder_is_seen_from_where_it_was_written(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text('app = "tools"\n')
    assert load(data_dir).settings.app == data_dir / "tools"
    assert load(data_dir, app="tools").settings.app == data_dir.parent / "tools"


def test_a_public_url_means_that_the_tunnel_is_fixed(data_dir: Path) -> None:
    assert load(data_dir, public_url="https://h.example.com").settings.tunnel == "fixed"
    (data_dir / "homeport.toml").write_text('tunnel = "none"\n')
    assert load(data_dir, public_url="https://h.example.com").settings.tunnel == "fixed"


def test_the_last_word_decides_between_public_url_and_no_tunnel(data_dir: Path) -> None:
    (data_dir / "homeport.toml").write_text('public_url = "https://h.example.com"\n')
    settings = load(data_dir, tunnel="none").settings
    assert (settings.tunnel, settings.public_url) == ("none", "")
    assert "Leave one of them out" in refusal(data_dir, tunnel="none", public_url="https://h.example.com").hint


def test_a_fixed_tunnel_without_a_public_url_is_refused(data_dir: Path) -> None:
    assert "--public-url" in refusal(data_dir, tunnel="fixed").hint


def test_the_names_of_the_reference_implementation_work(data_dir: Path) -> None:
    loaded = load(
        data_dir,
        environ={
            "SERVER_BASE_URL": "https://h.example.com",
            "PORT": "4010",
            "NODE_ENV": "production",
            "JWT_PRIVATE_KEY": "cHJpdmF0ZQ==",
            "JWT_PUBLIC_KEY": "cHVibGlj",
            "BACKEND_API_URL": "https://backend.example.com",
        },
    )
    assert (loaded.settings.public_url, loaded.settings.port) == ("https://h.example.com", 4010)
    assert loaded.settings.backend_url == "https://backend.example.com"
    assert loaded.imported_keys is not None
    assert loaded.imported_keys.private_key == "cHJpdmF0ZQ=="
    assert "cHJpdmF0ZQ==" not in repr(loaded)
    assert loaded.notices == ("NODE_ENV is set; Homeport does not use it.",)


def test_half_a_signing_key_is_refused(data_dir: Path) -> None:
    assert "JWT_PUBLIC_KEY is not set" in refusal(data_dir, environ={"JWT_PRIVATE_KEY": "x"}).message


def test_a_reference_base_url_on_this_computer_means_no_public_url(data_dir: Path) -> None:
    loaded = load(data_dir, environ={"SERVER_BASE_URL": "http://localhost:3002"})
    assert loaded.settings.public_url == ""
    assert "SERVER_BASE_URL" in loaded.notices[0]


def test_a_dotenv_file_with_reference_names_is_mentioned_in_one_line(data_dir: Path) -> None:
    (data_dir.parent / ".env").write_text("PORT=4000\nexport SERVER_BASE_URL=https://x.example\nUNRELATED=1\n")
    (notice,) = load(data_dir).notices
    assert "PORT, SERVER_BASE_URL" in notice
    assert notice.endswith("homeport secrets import .env")
    assert "UNRELATED" not in notice


def test_an_empty_data_folder_means_the_usual_one(data_dir: Path) -> None:
    usual = Settings().data_dir
    assert load_settings(options={"data_dir": ""}, environ={}, cwd=data_dir).settings.data_dir == usual
    environ = {"HOMEPORT_DATA_DIR": ""}
    assert load_settings(options={}, environ=environ, cwd=data_dir).settings.data_dir == usual
    assert find_data_dir("", environ, data_dir) == usual


@pytest.mark.parametrize("name", ["app", "data_dir"])
def test_a_file_where_a_folder_belongs_is_answered_with_its_folder(data_dir: Path, app_dir: Path, name: str) -> None:
    (app_dir / "app.py").touch()
    variable, option = f"HOMEPORT_{name.upper()}", f"--{name.replace('_', '-')}"
    for options, environ, hint in (
        ({name: "recipes/app.py"}, {}, f"{option} recipes"),
        ({}, {variable: "recipes/app.py"}, f"{variable}=recipes"),
        ({name: str(app_dir / "app.py")}, {variable: "recipes"}, f"{option} recipes"),
    ):
        with pytest.raises(SettingsError) as caught:
            load_settings(options=options, environ=environ, cwd=data_dir.parent)
        assert caught.value.message == f"{app_dir / 'app.py'} is a file."
        assert caught.value.hint == f"Give its folder: {hint}"


def test_an_empty_variable_counts_as_not_set(data_dir: Path) -> None:
    assert not load(data_dir, environ={"HOMEPORT_PUBLIC_URL": "", "HOMEPORT_PORT": ""}).given("port")


def test_lists_and_rules_can_be_given_as_text_and_as_options(data_dir: Path) -> None:
    environ = {"HOMEPORT_RULES": "add-item=block, search=allow", "HOMEPORT_ALLOWED_ORIGINS": "https://a.example"}
    settings = load(data_dir, environ=environ).settings
    assert settings.rules == {"add-item": "block", "search": "allow"}
    assert settings.allowed_origins == ("https://a.example",)
    assert load(data_dir, rules=("add-item=block",)).settings.rules == {"add-item": "block"}


def test_an_access_token_lives_longer_where_a_person_sits(data_dir: Path) -> None:
    def seconds(serve: bool, **options: object) -> int:
        options |= {"data_dir": str(data_dir)}
        return load_settings(options=options, environ={}, cwd=data_dir, serve=serve).access_token_seconds

    assert seconds(serve=False) == 12 * 3600
    assert seconds(serve=True) == 3600
    assert seconds(serve=True, access_token_minutes="5") == 300


def test_the_database_is_a_file_in_the_data_folder_unless_another_one_is_named(data_dir: Path) -> None:
    assert Settings(data_dir=data_dir).database == f"sqlite://{data_dir}/homeport.sqlite3"
    assert Settings(data_dir=data_dir, database_url="postgresql://db/x").database == "postgresql://db/x"


def test_writing_a_setting_keeps_comments_and_everything_else(data_dir: Path) -> None:
    file = data_dir / "homeport.toml"
    file.write_text('# my door\nport = 4001  # the old one was taken\n\n[rules]\n"add-item" = "block"\n')
    write_setting(file, "port", 4002)
    write_setting(file, "log_format", "json")
    assert file.read_text().startswith("# my door\nport = 4002  # the old one was taken\n")
    settings = load(data_dir).settings
    assert (settings.port, settings.log_format, settings.rules) == (4002, "json", {"add-item": "block"})
    write_setting(file, "port", None)
    assert load(data_dir).settings.port == 3002


def test_a_setting_that_does_not_fit_is_not_written(data_dir: Path) -> None:
    file = data_dir / "homeport.toml"
    file.write_text("port = 4001\n")
    for name, value in (("port", 70000), ("log_format", "xml"), ("prot", 1)):
        with pytest.raises(SettingsError):
            write_setting(file, name, value)
    assert file.read_text() == "port = 4001\n"


def test_a_written_file_is_new_for_this_user_only(data_dir: Path) -> None:
    write_setting(data_dir / "homeport.toml", "port", 4002)
    assert (data_dir / "homeport.toml").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("file", "text"), [(".env.example", env_example()), ("docs/settings.md", settings_page())])
def test_what_is_written_about_the_settings_is_in_step(file: str, text: str) -> None:
    assert (ROOT / file).read_text(encoding="utf-8") == text, "run: python -m homeport.settings.documents"


def test_every_example_is_a_value_that_the_setting_accepts(data_dir: Path) -> None:
    needs = {
        "privy_create_wallet": {"HOMEPORT_PRIVY_APP_ID": "cm0app"},
        "stay_signed_in": {
            "HOMEPORT_PRIVY_APP_ID": "cm0app",
            "HOMEPORT_BACKEND_AUTH": "privy",
            "HOMEPORT_BACKEND_URL": "https://api.example.com",
        },
    }
    for row in table().values():
        environ = {row.environment: row.about.example} | needs.get(row.name, {})
        assert load_settings(options={}, environ=environ, cwd=data_dir).given(row.name)


def test_a_folder_that_says_it_is_an_app_is_served_where_homeport_is_started_in_it(
    data_dir: Path, app_dir: Path
) -> None:
    def app_in(**options: object) -> Path | None:
        return load_settings(options={"data_dir": str(data_dir), **options}, environ={}, cwd=app_dir).settings.app

    (app_dir / "app.py").touch()
    assert app_in() is None  # other programs call a file app.py, too
    (app_dir / "homeport.toml").write_text("port = 4004\n")
    assert app_in() == app_dir
    assert app_in(app=str(data_dir)) == data_dir
    loaded = load_settings(options={"data_dir": str(data_dir)}, environ={}, cwd=app_dir)
    assert loaded.settings.port == 4004
    assert str(loaded.source("app")) == str(app_dir / "homeport.toml")
    (app_dir / "app.py").unlink()
    assert app_in() is None


def test_the_data_folder_is_no_app_although_its_settings_are_there(data_dir: Path) -> None:
    (data_dir / "app.py").touch()
    (data_dir / "homeport.toml").touch()
    assert load_settings(options={"data_dir": str(data_dir)}, environ={}, cwd=data_dir).settings.app is None


def test_without_a_word_the_tunnel_is_ngrok_on_a_desktop_and_none_on_a_server(data_dir: Path) -> None:
    assert load(data_dir).tunnel == "ngrok"
    assert load_settings(options={"data_dir": data_dir}, environ={}, cwd=data_dir, serve=True).tunnel == "none"
    assert load(data_dir, public_url="https://h.example.com").tunnel == "fixed"
    assert load(data_dir, tunnel="auto", public_url="https://h.example.com").tunnel == "fixed"
    assert load(data_dir, tunnel="cloudflared").tunnel == "cloudflared"


def test_a_tunnel_through_ones_own_server_needs_that_server_and_its_address(data_dir: Path) -> None:
    assert "no ssh_server" in refusal(data_dir, tunnel="ssh").message
    assert "no ssh_public_url" in refusal(data_dir, tunnel="ssh", ssh_server="me@example.com").message
    assert "must be user@host" in refusal(data_dir, ssh_server="-oProxyCommand=x@example.com").message


def test_every_setting_has_a_name_of_its_own_as_people_call_it() -> None:
    labels = {row.name: row.about.label for row in table().values()}
    assert len(set(labels.values())) == len(labels)
    for name, label in labels.items():
        assert label[:1].isupper() or label.startswith("ngrok"), name
        assert not re.search(r"_|[.:]$|\b(url|Url|ssh|Ssh)\b", label), f"{label!r} reads as made from {name}"
        assert len(label) <= 40, name
