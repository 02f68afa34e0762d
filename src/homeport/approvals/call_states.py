"""The life of a question about one call of a tool, as a table. No I/O: time is handed in.

A question waits 10 minutes for the owner. A yes is good for 5 minutes and for one call; a no holds for 5 minutes, so
that a client that calls again and again is not asked about again and again.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

QUESTION_SECONDS = 10 * 60
ALLOWED_SECONDS = 5 * 60
DENIED_SECONDS = 5 * 60


class CallState(enum.StrEnum):
    ASKED = "asked"
    ALLOWED = "allowed"
    """One call may go through."""
    DENIED = "denied"
    USED = "used"
    """The call that was allowed went through."""
    WITHDRAWN = "withdrawn"
    """The grant it came with has ended."""


class CallMove(enum.StrEnum):
    ALLOW = "allow"
    DENY = "deny"
    USE = "use"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[CallState, CallMove], CallState] = {
    (CallState.ASKED, CallMove.ALLOW): CallState.ALLOWED,
    (CallState.ASKED, CallMove.DENY): CallState.DENIED,
    (CallState.ALLOWED, CallMove.USE): CallState.USED,
    (CallState.ASKED, CallMove.WITHDRAW): CallState.WITHDRAWN,
    (CallState.ALLOWED, CallMove.WITHDRAW): CallState.WITHDRAWN,
}
"""Every move there is. Nothing leads back: a call that was used, denied or withdrawn is asked about anew."""

_SECONDS = {
    CallState.ASKED: QUESTION_SECONDS,
    CallState.ALLOWED: ALLOWED_SECONDS,
    CallState.DENIED: DENIED_SECONDS,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A state and when it began, in epoch seconds."""

    state: CallState
    since: float

    def live(self, now: float) -> bool:
        """Whether it still counts; what does not is forgotten."""
        return now - self.since < _SECONDS.get(self.state, 0)

    def after(self, move: CallMove, now: float) -> Question | None:
        """What follows, or None where the table has no such move, or the time for it is over."""
        to = TRANSITIONS.get((self.state, move))
        return None if to is None or not self.live(now) else replace(self, state=to, since=now)
