"""One Homeport for one data folder: the lock that says so, and control.json, which tells how to reach it.

control.json holds the token of this run and is only believed while somebody else holds the lock; a file left behind
by a killed process is worth nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import filelock

from homeport.clock import Clock, Randomness, system_clock, system_randomness
from homeport.errors import AlreadyRunning, NotRunning, SettingsError
from homeport.settings.private_file import create_private
from homeport.settings.private_folder import require_own_folder

LOCK_NAME = "homeport.lock"
FILE_NAME = "control.json"

STARTING_SECONDS = 5.0
"""How long a client waits for a Homeport that holds the lock and has not written control.json yet."""


@dataclass(frozen=True, slots=True)
class Running:
    """How to reach the running Homeport. `started_at` is seconds since the epoch."""

    port: int
    token: str
    pid: int
    started_at: float
    moved: bool
    """The port is not the one that was asked for."""

    def __repr__(self) -> str:
        return f"Running(port={self.port}, pid={self.pid})"


class Instance:
    """The lock of this process on its data folder. `release` it, or die: both free it."""

    def __init__(self, data_dir: Path, lock: filelock.BaseFileLock, clock: Clock, randomness: Randomness) -> None:
        self._lock = lock
        self.data_dir = data_dir
        self._file = data_dir / FILE_NAME
        self._randomness = randomness
        self.started_at = clock()
        before = _read(self._file)
        self.remembered_port = before.port if before and before.moved else 0
        """Where the control port moved in an earlier run; 0: nowhere."""
        self._running: Running | None = None
        self._file.unlink(missing_ok=True)

    def announce(self, port: int, *, moved: bool) -> str:
        """Write control.json for this run and return its new token."""
        token = self._randomness(32).hex()
        self._running = Running(port, token, os.getpid(), self.started_at, moved)
        _write(self._file, self._running)
        return token

    def release(self) -> None:
        """Forget the token, keep a moved port in mind, and let the next one in."""
        running, self._running = self._running, None
        moved_to = self.remembered_port if running is None else running.port if running.moved else 0
        with contextlib.suppress(OSError, SettingsError):
            if moved_to:
                _write(self._file, Running(moved_to, "", 0, self.started_at, True))
            else:
                self._file.unlink(missing_ok=True)
        self._lock.release()


def acquire(
    data_dir: Path, *, clock: Clock = system_clock, randomness: Randomness = system_randomness, timeout: float = 0.5
) -> Instance:
    """Become the one Homeport of `data_dir` (made when missing, for this user only).

    Waits `timeout` seconds, since a client looks at the lock for a moment. Raises AlreadyRunning, which names process
    and start, or SettingsError when the folder cannot be used or others can write to it.
    """
    require_own_folder(data_dir)
    lock = _lock(data_dir)
    try:
        lock.acquire(timeout=timeout)
    except filelock.Timeout:
        raise _already_running(data_dir) from None
    except OSError as error:
        raise SettingsError(
            f"The data folder {data_dir} cannot be used: {error.strerror or error}.",
            hint="Choose another one with --data-dir.",
        ) from error
    return Instance(data_dir, lock, clock, randomness)


def find_running(data_dir: Path, *, wait_seconds: float = STARTING_SECONDS) -> Running:
    """The running Homeport of `data_dir`. Waits for one that is just starting. Raises NotRunning."""
    deadline = time.monotonic() + wait_seconds
    while is_held(data_dir):
        running = _read(data_dir / FILE_NAME)
        if running and running.token:
            return running
        if time.monotonic() > deadline:
            raise NotRunning(
                f"Homeport starts or stops right now (data folder {data_dir}).", hint="Try again in a moment."
            )
        time.sleep(0.05)
    raise NotRunning(
        f"No Homeport is running with the data folder {data_dir}.",
        hint="Start one with `homeport`, or name its folder with --data-dir.",
    )


def _lock(data_dir: Path) -> filelock.BaseFileLock:
    # filelock opens with O_NOFOLLOW: a link in place of the lock is an error, never followed.
    return filelock.FileLock(data_dir / LOCK_NAME, mode=0o600, thread_local=False)


def is_held(data_dir: Path) -> bool:
    """Whether a process, of whatever state, holds the lock of this data folder."""
    if not (data_dir / LOCK_NAME).exists():
        return False
    lock = _lock(data_dir)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def _already_running(data_dir: Path) -> AlreadyRunning:
    running = _read(data_dir / FILE_NAME)
    if running is None or not running.token:
        return AlreadyRunning(
            f"Another Homeport uses the data folder {data_dir}.", hint="Choose another one with --data-dir."
        )
    since = time.strftime("%d %B, %H:%M", time.localtime(running.started_at))
    return AlreadyRunning(
        f"Homeport runs since {since} (process {running.pid}, data folder {data_dir}).",
        hint="What this start was given changes nothing there: choose it in the dashboard (`homeport open`), or end "
        "that one first (`homeport stop --quit`). `homeport status` shows how it is.",
    )


def _read(path: Path) -> Running | None:
    """control.json, if it is a plain file of this user that nobody else can read; None otherwise."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return None
    with open(descriptor, encoding="utf-8") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            return None
        if hasattr(os, "geteuid") and (about.st_uid != os.geteuid() or about.st_mode & 0o077):
            return None
        try:
            content = json.loads(file.read(4096))
            return Running(**content)
        except (ValueError, TypeError):
            return None


def _write(path: Path, running: Running) -> None:
    """Replace control.json in one step; a link in its place is replaced, not followed."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(create_private(draft), "w", encoding="utf-8") as file:
        json.dump(asdict(running), file)
    draft.replace(path)
