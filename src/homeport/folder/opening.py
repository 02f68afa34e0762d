"""Opens what lies in the folder, and nothing else: each step down is taken without following a link.

Where the system can, a step is `openat` with O_NOFOLLOW from the folder already open, so that nothing that is swapped
between a look and an opening leads outside. Elsewhere a path is checked and opened, and the system is asked where what
was opened lies.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LARGEST_BYTES = 2_000_000
"""A larger file is no text that somebody wrote to read; it is left out."""
DEEPEST = 64

BY_DESCRIPTOR = os.open in os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")

_HIDDEN_FLAG = getattr(stat, "UF_HIDDEN", 0)
_HIDDEN_ATTRIBUTES = stat.FILE_ATTRIBUTE_HIDDEN | stat.FILE_ATTRIBUTE_SYSTEM
# A pipe must not be waited for, nor a terminal become ours, between opening and looking.
_FILE_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)

Place = tuple[str, ...]
"""Names from the folder down; () is the folder itself."""


class Outside(OSError):
    """What was asked for is no plain file or folder below the folder, or is left out on purpose."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a folder. `changed` is its modification time in nanoseconds."""

    name: str
    is_folder: bool
    size: int
    changed: int


class OpenFolder(Protocol):
    """One folder, open. Links, hidden names and devices are not among its entries."""

    def entries(self) -> Iterator[Entry]: ...

    def read(self, name: str) -> bytes:
        """A whole file. Raises OSError where it is gone, no plain file, or larger than LARGEST_BYTES."""
        ...


class Root:
    """The folder that may be searched. `left_out` are folders in it that are not looked into."""

    def __init__(self, path: Path, *, left_out: Sequence[Path] = (), by_descriptor: bool = BY_DESCRIPTOR) -> None:
        self.path = path
        self._left_out = left_out
        self._by_descriptor = by_descriptor

    @contextmanager
    def folder(self, place: Place) -> Iterator[OpenFolder]:
        """The folder at `place`, for as long as the block runs. Raises OSError."""
        if len(place) > DEEPEST or any(map(_refused, place)):
            raise Outside(f"{place!r} is not looked into")
        if not self._by_descriptor:
            yield _FolderByPath(self.path, place, self._identities())
            return
        with _descend(self.path, place, self._identities()) as descriptor:
            yield _FolderByDescriptor(descriptor)

    def read(self, place: Place) -> bytes:
        """The file at `place`. Raises OSError."""
        with self.folder(place[:-1]) as folder:
            return folder.read(place[-1])

    def _identities(self) -> set[tuple[int, int]]:
        found = set()
        for path in self._left_out:
            with contextlib.suppress(OSError):
                found.add(_identity(path.stat()))
        return found


class _FolderByDescriptor:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def entries(self) -> Iterator[Entry]:
        with os.scandir(self._descriptor) as found:
            yield from _visible(found)

    def read(self, name: str) -> bytes:
        if _refused(name):
            raise Outside("not a name to open")
        opened = os.open(name, _FILE_FLAGS | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self._descriptor)
        with os.fdopen(opened, "rb") as file:
            return _content(file.fileno())


class _FolderByPath:
    """What is listed here may be a lie; what is read is what lies inside, by the system's own word."""

    def __init__(self, root: Path, place: Place, left_out: set[tuple[int, int]]) -> None:
        self._root = Path(os.path.realpath(root))
        self._path = self._root.joinpath(*place)
        self._left_out = left_out
        self._require_inside(Path(os.path.realpath(self._path)), self._path)

    def entries(self) -> Iterator[Entry]:
        with os.scandir(self._path) as found:
            yield from _visible(found)

    def read(self, name: str) -> bytes:
        if _refused(name):
            raise Outside("not a name to open")
        path = self._path / name
        if not stat.S_ISREG(os.lstat(path).st_mode):
            raise Outside("not a plain file")
        with os.fdopen(os.open(path, _FILE_FLAGS), "rb") as file:
            # Asked of what is open: whatever the names mean by now.
            self._require_inside(_path_of(file.fileno()), path)
            return _content(file.fileno())

    def _require_inside(self, real: Path, path: Path) -> None:
        if os.path.normcase(real) != os.path.normcase(path) or not real.is_relative_to(self._root):
            raise Outside("a link leads elsewhere")
        if any(_identity(os.stat(folder)) in self._left_out for folder in (path, *path.parents)):
            raise Outside("left out")


def _path_of(descriptor: int) -> Path:
    """Where an open file lies. Raises OSError."""
    if sys.platform != "win32":
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
    import ctypes
    import msvcrt

    path = ctypes.create_unicode_buffer(32_768)
    length = ctypes.windll.kernel32.GetFinalPathNameByHandleW(
        ctypes.c_void_p(msvcrt.get_osfhandle(descriptor)), path, len(path), 0
    )
    if not 0 < length < len(path):
        raise Outside("its path cannot be told")
    found = path.value
    return Path("\\" + found[7:] if found.startswith("\\\\?\\UNC\\") else found.removeprefix("\\\\?\\"))


@contextmanager
def _descend(root: Path, place: Place, left_out: set[tuple[int, int]]) -> Iterator[int]:
    """A descriptor of the folder at `place`, reached one name at a time and through nothing that is left out."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root, flags)
    try:
        _require_not_left_out(descriptor, left_out)
        for name in place:
            below = os.open(name, flags, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = below
            _require_not_left_out(descriptor, left_out)
        yield descriptor
    finally:
        os.close(descriptor)


def _require_not_left_out(descriptor: int, left_out: set[tuple[int, int]]) -> None:
    if _identity(os.fstat(descriptor)) in left_out:
        raise Outside("left out")


def _visible(found: Iterator[os.DirEntry[str]]) -> Iterator[Entry]:
    for entry in found:
        if _refused(entry.name):
            continue
        try:
            about = entry.stat(follow_symlinks=False)
        except OSError:  # it went away meanwhile
            continue
        # A junction of Windows is a folder by its mode.
        if _hidden(about) or entry.is_symlink() or (sys.version_info >= (3, 12) and entry.is_junction()):
            continue
        if stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode):
            yield Entry(entry.name, stat.S_ISDIR(about.st_mode), about.st_size, about.st_mtime_ns)


def _content(descriptor: int) -> bytes:
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or _hidden(about) or about.st_size > LARGEST_BYTES:
        raise Outside("not a plain file, or too large")
    parts, length = [], 0
    while length <= LARGEST_BYTES and (part := os.read(descriptor, LARGEST_BYTES + 1 - length)):
        parts.append(part)
        length += len(part)
    if length > LARGEST_BYTES:  # it grew meanwhile
        raise Outside("too large")
    return b"".join(parts)


def _refused(name: str) -> bool:
    """Hidden names, and what is no single name: `..` and `.` begin with a dot as well."""
    # A colon names a drive or a stream of a file on Windows.
    unfit = "\0/\\:" if os.name == "nt" else "\0/"
    return not name or name.startswith(".") or any(character in name for character in unfit)


def _hidden(about: os.stat_result) -> bool:
    """Marked as hidden: on macOS and Windows that is not in the name."""
    return bool(
        getattr(about, "st_flags", 0) & _HIDDEN_FLAG or getattr(about, "st_file_attributes", 0) & _HIDDEN_ATTRIBUTES
    )


def _identity(about: os.stat_result) -> tuple[int, int]:
    return about.st_dev, about.st_ino
