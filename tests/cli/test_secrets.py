"""`homeport secrets` as a person runs it: with and without a running Homeport, and taking over a .env file."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path

import pytest

from homeport.vault import open_vault
from tests.cli.at_terminal import at_terminal
from tests.cli.programs import REAL, Homeport
from tests.keys.fetching import ec_key, rsa_key
from tests.keys.our_keys import pem_pair

SECRET = "privy-hush-hush"
KEY = "ab" * 32
APP = "cm0example0000000000000id"

NO_WAY_OUT = {"HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}


@pytest.fixture
def homeport(tmp_path: Path) -> Homeport:
    """The real program, without a keyring and without a way out."""
    keyring = {"DBUS_SESSION_BUS_ADDRESS": "", "PYTHON_KEYRING_BACKEND": ""}
    return Homeport(tmp_path / "data", REAL, keyring | NO_WAY_OUT)


def kept(homeport: Homeport, name: str) -> str | None:
    return asyncio.run(open_vault(data_dir=homeport.data_dir, environ={})).get(name)


def choices(homeport: Homeport) -> dict[str, object]:
    file = homeport.data_dir / "homeport.toml"
    return tomllib.loads(file.read_text()) if file.exists() else {}


def dotenv(homeport: Homeport, text: str) -> Path:
    file = homeport.data_dir.parent / ".env"
    file.write_text(text)
    return file


def test_a_secret_is_set_listed_and_deleted_while_nothing_runs(homeport: Homeport) -> None:
    done = homeport.run("secrets", "set", "privy-app-secret", typed=f"{SECRET}\n")
    assert (done.returncode, done.stdout) == (0, "The secret privy-app-secret is set.\n")
    assert kept(homeport, "privy-app-secret") == SECRET
    for listed in (homeport.run("secrets"), homeport.run("secrets", "list"), homeport.run("secrets", "list", "--json")):
        assert "privy-app-secret" in listed.stdout
        assert f"a 0600 file in {homeport.data_dir}" in listed.stdout
        assert SECRET not in listed.stdout + listed.stderr
    assert json.loads(listed.stdout)[0]["present"] is True
    done = homeport.run("secrets", "delete", "privy")
    assert (done.returncode, done.stdout) == (0, "The secret privy-app-secret is deleted.\n")
    assert kept(homeport, "privy-app-secret") is None


def test_the_running_homeport_sets_and_deletes_its_secrets_itself(homeport: Homeport) -> None:
    with homeport.serving():
        signing = homeport.run("secrets", "list", "--json").stdout
        assert {one["name"]: one["present"] for one in json.loads(signing)}["signing-keys"] is True
        assert homeport.run("secrets", "set", "privy-app-secret", typed=SECRET).returncode == 0
        refused = homeport.run("secrets", "delete", "refresh-key")
        assert refused.returncode == 1
        assert "must be connected again" in refused.stderr
        assert "--yes" in refused.stderr
        done = homeport.run("secrets", "delete", "refresh-key", "--yes")
        assert "uses what it began with until it starts again" in done.stdout
    assert kept(homeport, "privy-app-secret") == SECRET
    assert kept(homeport, "refresh-key") is None
    assert kept(homeport, "signing-keys") is not None


async def test_a_key_is_deleted_at_a_terminal_after_a_yes_to_what_ends(homeport: Homeport) -> None:
    homeport.run("secrets", "set", "refresh-key", typed=KEY)
    for answer, code in (("n", 1), ("y", 0)):
        command = homeport.command("secrets", "delete", "refresh-key")
        async with at_terminal(*command, environment=homeport.environment, folder=homeport.data_dir.parent) as terminal:
            await terminal.says(r"Everybody may be logged out.*Do it\? \[y/N\]: ")
            terminal.type(answer)
            assert await terminal.ends() == code, terminal.shown
    assert json.loads(homeport.run("secrets", "list", "--json").stdout)[3]["present"] is False


def test_a_secret_in_an_argument_is_no_form_of_the_command(homeport: Homeport) -> None:
    assert homeport.run("secrets", "set", "privy-app-secret", SECRET).returncode == 2
    assert homeport.run("secrets", "set", "privy-app-secret").returncode == 2
    assert homeport.run("secrets", "set", "privy-app-secrte", typed=SECRET).returncode == 1
    assert homeport.run("secrets", "set", "refresh-key", "--app-id", "x", typed=KEY).returncode == 2
    assert kept(homeport, "privy-app-secret") is None


def test_a_dotenv_file_is_taken_over_secrets_to_the_vault_and_choices_to_the_file(homeport: Homeport) -> None:
    private, public = pem_pair(rsa_key())
    lines = "\n".join(private[place : place + 64] for place in range(0, len(private), 64))
    file = dotenv(
        homeport,
        f"# the old server\nNODE_ENV=production\nexport PRIVY_APP_ID='{APP}'\nVITE_PRIVY_APP_ID={APP} # the page\n"
        f'PRIVY_APP_SECRET="{SECRET}"\nSERVER_BASE_URL=https://home.example.com\nPORT=4010\nOTHER=1\nlower=1\n'
        f'BACKEND_API_URL=https://api.example.com/v1\nJWT_PRIVATE_KEY="{lines}"\nJWT_PUBLIC_KEY={public}\n',
    )
    done = homeport.run("secrets", "import", ".env", "--unchecked")
    assert done.returncode == 0, done.stderr
    toml = homeport.data_dir / "homeport.toml"
    vault = f"a 0600 file in {homeport.data_dir}"
    for line in (
        f"PRIVY_APP_SECRET: stored as privy-app-secret in {vault}",
        f"JWT_PRIVATE_KEY, JWT_PUBLIC_KEY: stored as imported-keys in {vault}",
        f'PRIVY_APP_ID, VITE_PRIVY_APP_ID: privy_app_id = "{APP}" in {toml}',
        f"PORT: port = 4010 in {toml}",
        "NODE_ENV: not taken over, Homeport does not use it",
        "OTHER: not taken over, not a name that Homeport knows",
        "1 other line not taken over",
        "Homeport does not need .env any more. If nothing else does either, delete it: rm .env",
    ):
        assert line in done.stdout.splitlines()
    assert file.exists()
    assert choices(homeport) == {
        "privy_app_id": APP,
        "public_url": "https://home.example.com",
        "port": 4010,
        "backend_url": "https://api.example.com/v1",
    }
    assert kept(homeport, "privy-app-secret") == SECRET
    assert private[:40] in str(kept(homeport, "imported-keys"))
    for secret in (SECRET, private[:40], public[:40]):
        assert secret not in done.stdout + done.stderr + toml.read_text()


def test_names_of_homeport_in_a_dotenv_file_are_choices_too(homeport: Homeport) -> None:
    dotenv(
        homeport,
        "PORT=4010\nHOMEPORT_PORT=4011\nHOMEPORT_PEOPLE=example.org,a@example.com\nHOMEPORT_STAY_SIGNED_IN=false\n"
        "HOMEPORT_DATA_DIR=/elsewhere\nHOMEPORT_SECRET_COLUMN_KEY=x\nHOMEPORT_PROT=1\nHOMEPORT_RULES=add-item=block\n"
        "SERVER_BASE_URL=http://localhost:4010\n",
    )
    done = homeport.run("secrets", "import", ".env")
    assert done.returncode == 0, done.stderr
    assert choices(homeport) == {
        "port": 4011,
        "people": ["example.org", "a@example.com"],
        "stay_signed_in": False,
        "rules": {"add-item": "block"},
    }
    for name in ("HOMEPORT_DATA_DIR", "HOMEPORT_SECRET_COLUMN_KEY", "HOMEPORT_PROT", "SERVER_BASE_URL"):
        assert f"{name}: not taken over, " in done.stdout


def two_pairs() -> str:
    return f"JWT_PRIVATE_KEY={pem_pair(ec_key())[0]}\nJWT_PUBLIC_KEY={pem_pair(ec_key())[1]}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (two_pairs(), "JWT_PUBLIC_KEY does not belong to JWT_PRIVATE_KEY."),
        (f"JWT_PRIVATE_KEY={pem_pair(ec_key())[0]}\n", "JWT_PUBLIC_KEY is missing, but JWT_PRIVATE_KEY is set."),
        ("JWT_PRIVATE_KEY=x\nJWT_PUBLIC_KEY=x\n", "JWT_PRIVATE_KEY is not base64."),
        ("PRIVY_APP_ID=cm0one\nVITE_PRIVY_APP_ID=cm0two\n", "they name two Privy apps."),
        ("PORT=forty\n", "PORT: port must be a whole number from 0 to 65535, not 'forty'."),
        ("HOMEPORT_SIGN_IN=privy\n", "sign_in is privy, but there is no privy_app_id."),
        ("SERVER_BASE_URL=http://home.example.com\n", "public_url must be an https address"),
        ("BACKEND_API_URL=${HOST}/api\n", "BACKEND_API_URL refers to another variable."),
        ("NODE_ENV=production\n", "holds nothing for Homeport. Nothing was changed."),
        ("not a line\n", "line 1: this is no NAME=value."),
    ],
)
def test_a_dotenv_file_that_does_not_fit_changes_nothing(homeport: Homeport, text: str, message: str) -> None:
    dotenv(
        homeport,
        f"PORT=4010\nPRIVY_APP_SECRET={SECRET}\n{text}" if "NODE_ENV" not in text and "not a" not in text else text,
    )
    done = homeport.run("secrets", "import", ".env")
    assert done.returncode == 2
    assert message in done.stderr
    assert ".env" in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert choices(homeport) == {}
    assert kept(homeport, "privy-app-secret") is None


def test_without_privy_a_dotenv_file_is_taken_over_only_when_that_is_said(homeport: Homeport) -> None:
    dotenv(homeport, f"PRIVY_APP_ID={APP}\nPRIVY_APP_SECRET={SECRET}\n")
    done = homeport.run("secrets", "import", ".env")
    assert done.returncode == 1
    assert "Nothing was stored." in done.stderr
    assert "--unchecked" in done.stderr
    assert choices(homeport) == {}


def test_another_signing_key_replaces_an_imported_one_only_after_a_yes(homeport: Homeport) -> None:
    for again in (False, True):
        private, public = pem_pair(ec_key())
        dotenv(homeport, f"JWT_PRIVATE_KEY={private}\nJWT_PUBLIC_KEY={public}\n")
        done = homeport.run("secrets", "import", ".env")
        assert done.returncode == (1 if again else 0), done.stderr
    assert "imported-keys is there already" in done.stderr
    assert homeport.run("secrets", "import", ".env", "--yes").returncode == 0
    assert private[:40] in str(kept(homeport, "imported-keys"))


def test_a_file_that_is_not_there_is_said(homeport: Homeport) -> None:
    done = homeport.run("secrets", "import", "nothing.env")
    assert done.returncode == 2
    assert "nothing.env cannot be read: No such file or directory." in done.stderr


def test_a_server_with_privy_does_not_start_before_it_is_said_who_may_enter(homeport: Homeport) -> None:
    done = homeport.run("serve", "--privy-app-id", APP)
    assert done.returncode == 2
    assert "People sign in with Privy (--privy-app-id), but who of them may enter is not set." in done.stderr
    assert "--people" in done.stderr
    assert not (homeport.data_dir / "homeport.sqlite3").exists()


def test_a_yes_or_no_needs_no_value_as_an_option(homeport: Homeport) -> None:
    for option in (("--stay-signed-in",), ("--stay-signed-in", "true"), ("--stay-signed-in", "--port", "0")):
        done = homeport.run("serve", *option)
        assert done.returncode == 2
        assert "--stay-signed-in: stay_signed_in keeps Privy's tokens" in done.stderr
