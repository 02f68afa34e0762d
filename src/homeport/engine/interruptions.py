"""Notices that this computer slept, stood still, or came into another network; and when it is time to ask a tunnel.

Sends nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from homeport.clock import Clock

TICK = 5.0
"""Seconds between two looks while nothing happens."""
ALIVE_EVERY = 15.0
SOON_AFTER = 1.0
"""A look so few seconds after the last one, because of a planned step in between, tells nothing."""
SLEPT = 10.0
"""A look that comes so many seconds too late tells that this computer slept, or stood still."""
ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): the system only says which of ours would be used."""


class Interruptions:
    """One per opened tunnel. Nothing of it runs by itself: somebody looks every few seconds."""

    def __init__(self, clock: Clock, timer: Callable[[], float]) -> None:
        self._clock = clock
        self._timer = timer
        self._wall, self._steady = clock(), timer()
        self._address = ""
        self._ask_at = timer() + ALIVE_EVERY

    def seconds_until(self, tick: float) -> float:
        """The next look, `tick` seconds after the last one."""
        return max(0.0, self._steady + tick - self._timer())

    def something_changed(self, *, watch_network: bool) -> bool:
        """Whether this computer slept or stood still, or came into a network, since the last look."""
        wall, steady = self._clock(), self._timer()
        if steady - self._steady < SOON_AFTER:
            return False
        late = max(wall - self._wall, steady - self._steady) - TICK
        self._wall, self._steady = wall, steady
        if not watch_network:
            self._address = ""
            return late > SLEPT
        before, self._address = self._address, own_address()
        return late > SLEPT or (before not in ("", self._address) and self._address != "none")

    def time_to_ask(self) -> bool:
        if self._timer() < self._ask_at:
            return False
        self._ask_at = self._timer() + ALIVE_EVERY
        return True

    def ask_soon(self) -> None:
        self._ask_at = self._timer()


def own_address() -> str:
    """The address this computer has in its network, or "none"."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(ELSEWHERE)
            return str(asking.getsockname()[0])
        except OSError:
            return "none"
