"""The life of a question to the owner, as a table. No I/O: time and the waiting list are handed in.

Rules (SECURITY, owner sign-in): a code lives 5 minutes, an approval waits 2 minutes for its browser, a request ends
after 10 minutes, at most 3 wait per browser network and 30 in all, the oldest of the fullest network goes first.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

CODE_SECONDS = 5 * 60
BROWSER_SECONDS = 2 * 60
REQUEST_SECONDS = 10 * 60
MOST_PER_NETWORK = 3
MOST_IN_ALL = 30


class ApprovalState(enum.StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    DENIED = "denied"
    DISPLACED = "displaced"
    """Pushed out by newer requests of a full network; its page offers a new code."""
    FETCHED = "fetched"
    """The browser came for its approval; nothing follows from this row any more."""


class Move(enum.StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    DISPLACE = "displace"
    RENEW = "renew"
    FETCH = "fetch"
    WITHDRAW = "withdraw"


TRANSITIONS: dict[tuple[ApprovalState, Move], ApprovalState] = {
    (ApprovalState.WAITING, Move.APPROVE): ApprovalState.APPROVED,
    (ApprovalState.WAITING, Move.DENY): ApprovalState.DENIED,
    (ApprovalState.WAITING, Move.DISPLACE): ApprovalState.DISPLACED,
    (ApprovalState.WAITING, Move.RENEW): ApprovalState.WAITING,
    (ApprovalState.DISPLACED, Move.RENEW): ApprovalState.WAITING,
    # Only once nobody came for it in time: see `Approval.renewable`.
    (ApprovalState.APPROVED, Move.RENEW): ApprovalState.WAITING,
    (ApprovalState.APPROVED, Move.FETCH): ApprovalState.FETCHED,
    (ApprovalState.WAITING, Move.WITHDRAW): ApprovalState.FETCHED,
    (ApprovalState.DISPLACED, Move.WITHDRAW): ApprovalState.FETCHED,
}


@dataclass(frozen=True, slots=True)
class Approval:
    """One question. `subject` is what it is about (an authorization request's id); times are epoch seconds."""

    approval_id: str
    number: int
    kind: str
    subject: str
    state: ApprovalState
    client_id: str
    client: str
    redirect_host: str
    network: str
    browser: str
    code_salt: str
    created_at: int
    code_expires_at: int
    expires_at: int
    decided_at: int | None = None
    person_id: str | None = None
    scope: str | None = None

    def move(self, move: Move) -> ApprovalState | None:
        """The state that follows, or None where the table has no such move."""
        return TRANSITIONS.get((self.state, move))

    def waits(self, now: float) -> bool:
        return self.state is ApprovalState.WAITING and now < self.expires_at

    def shows_code(self, now: float) -> bool:
        return self.waits(now) and now < self.code_expires_at

    def awaits_browser(self, now: float) -> bool:
        """Approved, and its browser may still come for it."""
        return (
            self.state is ApprovalState.APPROVED
            and self.decided_at is not None
            and now < self.decided_at + BROWSER_SECONDS
        )

    def renewable(self, now: float) -> bool:
        """Its page may ask for a new code: not while an approval waits for the browser, and not after the end."""
        return self.move(Move.RENEW) is not None and not self.awaits_browser(now) and now < self.expires_at


def displaced_by_new(waiting: Sequence[Approval], network: str, *, protected: Collection[str] = ()) -> list[Approval]:
    """Which waiting requests must go so that one more from `network` fits.

    The oldest of the fullest network goes first. What waits from a `protected` network (the owner's own) is never
    displaced by strangers, only by more of the same network.
    """
    remaining = sorted(waiting, key=lambda a: (a.created_at, a.number))
    gone: list[Approval] = []
    while True:
        counts = Counter(a.network for a in remaining)
        if counts[network] >= MOST_PER_NETWORK:
            victim_network = network
        elif len(remaining) >= MOST_IN_ALL:
            # `remaining` is oldest first, so that of equally full networks the one with the oldest request comes first.
            candidates = [n for n in dict.fromkeys(a.network for a in remaining) if n not in protected]
            victim_network = max(candidates, key=lambda n: counts[n] + (n == network), default=network)
        else:
            return gone
        victim = next(a for a in remaining if a.network == victim_network)
        remaining.remove(victim)
        gone.append(victim)
