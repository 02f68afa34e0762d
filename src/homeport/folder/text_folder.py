"""One folder as something to search and read: keeps its index fresh, and answers from the files themselves."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from homeport import NotFound, ToolError
from homeport.folder.index import Index, IndexedFile, address_of, delete_index, is_spoiled, open_index, path_of
from homeport.folder.opening import Root
from homeport.folder.right_of_way import RightOfWay
from homeport.folder.scanning import Progress, Scan, Stopped
from homeport.folder.text import decoded
from homeport.folder.words import snippet, words_of

MOST_HITS = 20
FRESH_SECONDS = 10.0
"""How old the last look at the folder may be when it is searched."""
PATIENCE_SECONDS = 0.03
"""How long a search waits for a look to end. A small folder is always as it is now; a large one answers at once."""
PART_CHARACTERS = 40_000
STOP_SECONDS = 10.0

logger = logging.getLogger(__name__)


class FolderAway(ToolError):
    """The folder cannot be read now."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One file that a search found."""

    id: str
    title: str
    snippet: str
    url: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found; `note` says what the model must know about it, or nothing."""

    hits: list[Hit]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A file, or one part of a long one."""

    id: str
    title: str
    path: str
    url: str
    text: str
    number: int
    parts: int


@dataclass(slots=True)
class _State:
    """What the threads share, under one lock."""

    scan: threading.Thread | None = None
    progress: Progress = field(default_factory=Progress)
    ended: float | None = None
    problem: str = ""
    spoiled: bool = False
    """The index is to be made anew at the next look."""


class TextFolder:
    """`cache` is a folder for indexes; `left_out` are folders that are never looked into, wherever they lie.

    `timer` counts seconds from any start. All methods block, and any thread may call them.
    """

    def __init__(
        self,
        path: Path,
        *,
        cache: Path,
        left_out: Sequence[Path] = (),
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = Root(path, left_out=(*left_out, cache))
        self.index_file = cache / f"{hashlib.sha256(os.fsencode(path)).hexdigest()[:24]}.sqlite3"
        self._timer = timer
        self._lock = threading.Lock()
        # Nobody may hold the index file, or make one, while another takes its place.
        self._using_index = threading.Lock()
        self._state = _State()
        self._stopping = threading.Event()
        self._searching = RightOfWay()

    @property
    def path(self) -> Path:
        return self._root.path

    @property
    def problem(self) -> str:
        """What was wrong at the last look, for a person; empty when nothing was."""
        return self._state.problem

    def start(self) -> None:
        """Begin to look at the folder, in a thread that ends with the look."""
        self._stopping.clear()
        self._look(newest=-1)

    def end(self) -> None:
        """Break a look off."""
        self._stopping.set()

    def stop(self) -> None:
        """Break a look off and wait for its end."""
        self.end()
        self.wait(STOP_SECONDS)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end of the look that goes on now; False when it is not over."""
        scan = self._state.scan
        if scan is not None:
            scan.join(seconds)
            return not scan.is_alive()
        return True

    def search(self, query: str) -> Hits:
        """The best files for these words. Raises FolderAway."""
        words = words_of(query)
        if not words:
            return Hits([], "The query holds no word to search for.")
        self._require_folder()
        self._look(newest=FRESH_SECONDS)
        self.wait(PATIENCE_SECONDS)
        hits: list[Hit] = []
        with self._index() as index:
            for file in index.find(words, MOST_HITS * 2):
                text = self._text(file)
                if text is not None:
                    hits.append(Hit(file.public_id, file.title, snippet(text, words), address_of(file.place)))
                    if len(hits) == MOST_HITS:
                        break
            note = self._note(index.scanned)
        return Hits(hits, note)

    def fetch(self, asked: str) -> Part:
        """A file by the id that search gave; `ID.2` is the second part of a long one. Raises NotFound, FolderAway."""
        self._require_folder()
        public_id, _, part = asked.partition(".")
        number = int(part or 1)
        with self._index() as index:
            file = index.by_public_id(public_id)
        text = self._text(file) if file is not None else None
        if file is None or text is None:
            raise NotFound("There is no file with this id any more. search finds what there is now.")
        parts = max(1, -(-len(text) // PART_CHARACTERS))
        if not 1 <= number <= parts:
            raise NotFound(f"This file has {parts} parts: {public_id}.1 to {public_id}.{parts}.")
        piece = text[(number - 1) * PART_CHARACTERS : number * PART_CHARACTERS]
        return Part(public_id, file.title, path_of(file.place), address_of(file.place), piece, number, parts)

    # --- how it is done -----------------------------------------------------------------------------------------

    def _require_folder(self) -> None:
        try:
            with self._root.folder(()):
                pass
        except OSError as error:
            logger.warning("The folder %s cannot be opened: %s", self.path, error.strerror or error)
            raise FolderAway(
                "The folder is not there now, or cannot be read. Its owner can look at it, or choose another one, in "
                "Homeport's dashboard."
            ) from None

    def _text(self, file: IndexedFile) -> str | None:
        """What the file says now; None when it is gone, or no text any more."""
        with contextlib.suppress(OSError):
            return decoded(self._root.read(file.place))
        return None

    @contextmanager
    def _index(self) -> Iterator[Index]:
        try:
            with self._using_index, self._searching.taken(), open_index(self.index_file) as index:
                yield index
        except (OSError, sqlite3.Error) as error:
            logger.exception("The index of %s cannot be used", self.path)
            if is_spoiled(error):
                self._state.spoiled, self._state.ended = True, None
            raise FolderAway(
                f"Homeport cannot use its index of the folder ({type(error).__name__}); its log says more."
            ) from None

    def _note(self, scanned: bool) -> str:
        progress = self._state.progress
        if not scanned:
            return (
                f"Homeport is still reading this folder for the first time: {progress.seen} files so far. "
                "Search again in a while; there may be more."
            )
        if progress.full:
            return f"Only the first {progress.seen} text files of the folder are searched."
        return ""

    def _look(self, *, newest: float) -> None:
        with self._lock:
            state = self._state
            if state.scan is not None and state.scan.is_alive():
                return
            if self._stopping.is_set() or (state.ended is not None and self._timer() - state.ended < newest):
                return
            state.progress = Progress()
            # Ends with the process, should that end before the look.
            state.scan = threading.Thread(target=self._scan, name="homeport-folder", daemon=True)
            state.scan.start()

    def _scan(self) -> None:
        state = self._state
        problem = ""
        try:
            if not self._brought_up_to_date(state.progress):
                self._make_anew(state.progress)
                state.spoiled = False
        except Stopped:
            pass
        except (OSError, sqlite3.Error) as error:
            words = error.strerror if isinstance(error, OSError) else str(error)
            problem = f"The folder {self.path} cannot be searched: {words or type(error).__name__}."
            logger.warning("%s", problem)
        except Exception:
            problem = f"The folder {self.path} cannot be searched; the log says why."
            logger.exception("%s", problem)
        finally:
            state.problem = problem
            state.ended = self._timer()

    def _brought_up_to_date(self, progress: Progress) -> bool:
        """False where the index must be made anew."""
        if self._state.spoiled:
            return False
        try:
            with open_index(self.index_file) as index:
                if index.worn:
                    return False
                Scan(self._root, index, progress, self._given_way).run()
        except sqlite3.DatabaseError as error:
            if not is_spoiled(error):
                raise
            logger.warning("The index of %s is spoiled and made anew: %s", self.path, error)
            return False
        return True

    def _given_way(self) -> bool:
        """Let a search go first, before each file. Whether the look is to be broken off."""
        self._searching.give_way()
        return self._stopping.is_set()

    def _make_anew(self, progress: Progress) -> None:
        """A new index takes the place of the old one, which answers until then."""
        new = self.index_file.with_name(f"{self.index_file.name}.new")
        delete_index(new)
        with open_index(new) as index:
            Scan(self._root, index, progress, self._given_way).run()
        with self._using_index:
            delete_index(self.index_file)
            new.replace(self.index_file)
