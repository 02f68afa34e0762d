"""Files of this user alone: how they are made here, and how Windows would be told."""

from __future__ import annotations

import os
from pathlib import Path, PureWindowsPath
from typing import cast

import pytest

from homeport.errors import SettingsError
from homeport.settings.private_file import acl_command, create_private

FILE = cast(Path, PureWindowsPath("C:/Data & more/control.json"))


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_a_new_file_is_0600_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        os.close(create_private(tmp_path / "file"))
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_on_windows_the_file_is_left_to_its_user_and_inherits_nothing() -> None:
    environ = {"SYSTEMROOT": r"D:\Win", "USERDOMAIN": "DESK", "USERNAME": "A person"}
    assert acl_command(FILE, environ) == [
        r"D:\Win\System32\icacls.exe",
        r"C:\Data & more\control.json",
        "/inheritance:r",
        "/grant:r",
        r"DESK\A person:F",
    ]


def test_on_windows_the_folder_and_the_domain_have_defaults_and_the_user_has_none() -> None:
    command = acl_command(FILE, {"USERNAME": "somebody"})
    assert command[0] == r"C:\Windows\System32\icacls.exe"
    assert command[-1] == "somebody:F"
    with pytest.raises(SettingsError, match="USERNAME"):
        acl_command(FILE, {})
