"""`python -m homeport` is `homeport`, and so is the program of one file."""

from __future__ import annotations

import os
import sys

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


if __name__ == "__main__":
    give_streams()
    main()
