"""The settings of sign-in with Privy and of the backend: what they take, and what does not go together."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from homeport.errors import SettingsError
from homeport.settings import LoadedSettings, load_settings
from homeport.settings.write import write_setting

APP = "cm0example0000000000000id"
BACKEND = "https://api.example.com/v1"


def load(
    data_dir: Path, *, serve: bool = False, environ: Mapping[str, str] | None = None, **options: object
) -> LoadedSettings:
    given = {"data_dir": str(data_dir), **options}
    return load_settings(options=given, environ=environ or {}, cwd=data_dir, serve=serve)


def refusal(
    data_dir: Path, *, serve: bool = False, environ: Mapping[str, str] | None = None, **options: object
) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        load(data_dir, serve=serve, environ=environ, **options)
    return caught.value


def in_file(data_dir: Path, text: str) -> Path:
    (data_dir / "homeport.toml").write_text(text + "\n")
    return data_dir / "homeport.toml"


def test_people_sign_in_with_privy_as_soon_as_there_is_an_app_id(tmp_path: Path) -> None:
    assert load(tmp_path).settings.provider == "owner"
    assert load(tmp_path, privy_app_id=APP).settings.provider == "privy"
    assert load(tmp_path, privy_app_id=APP, sign_in="owner").settings.provider == "owner"
    assert load(tmp_path, privy_app_id=APP, sign_in="privy").settings.provider == "privy"


def test_privy_without_an_app_id_is_refused_where_it_was_asked_for(tmp_path: Path) -> None:
    file = in_file(tmp_path, '\nsign_in = "privy"')
    error = refusal(tmp_path)
    assert error.message == f"{file}, line 2: sign_in is privy, but there is no privy_app_id."
    assert "homeport secrets set privy" in error.hint


def test_the_names_of_the_reference_implementation_mean_the_privy_app(tmp_path: Path) -> None:
    environ = {"PRIVY_APP_ID": APP, "VITE_PRIVY_APP_ID": APP, "PRIVY_APP_SECRET": "privy-hush"}
    loaded = load(tmp_path, environ=environ)
    assert (loaded.settings.privy_app_id, loaded.settings.provider) == (APP, "privy")
    assert str(loaded.source("privy_app_id")) == "PRIVY_APP_ID"
    assert loaded.privy_app_secret == "privy-hush"
    assert "privy-hush" not in repr(loaded)
    assert load(tmp_path, environ={"VITE_PRIVY_APP_ID": APP}).settings.privy_app_id == APP
    assert load(tmp_path).privy_app_secret == ""


def test_two_names_for_two_privy_apps_are_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, environ={"PRIVY_APP_ID": APP, "VITE_PRIVY_APP_ID": "cm0another"})
    assert f"PRIVY_APP_ID is {APP!r}, but VITE_PRIVY_APP_ID is 'cm0another'" in error.message
    assert "VITE_PRIVY_APP_ID" in error.hint


@pytest.mark.parametrize("text", ["id with spaces", "https://privy.io/app", "../x", "ä"])
def test_what_cannot_be_an_id_of_privy_is_refused(tmp_path: Path, text: str) -> None:
    assert "an app id as Privy's dashboard shows it" in refusal(tmp_path, privy_app_id=text).message
    assert "a client id" in refusal(tmp_path, privy_client_id=text).message


@pytest.mark.parametrize(
    ("toml", "people"),
    [
        ('people = "invite"', ("invite",)),
        ('people = "open"', ("open",)),
        ('people = ["open"]', ("open",)),
        ("people = []", ()),
        ('people = "Alice@Example.com, example.org"', ("alice@example.com", "example.org")),
        (
            'people = ["alice@example.com", "@Example.org", "did:privy:cm0Alice"]',
            ("alice@example.com", "example.org", "did:privy:cm0Alice"),
        ),
        ('people = ["a@example.com", "A@EXAMPLE.com"]', ("a@example.com",)),
    ],
)
def test_people_is_a_word_or_a_list_in_the_file(tmp_path: Path, toml: str, people: tuple[str, ...]) -> None:
    in_file(tmp_path, toml)
    assert load(tmp_path).settings.people == people


def test_people_is_divided_by_commas_in_the_environment_and_in_options(tmp_path: Path) -> None:
    people = ("alice@example.com", "example.org", "did:privy:cm0alice")
    text = "alice@example.com, example.org,did:privy:cm0alice"
    assert load(tmp_path, environ={"HOMEPORT_PEOPLE": text}).settings.people == people
    assert load(tmp_path, people=(text,)).settings.people == people
    assert load(tmp_path, people=("alice@example.com", "example.org,did:privy:cm0alice")).settings.people == people


@pytest.mark.parametrize(
    "toml",
    [
        'people = "everybody"',
        'people = "*.example.com"',
        'people = ["invite", "example.com"]',
        'people = "open,example.com"',
        'people = ["https://example.com"]',
        'people = ["alice@"]',
        'people = ["did:web:example.com"]',
        'people = [""]',
        "people = true",
        "people = [1]",
    ],
)
def test_who_nobody_can_be_is_refused(tmp_path: Path, toml: str) -> None:
    file = in_file(tmp_path, toml)
    error = refusal(tmp_path)
    assert error.message.startswith(f"{file}, line 1: people must be invite, open, or a list of e-mail addresses")


def test_a_server_with_privy_starts_only_when_it_is_said_who_may_enter(tmp_path: Path) -> None:
    error = refusal(tmp_path, serve=True, environ={"PRIVY_APP_ID": APP})
    assert error.message == "People sign in with Privy (PRIVY_APP_ID), but who of them may enter is not set."
    for word in ("homeport.toml", "HOMEPORT_PEOPLE", "--people", "invite", "example.org", "open"):
        assert word in error.hint
    for people in ("invite", "open", "example.org"):
        assert load(tmp_path, serve=True, privy_app_id=APP, people=(people,)).settings.provider == "privy"
    load(tmp_path, serve=True, privy_app_id=APP, sign_in="owner")
    load(tmp_path, serve=True)
    load(tmp_path, serve=False, privy_app_id=APP)


@pytest.mark.parametrize("url", ["", "http://localhost:8000", BACKEND, "https://[::1]:8000/api", "https://api.example"])
def test_a_backend_url_is_an_address(tmp_path: Path, url: str) -> None:
    in_file(tmp_path, f'backend_url = "{url}"')
    assert load(tmp_path).settings.backend_url == url


@pytest.mark.parametrize(
    "url",
    [
        "api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://api.example.com?key=1",
        "https://api.example.com/#top",
        "https://api.example.com:99999",
        "https://api example.com",
        "https://api.example.com\\\\evil",
    ],
)
def test_a_backend_url_with_more_or_less_than_an_address_is_refused(tmp_path: Path, url: str) -> None:
    in_file(tmp_path, f'backend_url = "{url}"')
    assert "an http or https address without a name, password, query or fragment" in refusal(tmp_path).message


def test_a_password_in_a_backend_url_is_refused_and_not_repeated(tmp_path: Path) -> None:
    error = refusal(tmp_path, backend_url="https://user:hunter2@api.example.com")
    assert "hunter2" not in str(error)
    assert error.message.startswith("--backend-url: backend_url must be")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("Yes", True), ("1", True), ("off", False), ("0", False)])
def test_a_yes_or_no_can_be_written_in_the_usual_ways(tmp_path: Path, text: str, value: bool) -> None:
    loaded = load(tmp_path, privy_app_id=APP, backend_url=BACKEND, backend_auth="privy", stay_signed_in=text)
    assert loaded.settings.stay_signed_in is value


def test_a_yes_or_no_that_is_neither_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, stay_signed_in="maybe").message.endswith("must be true or false, not 'maybe'.")
    in_file(tmp_path, "stay_signed_in = 1")
    assert refusal(tmp_path).message.endswith("must be true or false, not 1.")


def test_privy_tokens_for_the_backend_need_privy_and_a_backend(tmp_path: Path) -> None:
    file = in_file(tmp_path, 'backend_auth = "privy"')
    error = refusal(tmp_path)
    assert error.message == f"{file}, line 1: backend_auth is privy, but nobody signs in with Privy."
    assert "homeport secrets set privy" in error.hint
    error = refusal(tmp_path, privy_app_id=APP, sign_in="owner")
    assert error.hint.startswith("--sign-in says sign_in is owner")
    assert "--backend-url" in refusal(tmp_path, privy_app_id=APP).hint
    assert load(tmp_path, privy_app_id=APP, backend_url=BACKEND).settings.backend_auth == "privy"


def test_staying_signed_in_is_for_the_tokens_of_privy_only(tmp_path: Path) -> None:
    error = refusal(tmp_path, privy_app_id=APP, stay_signed_in="true")
    assert error.message == (
        "--stay-signed-in: stay_signed_in keeps Privy's tokens for the backend, but backend_auth is assertion."
    )


def test_wallets_are_made_by_the_privy_app_only(tmp_path: Path) -> None:
    error = refusal(tmp_path, privy_create_wallet="users-without-wallets")
    assert "there is no privy_app_id" in error.message
    load(tmp_path, privy_app_id=APP, privy_create_wallet="users-without-wallets")


def test_people_and_yes_or_no_can_be_written_into_the_file(tmp_path: Path) -> None:
    file = tmp_path / "homeport.toml"
    write_setting(file, "people", "invite")
    assert load(tmp_path).settings.people == ("invite",)
    write_setting(file, "people", ["alice@example.com", "example.org"])
    write_setting(file, "stay_signed_in", True)
    assert 'people = ["alice@example.com", "example.org"]\nstay_signed_in = true\n' in file.read_text()
    with pytest.raises(SettingsError):
        write_setting(file, "people", ["open", "example.org"])
