"""Decides what follows when a tunnel comes up, is lost, ends or is refused. Pure: time and luck are handed in.

What starts and stops programs is elsewhere; here is one table of states, and how long each pause is.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from homeport.clock import Randomness
from homeport.tunnel.base import Again, Happening, Heard, TunnelFault


class TunnelState(enum.StrEnum):
    OFF = "off"
    NEEDS_TOKEN = "needs-token"
    STARTING = "starting"
    DOWNLOADING = "downloading"
    UP = "up"
    RECONNECTING = "reconnecting"
    DOWN = "down"
    """It is tried again by itself."""
    ERROR = "error"
    """It is not, before something changes."""


class Do(enum.Enum):
    NOTHING = "nothing"
    START = "start"
    """End what is left of the last start, then start."""


S, H = TunnelState, Happening

TRANSITIONS: dict[tuple[TunnelState, Happening], tuple[TunnelState, Do]] = {
    (S.OFF, H.BEGIN): (S.STARTING, Do.START),
    (S.STARTING, H.DOWNLOAD): (S.DOWNLOADING, Do.NOTHING),
    (S.DOWNLOADING, H.DOWNLOAD): (S.DOWNLOADING, Do.NOTHING),
    (S.DOWNLOADING, H.DOWNLOADED): (S.STARTING, Do.NOTHING),
    (S.STARTING, H.CAME_UP): (S.UP, Do.NOTHING),
    (S.UP, H.LOST): (S.RECONNECTING, Do.NOTHING),
    (S.RECONNECTING, H.LOST): (S.RECONNECTING, Do.NOTHING),
    (S.RECONNECTING, H.BACK): (S.UP, Do.NOTHING),
    (S.DOWN, H.WOKE): (S.STARTING, Do.START),
    **{(state, H.CHANGED): (S.STARTING, Do.START) for state in S if state is not S.OFF},
}
"""Beside these, ENDED leads from wherever something runs to what its fault says: see `_after`."""

RUNNING = frozenset({S.STARTING, S.DOWNLOADING, S.UP, S.RECONNECTING})

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
NETWORK_PAUSE = 4.0
"""The longest pause while the network is missing: a laptop is back within seconds of its network."""
NETWORK_PATIENCE = 600.0
"""For so long, in seconds; then the pauses grow as for everything else."""
AN_HOUR = 3600.0
STEADY_SECONDS = 60.0
"""A tunnel that was up for so long begins with short pauses again when it ends."""
WORKED_PAUSE = 5.0
"""The longest pause after a tunnel that was up, however briefly: whoever calls through it waits."""
WORKED_TRIES = 8
"""So often one after the other; then the pauses grow as for a program that never comes up."""
PATIENCE = {True: 20.0, False: 600.0}
"""How long a program may try to get its connection back, by whether its name is stable: to end one that has another
name after each start ends all that people had allowed, and they sign in again.
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it is, for people: empty sentences when all is well. `progress` says how far a download is."""

    state: TunnelState = TunnelState.OFF
    cause: str = ""
    action: str = ""
    progress: str = ""


class Supervisor:
    """One per tunnel and start of Homeport. `timer` counts seconds from any moment."""

    def __init__(self, *, timer: Callable[[], float], random: Randomness) -> None:
        self._timer = timer
        self._random = random
        self.standing = Standing()
        self._tries = 0
        self._dials = 0
        """Tries that failed for want of a network: they say nothing about what runs in it."""
        self._up_since = 0.0
        self._down_since: float | None = None
        self._stable = True
        self._due: float | None = None
        """When the next step is to be taken, though nothing happens until then."""

    @property
    def seconds_left(self) -> float | None:
        """Until `overdue` must be asked; None: nothing is planned."""
        return None if self._due is None else max(0.0, self._due - self._timer())

    def came_up(self, *, stable: bool) -> None:
        """`start` returned with a name; `stable` says how patient a lost connection makes us."""
        self._stable = stable
        self.heard(Heard(Happening.CAME_UP))

    def heard(self, heard: Heard) -> Do:
        """What to do now that this happened; `standing` is what to show."""
        state = self.standing.state
        if heard.what is Happening.ENDED and state in RUNNING:
            return self._after(heard.fault)
        if heard.what is Happening.CHANGED:
            self._tries = self._dials = 0
        if heard.what is Happening.WOKE and state in (S.DOWN, S.RECONNECTING):
            # What failed, failed in another network; what tries to come back gets its full time in this one.
            self._tries = self._dials = 0
            self._due = self._timer() + PATIENCE[self._stable] if state is S.RECONNECTING else None
        step = TRANSITIONS.get((state, heard.what))
        if step is None:
            return Do.NOTHING
        to, do = step
        self._enter(to, heard)
        return do

    def overdue(self) -> Do:
        """The planned moment has come."""
        if self._due is None or self._timer() < self._due:
            return Do.NOTHING
        self._due = None
        if self.standing.state is S.RECONNECTING:
            self._enter(S.STARTING, Heard(Happening.CHANGED))
            return Do.START
        if self.standing.state in (S.DOWN, S.ERROR):
            self._enter(S.STARTING, Heard(Happening.BEGIN))
            return Do.START
        return Do.NOTHING

    def _enter(self, to: TunnelState, heard: Heard) -> None:
        now = self._timer()
        if to is S.UP:
            if heard.what is Happening.CAME_UP:
                self._up_since = now
            self._down_since = None
            self._dials = 0
            self._due = None
        if to is S.RECONNECTING and self.standing.state is S.UP:
            self._due = now + PATIENCE[self._stable]
        if to in (S.STARTING, S.DOWNLOADING):
            self._due = None
        fault = heard.fault if to is S.RECONNECTING else None
        cause, action = (fault.message, fault.hint) if fault is not None else ("", "")
        if to is S.STARTING and heard.what is not Happening.CHANGED and (self._tries or self._dials):
            # While it is tried again, what was wrong is still what people want to read.
            cause, action = self.standing.cause, self.standing.action
        self.standing = Standing(to, cause, action, heard.words)

    def _after(self, fault: TunnelFault | None) -> Do:
        now = self._timer()
        worked = self.standing.state in (S.UP, S.RECONNECTING)
        if worked and now - self._up_since >= STEADY_SECONDS:
            self._tries = 0
        if self._down_since is None:
            self._down_since = now
        cause, action = (fault.message, fault.hint) if fault is not None else ("The tunnel ended.", "")
        again = fault.again if fault is not None else Again.SOON
        if again is Again.NETWORK:
            self._dials += 1
        else:
            self._tries += 1
        if again is Again.NEVER:
            tokenless = fault is not None and fault.tokenless
            self.standing = Standing(S.NEEDS_TOKEN if tokenless else S.ERROR, cause, action)
            self._due = None
            return Do.NOTHING
        state = S.ERROR if again is Again.HOURLY else S.DOWN
        self.standing = Standing(state, cause, action)
        self._due = now + self._pause(again, now, worked=worked)
        return Do.NOTHING

    def _pause(self, again: Again, now: float, *, worked: bool) -> float:
        """Doubling, bounded, and shortened by chance, so that many computers do not come back at one moment."""
        if again is Again.HOURLY:
            return AN_HOUR
        missing = now - (self._down_since if self._down_since is not None else now)
        longest, tries = LONGEST_PAUSE, self._tries
        if again is Again.NETWORK:
            tries = self._dials
            longest = NETWORK_PAUSE if missing < NETWORK_PATIENCE else LONGEST_PAUSE
        elif worked and tries <= WORKED_TRIES:
            longest = WORKED_PAUSE
        pause = min(longest, FIRST_PAUSE * 2.0 ** min(tries - 1, 10))
        return pause * (0.5 + int.from_bytes(self._random(2), "big") / 131_072)
