"""Against a real gnome-keyring on a real D-Bus, each visit in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.vault.keyrings import SecretService, missing_programs, run_child


@pytest.fixture
def secret_service(tmp_path: Path) -> SecretService:
    missing = missing_programs()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    return SecretService(tmp_path)


def test_a_secret_is_there_again_after_the_next_login(secret_service: SecretService, tmp_path: Path) -> None:
    first = secret_service.session(tmp_path / "data", "set refresh-key=canary", "set other=x")
    assert first.storage == "Secret Service"
    assert first.warning == ""
    second = secret_service.session(tmp_path / "data", "delete other")
    assert second.secrets == {"refresh-key": "canary"}
    assert secret_service.session(tmp_path / "data").secrets == {"refresh-key": "canary"}


def test_nothing_but_the_keyring_holds_the_secret(secret_service: SecretService, tmp_path: Path) -> None:
    secret_service.session(tmp_path / "data", "set refresh-key=canary")
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"canary" not in file.read_bytes()


def test_all_secrets_are_one_entry_that_other_tools_can_see(secret_service: SecretService, tmp_path: Path) -> None:
    secret_service.session(tmp_path / "data", "set a=1", f"set long={'x' * 6_000}")
    found = secret_service.run("secret-tool", "search", "--all", "--unlock", "service", "homeport")
    secrets = [line.removeprefix("secret = ") for line in found.splitlines() if line.startswith("secret = ")]
    assert [json.loads(secret)["secrets"] for secret in secrets] == [{"a": "1", "long": "x" * 6_000}]


def test_two_data_folders_do_not_share_their_secrets(secret_service: SecretService, tmp_path: Path) -> None:
    secret_service.session(tmp_path / "one", "set a=1")
    assert secret_service.session(tmp_path / "two").secrets == {}


def test_a_locked_keyring_is_an_error_that_says_what_to_do(secret_service: SecretService, tmp_path: Path) -> None:
    secret_service.session(tmp_path / "data", "set a=1")
    answer = secret_service.session(tmp_path / "data", unlocked=False)
    assert answer.error == "keyring_locked"
    assert "Unlock it" in answer.message
    assert secret_service.session(tmp_path / "data").secrets == {"a": "1"}


def test_a_keyring_that_was_never_set_up_and_cannot_ask_is_an_error_that_names_the_way_out(
    secret_service: SecretService, tmp_path: Path
) -> None:
    answer = secret_service.session(tmp_path / "data", unlocked=False)
    assert answer.error == "keyring_locked"
    assert "without DBUS_SESSION_BUS_ADDRESS" in answer.message
    assert not (tmp_path / "data").exists()


def test_a_desktop_without_a_keyring_keeps_secrets_in_a_file_and_says_so(
    secret_service: SecretService, tmp_path: Path
) -> None:
    answer = secret_service.session_without_keyring(tmp_path / "data", "set a=1")
    assert answer.storage.startswith("a 0600 file")
    assert "no keyring" in answer.warning
    assert answer.secrets == {"a": "1"}


def test_secrets_move_from_the_file_into_a_keyring_that_came_later(
    secret_service: SecretService, tmp_path: Path
) -> None:
    before = run_child(tmp_path / "data", "set refresh-key=canary", environ={"PATH": "/usr/bin:/bin"})
    assert before.storage.startswith("a 0600 file")
    after = secret_service.session(tmp_path / "data")
    assert after.storage == "Secret Service"
    assert after.secrets == {"refresh-key": "canary"}
    assert "canary" not in (tmp_path / "data" / "secrets.json").read_text()
    assert secret_service.session(tmp_path / "data").secrets == {"refresh-key": "canary"}


def test_new_keys_never_replace_silently_those_in_a_keyring_that_is_out_of_reach(
    secret_service: SecretService, tmp_path: Path
) -> None:
    secret_service.session(tmp_path / "data", "set refresh-key=canary")
    answer = run_child(tmp_path / "data", environ={"PATH": "/usr/bin:/bin"})
    assert answer.error == "vault"
    assert "Secret Service" in answer.message
    assert "secrets.json" in answer.message


def test_an_installed_plaintext_backend_is_never_asked(secret_service: SecretService, tmp_path: Path) -> None:
    # The child defines one with a higher priority than every other backend.
    assert secret_service.session(tmp_path / "data", "set a=1").storage == "Secret Service"


def test_the_secret_service_may_be_named(secret_service: SecretService, tmp_path: Path) -> None:
    name = "keyring.backends.SecretService.Keyring"
    assert secret_service.session(tmp_path / "data", PYTHON_KEYRING_BACKEND=name).storage == "Secret Service"


def test_a_chain_with_a_plaintext_member_is_refused(secret_service: SecretService, tmp_path: Path) -> None:
    answer = secret_service.session(
        tmp_path / "data", "set a=1", PYTHON_KEYRING_BACKEND="keyring.backends.chainer.ChainerBackend"
    )
    assert answer.error == "keyring_refused"
    assert "PlaintextKeyring" in answer.message
