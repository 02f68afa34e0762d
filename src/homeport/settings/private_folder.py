"""The data folder as a place that nobody else can change. Reads no setting, and stays light: every start needs it."""

from __future__ import annotations

import os
import shlex
import stat
import sys
from pathlib import Path

from homeport.errors import SettingsError


def make_folder(folder: Path) -> None:
    """Make `folder` and what is missing above it, each 0700 whatever the umask. Raises OSError."""
    if folder.exists():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    folder.chmod(0o700)


def require_own_folder(folder: Path) -> None:
    """Make the data folder, or see that the one there is ours: its owner is this user or root, and only the owner
    writes to it. Who else could write to it could put other files in the place of the database and the keys.

    On Windows a folder inherits who may write, which is not looked at. Raises SettingsError.
    """
    try:
        make_folder(folder)
        about = folder.stat()
    except OSError as error:
        raise SettingsError(
            f"The data folder {folder} cannot be used: {error.strerror or error}.",
            hint="Choose another one with --data-dir.",
        ) from error
    if sys.platform == "win32":
        return
    if about.st_uid not in (os.geteuid(), 0):
        raise SettingsError(
            f"The data folder {folder} belongs to another user of this computer (number {about.st_uid}).",
            hint=f"Choose another one with --data-dir, or make it yours: "
            f"sudo chown -R {os.geteuid()} {shlex.quote(str(folder))}",
        )
    if about.st_mode & 0o022:
        raise SettingsError(
            f"Other users of this computer can write to the data folder {folder} "
            f"(mode {stat.S_IMODE(about.st_mode):04o}).",
            hint=f"Run: chmod go-w {shlex.quote(str(folder))}   Look first whether others have put anything there.",
        )
