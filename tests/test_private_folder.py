"""The data folder is nobody else's: made private, and refused when others own it or can write to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from homeport.errors import SettingsError
from homeport.settings.private_folder import require_own_folder
from tests.engine.engines import engine_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has other permissions")


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_every_folder_that_is_made_is_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "a" / "b" / "data"
    before = os.umask(mask)
    try:
        require_own_folder(folder)
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.parents[:2])] == [0o700] * 3


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_a_folder_that_only_we_write_to_is_taken_as_it_is(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(mode)
    require_own_folder(folder)
    assert folder.stat().st_mode & 0o777 == mode


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_can_write_to_is_refused_with_the_command_that_helps(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "my data"
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(SettingsError) as caught:
        require_own_folder(folder)
    assert str(folder) in caught.value.message
    assert f"mode {mode:04o}" in caught.value.message
    assert f"chmod go-w '{folder}'" in caught.value.hint
    folder.chmod(mode & ~0o022)
    require_own_folder(folder)


def test_somebody_elses_folder_is_refused_and_roots_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    owner = folder.stat().st_uid
    if os.geteuid() == 0:
        os.chown(folder, owner + 4242, -1)
    else:
        monkeypatch.setattr("os.geteuid", lambda: owner + 4242)
    with pytest.raises(SettingsError, match="belongs to another user") as caught:
        require_own_folder(folder)
    assert f"chown -R {os.geteuid()} {folder}" in caught.value.hint
    if os.geteuid() == 0:
        os.chown(folder, 0, -1)
        monkeypatch.setattr("os.geteuid", lambda: 4242)
        require_own_folder(folder)


async def test_an_engine_does_not_start_on_a_folder_that_others_can_write_to(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o777)
    engine = engine_for(folder)
    with pytest.raises(SettingsError, match="chmod go-w"):
        await engine.start()
    await engine.close()
    assert list(folder.iterdir()) == []
