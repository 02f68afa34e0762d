"""Where the data folder is. Light on purpose: `homeport status` needs this and no other setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

FILE_NAME = "homeport.toml"


def find_data_dir(option: str | Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The data folder: the option, else HOMEPORT_DATA_DIR, else the user's own folder for application data."""
    given = option or environ.get("HOMEPORT_DATA_DIR")
    if given:
        return absolute(given, cwd)
    import platformdirs

    return Path(platformdirs.user_data_path("homeport", appauthor=False))


def absolute(path: str | Path, base: Path) -> Path:
    """`path` with `~` opened, seen from `base`, without `..`."""
    return Path((base / Path(path).expanduser()).resolve())
