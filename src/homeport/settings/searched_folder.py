"""Which folder may be searched for ChatGPT. Looks at paths and links only, never into a folder."""

from __future__ import annotations

from pathlib import Path

KEPT_BY_PROGRAMS = ("Library", "AppData")
"""In a home of macOS and of Windows: programs keep passwords and mail there."""


def why_not(folder: Path, *, data_dir: Path, home: Path | None) -> str:
    """Why this folder is not offered to ChatGPT, as a sentence; empty when it may be. The paths are absolute."""
    folder = folder.resolve()
    if folder == Path(folder.anchor):
        return f"{folder} is the whole computer."
    if folder.is_relative_to(data_dir.resolve()):
        return f"{folder} is where Homeport keeps its own data."
    if home is not None and folder.is_relative_to(home.resolve()):
        below = folder.relative_to(home.resolve()).parts
        hidden = next((name for name in below if name.startswith(".")), "")
        if hidden:
            return f"{folder} is in the hidden folder {hidden}: programs keep passwords and keys in such folders."
        if below and below[0] in KEPT_BY_PROGRAMS:
            return f"{folder} is in {below[0]}, where programs keep their data."
    if folder.is_file():
        return f"{folder} is a file."
    return ""


def own_home() -> Path | None:
    """The home of the user who runs this; None where there is none."""
    try:
        return Path.home()
    except RuntimeError:
        return None
