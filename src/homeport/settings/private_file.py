"""New files in the data folder that only this user can read, on Windows too. Follows no link."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from homeport.errors import SettingsError

ACL_SECONDS = 10.0


def create_private(path: Path) -> int:
    """The descriptor of a new empty file for this user alone, open for writing.

    What was in its place, a link too, is removed. Raises OSError, or SettingsError when Windows does not close the
    file to others.
    """
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        if sys.platform == "win32":
            _close_to_others(path)
        else:
            os.fchmod(descriptor, 0o600)
    except BaseException:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor


def write_private(path: Path, text: str) -> None:
    """A new file with this text, for this user alone from its first byte on. Raises as `create_private` does."""
    with os.fdopen(create_private(path), "w", encoding="utf-8") as opened:
        opened.write(text)


def acl_command(path: Path, environ: Mapping[str, str]) -> list[str]:
    """The program and arguments that leave `path` to this user of Windows and drop every inherited right.

    The program is named with its folder, since Windows would look for it in the current one first.
    """
    windows = environ.get("SYSTEMROOT", "C:\\Windows")
    user = environ.get("USERNAME", "")
    if not user:
        raise SettingsError(
            f"The file {path} cannot be closed to other users: USERNAME is not set.",
            hint="Start Homeport as a user of Windows.",
        )
    domain = environ.get("USERDOMAIN", "")
    account = f"{domain}\\{user}" if domain else user
    return [f"{windows}\\System32\\icacls.exe", str(path), "/inheritance:r", "/grant:r", f"{account}:F"]


def _close_to_others(path: Path) -> None:
    import subprocess

    command = acl_command(path, os.environ)
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=ACL_SECONDS, creationflags=flags)
    except (OSError, subprocess.SubprocessError) as error:
        raise SettingsError(
            f"The file {path} could not be closed to other users of this computer.",
            hint="See what icacls says about the data folder, or choose another one with --data-dir.",
        ) from error
