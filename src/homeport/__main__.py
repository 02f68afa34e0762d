"""`python -m homeport` is `homeport`, and so is the program of one file."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from homeport.cli import main

LARGEST_LOG = 1_000_000
"""Bytes, after which the next start begins the file anew."""


def give_streams() -> None:
    """A program without a terminal has nowhere to write on Windows: what it says goes to a file then."""
    if sys.stdout is not None and sys.stderr is not None:
        return
    import platformdirs

    try:
        log = platformdirs.user_log_path("homeport", appauthor=False, ensure_exists=True) / "homeport.log"
        mode = "w" if log.exists() and log.stat().st_size > LARGEST_LOG else "a"
        stream = log.open(mode, encoding="utf-8", errors="backslashreplace", buffering=1)
    except OSError:
        stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stdout = sys.stdout or stream
    sys.stderr = sys.stderr or stream


def end_with_parent() -> None:
    """The program of one file is two processes on Linux: the outer one unpacks, starts this one and waits for it. Who
    kills the outer one means both, and nothing else would tell us: this one would go on, at the same port.
    """
    unpacked = Path(getattr(sys, "_MEIPASS", ""))
    if sys.platform != "linux" or not unpacked.name.startswith("_MEI"):
        return
    import ctypes

    with contextlib.suppress(OSError):
        ctypes.CDLL(None).prctl(_WHEN_PARENT_ENDS, signal.SIGTERM, 0, 0, 0)
        # It may have ended before we asked: then our parent is another program by now.
        if not os.path.samestat(os.stat(f"/proc/{os.getppid()}/exe"), os.stat("/proc/self/exe")):
            sys.exit(128 + signal.SIGTERM)


_WHEN_PARENT_ENDS = 1  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    end_with_parent()
    give_streams()
    main()
