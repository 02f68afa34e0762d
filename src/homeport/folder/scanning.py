"""Brings the index in step with the folder: reads what is new or has another time or size, forgets what is gone.

The memory it needs grows with the largest single folder, not with their number.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from homeport.folder.index import Index, path_of
from homeport.folder.opening import LARGEST_BYTES, Entry, OpenFolder, Place, Root
from homeport.folder.text import decoded, is_text_name, title_of

MOST_FILES = 300_000
WRITING_SECONDS = 0.5
"""How long a transaction lasts at most, or one folder: a search meanwhile sees what was written before."""
TIDY_FILES = 1_000


class Stopped(Exception):
    """Whoever asked for the scan wants no more of it."""


@dataclass(slots=True)
class Progress:
    """How far a scan is; read by other threads."""

    seen: int = 0
    read: int = 0
    full: bool = False
    """There are more than MOST_FILES, and those after them are left out."""


class Scan:
    """One walk through the folder. `stopped` is asked before each file."""

    def __init__(self, root: Root, index: Index, progress: Progress, stopped: Callable[[], bool]) -> None:
        self._root = root
        self._index = index
        self._progress = progress
        self._stopped = stopped

    def run(self) -> None:
        """To the end. Raises OSError when the folder itself cannot be opened: then nothing is forgotten. Stopped."""
        with self._root.folder(()):
            pass
        pending: list[tuple[Place, int | None]] = [((), None)]
        while pending:
            with self._index.writing():
                until = time.monotonic() + WRITING_SECONDS
                while pending and time.monotonic() < until:
                    place, parent = pending.pop()
                    pending += self._folder(place, parent)
        self._index.finish(tidy=self._progress.read >= TIDY_FILES)

    def _folder(self, place: Place, parent: int | None) -> list[tuple[Place, int | None]]:
        """One folder; the answer are those in it."""
        try:
            with self._root.folder(place) as opened:
                return self._read(opened, place, parent)
        except OSError:
            if not place:
                raise
            # It went away, or may not be read: nothing in it may be fetched either.
            self._index.forget_folder(place)
            return []

    def _read(self, opened: OpenFolder, place: Place, parent: int | None) -> list[tuple[Place, int | None]]:
        folder_id = self._index.folder_id(place, parent)
        known = self._index.known(folder_id)
        gone = self._index.known_folders(folder_id)
        below: list[tuple[Place, int | None]] = []
        for entry in opened.entries():
            if self._stopped():
                raise Stopped
            if entry.is_folder:
                below.append(((*place, entry.name), folder_id))
                gone.discard(entry.name)
            elif is_text_name(entry.name) and entry.size <= LARGEST_BYTES and self._counts():
                before = known.pop(entry.name, None)
                if before is None or (before.size, before.changed) != (entry.size, entry.changed):
                    self._put(opened, folder_id, (*place, entry.name), entry)
        for file in known.values():
            self._index.forget(file.file_id)
        for name in gone:
            self._index.forget_folder((*place, name))
        return below

    def _counts(self) -> bool:
        if self._progress.seen >= MOST_FILES:
            self._progress.full = True
            return False
        self._progress.seen += 1
        return True

    def _put(self, opened: OpenFolder, folder_id: int, place: Place, entry: Entry) -> None:
        text = None
        with contextlib.suppress(OSError):  # not for us to read, or gone: the entry remembers that we tried
            text = decoded(opened.read(entry.name))
        title = title_of(entry.name, text) if text is not None else ""
        self._index.put(folder_id, place, entry.size, entry.changed, title or path_of(place), text)
        self._progress.read += 1
