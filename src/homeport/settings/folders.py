"""Where the data folder is. Light on purpose: `homeport status` needs this and no other setting."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from homeport.errors import SettingsError

FILE_NAME = "homeport.toml"


def find_data_dir(option: str | Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The data folder: the option, else HOMEPORT_DATA_DIR, else the user's own folder for application data.

    An empty text says nothing. Raises SettingsError for a file.
    """
    given = option or environ.get("HOMEPORT_DATA_DIR")
    if given:
        folder = absolute(given, cwd)
        refuse_file(folder, "--data-dir " if option else "HOMEPORT_DATA_DIR=", cwd)
        return folder
    import platformdirs

    return Path(platformdirs.user_data_path("homeport", appauthor=False))


def absolute(path: str | Path, base: Path) -> Path:
    """`path` with `~` opened, seen from `base`, without `..`."""
    return Path((base / Path(path).expanduser()).resolve())


def refuse_file(path: Path, written: str, cwd: Path) -> None:
    """Raise SettingsError when `path` is a file; `written` is what stands before a folder where this one was given."""
    if path.is_file():
        folder = path.parent.relative_to(cwd) if path.parent.is_relative_to(cwd) else path.parent
        raise SettingsError(f"{path} is a file.", hint=f"Give its folder: {written}{shlex.quote(str(folder))}")
