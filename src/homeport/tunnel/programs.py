"""Finds a tunnel's program on this computer and asks it whether it really is that program."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homeport.foreign_text import clean
from homeport.tunnel.base import Again, TunnelFault
from homeport.tunnel.child import clean_environment

VERSION_SECONDS = 10.0
"""The first start of a fresh program can be slow: security programs look at all of it."""


_WRAPPER = re.compile(rb'from pyngrok|pyenv"? exec')
"""What such a script holds: pyngrok's own, and the one that pyenv makes for it, which quotes its path."""

MOST_SAID = 4_096
"""Bytes of what it says that are read."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that is there. `source`: path, or data folder."""

    path: Path
    source: str


def on_path(name: str, environ: Mapping[str, str]) -> Program | None:
    """The program as this user's shell would find it, but for those that somebody else may have put there.

    It is given a token: what lies in whatever folder Homeport was started in, or where every user of this computer can
    write, is passed over.
    """
    for folder in environ.get("PATH", "").split(os.pathsep):
        # Windows looks in the current folder first, where `which` is given a name alone.
        found = shutil.which(str(Path(folder, name))) if Path(folder).is_absolute() else None
        if found is not None and not _stands_in(Path(found)) and _only_ours_to_write(Path(found)):
            return Program(Path(found), "path")
    return None


def _stands_in(program: Path) -> bool:
    """Whether this is what a Python package put there under the program's name: pyngrok comes with one, which downloads
    and starts another ngrok than ours. `uv run` puts its folder before all others.
    """
    if program.parent in (Path(sys.executable).parent, Path(sys.prefix, "bin"), Path(sys.prefix, "Scripts")):
        return True
    try:
        with program.open("rb") as opened:
            begins = opened.read(MOST_SAID)
    except OSError:
        return False
    return begins.startswith(b"#!") and _WRAPPER.search(begins) is not None


def _only_ours_to_write(program: Path) -> bool:
    """Whether no other user but root could have put this program there, or can change it."""
    if not hasattr(os, "geteuid"):
        return True  # Windows: who can write there is no matter of a mode
    try:
        places = [os.stat(each) for each in {program, program.parent, program.resolve(), program.resolve().parent}]
    except (OSError, RuntimeError):
        return False
    return all(place.st_uid in (0, os.geteuid()) and not place.st_mode & 0o002 for place in places)


async def version_of(program: Path, environ: Mapping[str, str], *, title: str) -> str:
    """What the program says to --version. Raises TunnelFault when it cannot be run, or is not what it should be."""
    try:
        said = await asyncio.to_thread(_ask_version, program, clean_environment(environ))
    except (OSError, subprocess.SubprocessError) as error:
        raise unusable(program, title, error) from error
    if not said.lower().startswith(f"{title} version "):
        raise TunnelFault(
            f"{program} is not {title}: asked for its version it says {clean(said, 80)!r}.",
            action="Remove it, or take it off the PATH.",
            again=Again.NEVER,
        )
    return said.split()[2]


def _ask_version(program: Path, environ: Mapping[str, str]) -> str:
    with subprocess.Popen(
        [str(program), "--version"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(environ),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            _end(process)

        timer = threading.Timer(VERSION_SECONDS, end)
        timer.start()
        try:
            # No more than it can need: it may be a program that never stops talking.
            said = process.stdout.read(MOST_SAID)
            if len(said) == MOST_SAID:
                _end(process)
            process.wait()
        finally:
            timer.cancel()
    if late.is_set():
        raise subprocess.TimeoutExpired(str(program), VERSION_SECONDS)
    if len(said) == MOST_SAID:
        raise subprocess.SubprocessError("asked for its version it does not stop talking")
    if process.returncode:
        raise subprocess.SubprocessError(f"it ended with {process.returncode}")
    return said.decode("utf-8", "replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with all that it began: what keeps our end of the pipe open keeps us waiting."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def unusable(program: Path, title: str, error: BaseException) -> TunnelFault:
    """Why a program does not run, from what the system said."""
    number = getattr(error, "errno", None)
    # Windows: 225 a virus scanner, 193 no program for this computer, 1260 forbidden by the administrator.
    windows = getattr(error, "winerror", None)
    if windows in (225, 1260):
        return quarantined(program, title)
    if number == errno.ENOEXEC or windows in (193, 216):
        cause = f"{program} is no program for this kind of computer."
        action = f"Remove it: Homeport downloads the right one, or install {title} for this computer."
    elif number == errno.EACCES or windows == 5:
        cause = f"{program} may not be run by this user."
        action = "Allow it (chmod +x), or see whether a security program has locked it."
    elif number == errno.ENOENT:
        return quarantined(program, title)
    elif isinstance(error, subprocess.TimeoutExpired):
        cause = f"{program} does not say its version within {VERSION_SECONDS:.0f} seconds."
        action = f"A security program may hold it back: allow {title} there, then start the tunnel again."
    else:
        cause = f"{program} does not run: {clean(str(error), 200)}."
        action = f"Remove it and start the tunnel again, or install {title} anew."
    return TunnelFault(cause, action=action, again=Again.NEVER)


def quarantined(program: Path, title: str) -> TunnelFault:
    return TunnelFault(
        f"{program} was there and is gone: a security program may have removed it.",
        action=f"Allow {title} in your security program, then start the tunnel again.",
        again=Again.NEVER,
    )
