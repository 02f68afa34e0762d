"""Names, fallbacks and the deadline."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from keyring.backend import KeyringBackend

from homeport.errors import KeyringLocked, KeyringRefused, KeyringTimeout, VaultError
from homeport.vault import Vault, open_vault
from tests.vault.keyrings import (
    Crash,
    CrashingDrawer,
    Drawer,
    ForgetfulDrawer,
    HangingDrawer,
    LockedDrawer,
    SmallDrawer,
)

LONG = {"signing-keys": "k" * 3_000, "refresh-key": "r" * 500}


async def vault_in(data_dir: Path, **environ: str) -> Vault:
    """A vault where there is no keyring."""
    return await open_vault(data_dir=data_dir, environ=environ)


async def vault_on(backend: KeyringBackend, data_dir: Path, *, timeout: float = 10) -> Vault:
    return await open_vault(data_dir=data_dir, environ={}, timeout=timeout, choose=lambda environ: backend)


def everything_said(error: BaseException) -> str:
    """The error with all that a crash report would show of it."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__context__) + repr(error.__cause__)


# The file.


async def test_without_a_keyring_secrets_are_in_a_private_file_and_that_is_said(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path / "data")
    await vault.set("refresh-key", "canary")
    file = tmp_path / "data" / "secrets.json"
    assert vault.storage == f"a 0600 file in {tmp_path / 'data'}"
    assert str(file) in vault.warning
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert (await vault_in(tmp_path / "data")).get("refresh-key") == "canary"


async def test_a_link_in_place_of_the_file_is_refused_and_never_followed(tmp_path: Path) -> None:
    await (await vault_in(tmp_path / "elsewhere")).set("a", "canary")
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "secrets.json").symlink_to(tmp_path / "elsewhere" / "secrets.json")
    with pytest.raises(VaultError, match="it is a link"):
        await vault_in(data_dir)


async def test_folders_made_for_the_file_are_private_too(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await (await vault_in(tmp_path / "above" / "data")).set("a", "1")
    finally:
        os.umask(before)
    assert (tmp_path / "above").stat().st_mode & 0o777 == 0o700


async def test_the_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await (await vault_in(tmp_path / "data")).set("a", "1")
    finally:
        os.umask(before)
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
async def test_a_file_that_others_can_read_is_refused_with_the_command_that_helps(tmp_path: Path, mode: int) -> None:
    await (await vault_in(tmp_path)).set("a", "canary")
    (tmp_path / "secrets.json").chmod(mode)
    with pytest.raises(VaultError, match="chmod 600") as caught:
        await vault_in(tmp_path)
    assert "canary" not in everything_said(caught.value)


@pytest.mark.parametrize(
    "text", ["", "not JSON canary", '{"secrets": {"a": 1, "b": "canary"}}', '["canary"]', "\udcff"]
)
async def test_a_damaged_file_is_an_error_that_does_not_quote_it(tmp_path: Path, text: str) -> None:
    file = tmp_path / "secrets.json"
    file.write_text(text, errors="surrogateescape")
    file.chmod(0o600)
    with pytest.raises(VaultError) as caught:
        await vault_in(tmp_path)
    assert "canary" not in everything_said(caught.value)
    assert file.read_text(errors="surrogateescape") == text


async def test_a_change_that_cannot_be_written_leaves_the_old_secrets(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path)
    await vault.set("a", "old")
    (tmp_path / "secrets.json.partial").mkdir()
    new = "canary"
    with pytest.raises(VaultError, match="cannot be written") as caught:
        await vault.set("a", new)
    assert "canary" not in everything_said(caught.value)
    assert vault.get("a") == "old"
    assert (await vault_in(tmp_path)).get("a") == "old"


async def test_a_leftover_of_a_killed_writer_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secrets.json.partial").write_text("half")
    await (await vault_in(tmp_path)).set("a", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.json"]


# The environment.


async def test_the_environment_gives_secrets_and_wins_over_the_file(tmp_path: Path) -> None:
    await (await vault_in(tmp_path)).set("refresh-key", "from the file")
    vault = await vault_in(tmp_path, HOMEPORT_SECRET_REFRESH_KEY="from outside")
    assert vault.get("refresh-key") == "from outside"
    assert vault.is_fixed("refresh-key")
    assert vault.names() == ["refresh-key"]
    assert vault.storage == f"a 0600 file in {tmp_path} and environment variables"


async def test_a_server_with_environment_variables_needs_no_file(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path, HOMEPORT_SECRET_REFRESH_KEY="r", HOMEPORT_SECRET_SIGNING_KEYS="s")
    assert await vault.ensure("refresh-key", lambda: "new") == "r"
    assert vault.storage == "environment variables"
    assert vault.warning == ""
    assert vault.names() == ["refresh-key", "signing-keys"]
    assert list(tmp_path.iterdir()) == []


async def test_what_the_environment_gives_is_changed_only_there(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path, HOMEPORT_SECRET_REFRESH_KEY="canary")
    for change in (vault.set("refresh-key", "new"), vault.delete("refresh-key")):
        with pytest.raises(VaultError, match="HOMEPORT_SECRET_REFRESH_KEY") as caught:
            await change
        assert "canary" not in everything_said(caught.value)


async def test_an_empty_variable_counts_as_absent(tmp_path: Path) -> None:
    assert (await vault_in(tmp_path, HOMEPORT_SECRET_REFRESH_KEY="")).get("refresh-key") is None


# Names and changes.


async def test_secrets_are_set_listed_and_deleted(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path)
    await vault.set("b", "2")
    await vault.set("a", "ünïcode 😀")
    await vault.delete("b")
    await vault.delete("never there")
    assert vault.names() == ["a"]
    assert vault.get("b") is None
    assert (await vault_in(tmp_path)).get("a") == "ünïcode 😀"


@pytest.mark.parametrize(("name", "value"), [("", "x"), ("with space", "x"), ("-x", "x"), ("n" * 65, "x"), ("a", "")])
async def test_a_nameless_or_empty_secret_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(VaultError):
        await (await vault_in(tmp_path)).set(name, value)


async def test_a_missing_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    vault = await vault_in(tmp_path)
    made: list[str] = []

    def make() -> str:
        made.append("x")
        return f"made {len(made)}"

    answers = await asyncio.gather(*(vault.ensure("refresh-key", make) for _ in range(20)))
    assert set(answers) == {"made 1"}
    assert (await vault_in(tmp_path)).get("refresh-key") == "made 1"


async def test_two_processes_keep_each_others_secrets(tmp_path: Path) -> None:
    first, second = await vault_in(tmp_path), await vault_in(tmp_path)
    await first.set("a", "1")
    assert await second.ensure("a", lambda: "another") == "1"
    await second.set("b", "2")
    assert (await vault_in(tmp_path)).names() == ["a", "b"]


async def test_a_vault_shows_no_secret_of_its_own_accord(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    vault = await vault_on(SmallDrawer(), tmp_path)
    await vault.set("a", "canary" * 500)
    assert "canary" not in repr(vault) + str(vault) + caplog.text


# The keyring.


async def test_a_keyring_with_room_for_little_holds_the_document_in_parts(tmp_path: Path) -> None:
    drawer = SmallDrawer()
    vault = await vault_on(drawer, tmp_path)
    for name, value in LONG.items():
        await vault.set(name, value)
    again = await vault_on(SmallDrawer(drawer.entries), tmp_path)
    assert {name: again.get(name) for name in again.names()} == LONG
    assert all(len(text) <= 1_200 for text in drawer.entries.values())
    assert len(drawer.entries) == 4


async def test_parts_that_are_no_longer_needed_are_removed(tmp_path: Path) -> None:
    drawer = SmallDrawer()
    vault = await vault_on(drawer, tmp_path)
    await vault.set("long", "x" * 5_000)
    await vault.set("long", "y" * 2_000)
    await vault.delete("long")
    await vault.set("short", "1")
    assert len(drawer.entries) == 1
    assert (await vault_on(SmallDrawer(drawer.entries), tmp_path)).get("short") == "1"


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize(("old", "new"), [(3_000, 4_000), (3_000, 10), (10, 3_000), (4_000, 1_500)])
async def test_a_process_that_dies_while_writing_leaves_the_old_or_the_new_secrets(
    tmp_path: Path, done: bool, old: int, new: int
) -> None:
    crash_at = 1
    while True:
        drawer = SmallDrawer()
        await (await vault_on(drawer, tmp_path)).set("long", "o" * old)
        dying = CrashingDrawer(drawer.entries, crash_at=crash_at, done=done)
        vault = await vault_on(dying, tmp_path)
        try:
            await vault.set("long", "n" * new)
        except Crash:
            survivor = await vault_on(SmallDrawer(drawer.entries), tmp_path)
            assert survivor.get("long") in {"o" * old, "n" * new}
            await survivor.set("long", "next")
            assert (await vault_on(SmallDrawer(drawer.entries), tmp_path)).get("long") == "next"
            crash_at += 1
        else:
            break
    assert crash_at > 1


async def test_a_keyring_that_forgets_is_noticed_at_once(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="did not store"):
        await (await vault_on(ForgetfulDrawer(), tmp_path)).set("a", "1")


async def test_a_lost_part_is_an_error_and_not_an_empty_vault(tmp_path: Path) -> None:
    drawer = SmallDrawer()
    await (await vault_on(drawer, tmp_path)).set("long", "canary" * 500)
    drawer.entries.pop(next(key for key in drawer.entries if key[0] != "homeport"))
    with pytest.raises(VaultError, match="incomplete") as caught:
        await vault_on(drawer, tmp_path)
    assert "canary" not in everything_said(caught.value)


async def test_a_backend_that_quotes_what_it_refuses_does_not_get_it_into_an_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Careless(Drawer):
        def set_password(self, service: str, username: str, password: str) -> None:
            raise ValueError(f"cannot store {password}")

    caplog.set_level("DEBUG")
    vault = await vault_on(Careless(), tmp_path)
    for value in ("canary", "canary" * 500):
        with pytest.raises(VaultError, match="ValueError") as caught:
            await vault.set("a", value)
        assert "canary" not in everything_said(caught.value) + caplog.text


async def test_a_locked_keyring_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyringLocked) as caught:
        await vault_on(LockedDrawer(), tmp_path)
    assert caught.value.hint


async def test_a_keyring_that_does_not_answer_is_an_error_after_the_deadline(tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(KeyringTimeout, match=r"within 0\.1 seconds"):
        await vault_on(HangingDrawer(), tmp_path, timeout=0.1)
    assert time.monotonic() - begun < 5


def test_a_hanging_keyring_does_not_keep_the_process_alive(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.vault.hanging_child", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "did not answer within 0.2 seconds" in done.stdout


# Which backend.


@pytest.mark.parametrize(
    "name",
    [
        "keyring.backends.null.Keyring",
        "keyring.backends.fail.Keyring",
        "keyrings.alt.file.PlaintextKeyring",
        "tests.vault.child.PlaintextKeyring",
        "no_such_module.Keyring",
    ],
)
async def test_a_backend_that_loses_secrets_or_is_unknown_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyringRefused, match="PYTHON_KEYRING_BACKEND") as caught:
        await vault_in(tmp_path, PYTHON_KEYRING_BACKEND=name)
    assert name in caught.value.message
    assert list(tmp_path.iterdir()) == []


async def test_keyrings_own_configuration_is_refused_when_it_chooses_the_null_backend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "config" / "python_keyring"
    folder.mkdir(parents=True)
    (folder / "keyringrc.cfg").write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    if sys.platform != "linux":
        pytest.skip("keyring looks elsewhere for its configuration")
    with pytest.raises(KeyringRefused, match=r"keyringrc\.cfg"):
        await vault_in(tmp_path / "data", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")


async def test_a_bus_that_is_dead_means_no_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = f"unix:path={tmp_path}/dead"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    vault = await vault_in(tmp_path / "data", DBUS_SESSION_BUS_ADDRESS=address)
    assert vault.storage.startswith("a 0600 file")


async def test_a_named_backend_that_does_not_work_here_is_an_error_and_no_fallback(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="does not work here"):
        await vault_in(tmp_path, PYTHON_KEYRING_BACKEND="keyring.backends.macOS.Keyring")
