"""The folders one can go through to choose one, as the dashboard shows them. Lists names of folders only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from homeport.engine.protocol import FolderListing
from homeport.errors import FolderError

MOST_FOLDERS = 1_000


def list_folders(path: str, *, home: Path) -> FolderListing:
    """The folders in `path`, or in `home` where it is empty; hidden ones and links are left out. Blocks.

    Raises FolderError.
    """
    folder = Path(os.path.normpath(home / path)) if path else home
    if "\0" in path or len(path) > 4_096:
        raise FolderError("This is no path of a folder.", hint="Choose a folder from the list.")
    try:
        names = sorted(_folders_in(folder), key=str.casefold)
    except FileNotFoundError:
        raise FolderError(f"There is no folder {folder}.", hint="It may have been moved; go up and look.") from None
    except NotADirectoryError:
        raise FolderError(f"{folder} is a file.", hint="Choose the folder it is in.") from None
    except PermissionError:
        raise FolderError(f"You may not look into {folder}.", hint="Choose another folder.") from None
    except OSError as error:
        raise FolderError(f"{folder} cannot be read: {error.strerror or error}.", hint="Choose another one.") from None
    parent = "" if folder.parent == folder else str(folder.parent)
    return FolderListing(str(folder), parent, names[:MOST_FOLDERS])


def _folders_in(folder: Path) -> Iterator[str]:
    with os.scandir(folder) as found:
        for entry in found:
            # A name that is no text could not be sent to the page, nor back.
            if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False) and entry.name.isprintable():
                yield entry.name
