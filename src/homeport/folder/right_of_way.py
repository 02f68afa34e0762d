"""Who goes first where two threads want the interpreter: the short work that somebody waits for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

GIVE_WAY_SECONDS = 0.1


class RightOfWay:
    """Side by side, the short work would wait for the interpreter at each file and each row: it would last several
    times as long as alone. Of the long one nobody knows when it ends.
    """

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Go first. Not for two threads at once."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def give_way(self, seconds: float = GIVE_WAY_SECONDS) -> bool:
        """Stand still while it is taken, for so many seconds at most; whether it is free now."""
        return self._free.wait(seconds)
