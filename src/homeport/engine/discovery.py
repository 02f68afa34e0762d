"""Tells when a client reads the metadata that a connector begins with. Homeport's own questions do not count."""

from __future__ import annotations

from homeport.clock import Clock
from homeport.engine.probe import SelfProbe
from homeport.events import Discovered, EventBus
from homeport.foreign_text import clean
from homeport.origins import Origin

QUIET_SECONDS = 60.0
"""Between two events: anybody can ask, as often as they like."""

OWN_CLIENT = "homeport"
"""What the User-Agent of Homeport's own doctor begins with, in any case. Whoever else says so is not noticed."""


class Discovery:
    """One per engine; the public listener tells it of each such request."""

    def __init__(self, events: EventBus, probe: SelfProbe, *, clock: Clock) -> None:
        self._events = events
        self._probe = probe
        self._clock = clock
        self._told = ("", float("-inf"))
        """Of which origin, and when."""

    def heard(self, headers: list[tuple[bytes, bytes]], origin: Origin) -> None:
        now = self._clock()
        told, told_at = self._told
        if (told == origin.url and abs(now - told_at) < QUIET_SECONDS) or self._probe.is_own(headers):
            return
        client = next((value for name, value in headers if name == b"user-agent"), b"").decode("latin-1")
        if client.lower().startswith(OWN_CLIENT):
            return
        self._told = (origin.url, now)
        self._events.publish(Discovered(at=now, client=clean(client), origin=origin.url))
