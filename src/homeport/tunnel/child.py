"""A program of a tunnel, tied to this process: it gets no secret by its environment, and never outlives Homeport.

On Linux the kernel ends it with us, on Windows a job object does, elsewhere a shell that holds the other end of a pipe.
Whatever those miss, the note about the running program in the data folder finds at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from homeport.settings.private_folder import make_folder

logger = logging.getLogger(__name__)

GENTLE_SECONDS = 0.4
"""How long a program may take to say good-bye; then it is ended. A stop of Homeport has 1.4 seconds in all."""
LONGEST_LINE = 8_192
"""Bytes of a line that are read; the rest of a longer one is left out."""
MOST_UNHEARD = 64
"""Lines that may wait to be heard; then the program waits until they were. A flood must not drown Homeport."""
NOTE = "running.json"

PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"})
_PASSED_ON = PROXIES | {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "TMP", "TEMP", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA"),
    *("USERPROFILE", "PROGRAMDATA"),
}

_LEASH = """exec 3<&0
"$@" 3<&- </dev/null & agent=$!
{ read -r _ <&3; kill -9 $agent; } & leash=$!
wait $agent; code=$?; kill $leash; exit $code"""
"""Runs a program until it ends, or until the other end of the pipe at standard input is gone."""


def clean_environment(environ: Mapping[str, str], *, proxies: bool = True) -> dict[str, str]:
    """What a foreign program needs of our environment, and nothing else: tokens and keys stay here.

    A frozen Homeport's LD_LIBRARY_PATH stays here as well: others would load our libraries.
    """
    kept = {name: value for name, value in environ.items() if name.upper() in _PASSED_ON or name.startswith("LC_")}
    if not proxies:
        kept = {name: value for name, value in kept.items() if name.upper() not in PROXIES}
    return kept


class Child:
    """One run of a program. `on_line` gets what it prints, `on_end` its exit code, both in the loop's thread.

    `folder` is where the note about it is kept.
    """

    def __init__(
        self,
        folder: Path,
        *,
        on_line: Callable[[str], None],
        on_end: Callable[[int], None],
        leashed: bool = sys.platform not in ("linux", "win32"),
    ) -> None:
        self._folder = folder
        self._on_line = on_line
        self._on_end = on_end
        self._leashed = leashed
        self._process: subprocess.Popen[bytes] | None = None
        self._started: asyncio.Future[None] | None = None
        self._ended = asyncio.Event()
        self.pid = 0

    @property
    def runs(self) -> bool:
        return self._process is not None and not self._ended.is_set()

    async def start(self, arguments: Sequence[str], environ: Mapping[str, str]) -> None:
        """Run it. Raises OSError: missing, not allowed, or no program for this computer."""
        make_folder(self._folder)
        loop = asyncio.get_running_loop()
        started = self._started = loop.create_future()
        # A thread of its own for as long as it runs: Linux ends a program when the thread that began it ends.
        threading.Thread(
            target=self._attend, args=(loop, started, list(arguments), dict(environ)), name="tunnel", daemon=True
        ).start()
        await asyncio.shield(started)

    async def stop(self) -> None:
        """End it, and wait until it has ended."""
        if self._started is not None:
            # Who waited for it may have given up, while the system was still beginning it.
            await asyncio.wait({self._started})
        process = self._process
        if process is None:
            return
        if not self._ended.is_set():
            _signal(process, gently=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GENTLE_SECONDS):
                    await self._ended.wait()
        if not self._ended.is_set():
            _signal(process, gently=False)
            await self._ended.wait()

    def _hear(self, line: str, unheard: threading.BoundedSemaphore) -> None:
        unheard.release()
        self._on_line(line)

    def _attend(
        self,
        loop: asyncio.AbstractEventLoop,
        started: asyncio.Future[None],
        arguments: list[str],
        environ: dict[str, str],
    ) -> None:
        leash: tuple[int, int] | None = os.pipe() if self._leashed else None
        try:
            process = _run(arguments, environ, leash[0] if leash else None)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            failure = error if isinstance(error, OSError) else OSError(str(error))
            for end in leash or ():
                os.close(end)
            _tell(loop, lambda: None if started.done() else started.set_exception(failure))
            return
        if leash:
            os.close(leash[0])
        write_note(self._folder, process.pid, arguments[0])
        job = _tie_to_us(process)

        def begun() -> None:
            self._process, self.pid = process, process.pid
            if not started.done():
                started.set_result(None)

        _tell(loop, begun)
        assert process.stdout is not None
        with process.stdout:
            unheard = threading.BoundedSemaphore(MOST_UNHEARD)
            begins = True
            while line := process.stdout.readline(LONGEST_LINE):
                text, heard = line.decode("utf-8", "replace").rstrip("\r\n"), begins
                begins = line.endswith(b"\n")
                if heard:
                    unheard.acquire()
                    _tell(loop, lambda text=text: self._hear(text, unheard), unheard.release)  # type: ignore[misc]
        code = process.wait()
        if leash:
            os.close(leash[1])
        forget_note(self._folder, process.pid)
        del job

        def ended() -> None:
            self._ended.set()
            self._on_end(code)

        _tell(loop, ended)


def _tell(
    loop: asyncio.AbstractEventLoop, what: Callable[[], object], unheard: Callable[[], object] = lambda: None
) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:  # the loop was closed: nobody wants to know any more
        unheard()


def _run(arguments: list[str], environ: dict[str, str], leash: int | None) -> subprocess.Popen[bytes]:
    """Begin the program in a process group of its own: Ctrl+C in our terminal is for us."""
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            creationflags=flags,
        )
    before = _end_with_us if sys.platform == "linux" and leash is None else None
    if leash is not None:
        # The shell says nothing about a program that is missing; we do.
        if not os.access(arguments[0], os.X_OK):
            raise PermissionError(13, "not executable", arguments[0])
        arguments = ["/bin/sh", "-c", _LEASH, "homeport", *arguments]
    with warnings.catch_warnings():
        # Python warns of threads that fork; between fork and exec only one call is made, into a library loaded before.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL if leash is None else leash,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            start_new_session=True,
            preexec_fn=before,
        )


if sys.platform == "linux":
    _PR_SET_PDEATHSIG = 1
    _libc = ctypes.CDLL(None)

    def _end_with_us() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

else:

    def _end_with_us() -> None:
        return None


def _tie_to_us(process: subprocess.Popen[bytes]) -> object:
    if sys.platform == "win32":
        from homeport.tunnel.windows_job import EndsWithUs

        return EndsWithUs(process.pid)
    return None


def _signal(process: subprocess.Popen[bytes], *, gently: bool) -> None:
    with contextlib.suppress(OSError):  # it ended by itself just now
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGTERM if gently else signal.SIGKILL)


def write_note(folder: Path, pid: int, program: str) -> None:
    """Remember what runs. A process is known by its number and the moment it began."""
    note = {"pid": pid, "began": began(pid), "program": program}
    with contextlib.suppress(OSError):
        (folder / NOTE).write_text(json.dumps(note), encoding="utf-8")


def forget_note(folder: Path, pid: int) -> None:
    with contextlib.suppress(OSError, ValueError, KeyError):
        if json.loads((folder / NOTE).read_text(encoding="utf-8"))["pid"] == pid:
            (folder / NOTE).unlink()


def end_leftover(folder: Path) -> bool:
    """End the program that a Homeport before this one left running, if it is still that one. Whether there was one."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        pid, began_then = int(note["pid"]), str(note["began"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    there = pid > 1 and began_then != "" and began(pid) == began_then
    if there and sys.platform != "win32":
        logger.warning("Ending a tunnel program that was left running (process %d)", pid)
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        (folder / NOTE).unlink()
    return there


def began(pid: int) -> str:
    """When the process of this number began, in the system's own words; empty: there is none."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return ""
        state, *fields = stat.rpartition(")")[2].split()
        return "" if state == "Z" else fields[18]
    if sys.platform == "win32":
        return ""  # nothing is left there: the job object ends it
    told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return told.stdout.strip()
