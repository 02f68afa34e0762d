"""Asks the owner about single calls of tools and lets each yes through once, for exactly the call that was shown.

Everything is in memory: arguments are never written down, and after a restart nothing is allowed and a repeated call
is asked about anew. What is asked at a time is bounded, in all and for each person.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import hmac
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from homeport.approvals.call_states import CallMove, CallState, Question
from homeport.clock import Clock
from homeport.errors import CallChanged, NoSuchCall
from homeport.events import CallAsked, CallDecided, EventBus
from homeport.store import MISSED

WAIT_SECONDS = 25.0
"""How long a call waits for the owner; ChatGPT gives a tool 30 seconds or more."""

MOST_PER_PERSON = 5
MOST_IN_ALL = 30
MOST_CALLS_OF_PERSON = 10
"""Calls of one person that wait at the same time, each on a connection of its own."""

NOTIFICATION_SECONDS = 60
SILENCING_DENIALS = 2
SILENCE_SECONDS = 10 * 60


class Answer(enum.Enum):
    """What became of one call."""

    GO = "go"
    UNANSWERED = "unanswered"
    """The question stays: the same call goes through once it is allowed."""
    DENIED = "denied"
    USED = "used"
    """Another call just like it has gone through on this yes."""
    WITHDRAWN = "withdrawn"
    FULL = "full"
    """The owner has too many questions already; this one was not asked."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """What the owner is shown. `digest` is of who calls what with which arguments; two calls of one digest are the
    same call. Texts are cleaned, `arguments` are all of them.
    """

    grant_id: str
    person_id: str
    person: str
    client_id: str
    client: str
    tool: str
    title: str
    effect: str
    arguments: str = field(repr=False)
    digest: str


@dataclass(slots=True)
class _Asked:
    number: int
    call: AskedCall
    question: Question
    asked_at: float
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    waiters: int = 0


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """One question as the owner sees it."""

    number: int
    call: AskedCall
    asked_at: float
    waiting: bool


class CallDesk:
    """One per engine, in its event loop. `clock` counts seconds since the epoch."""

    def __init__(self, events: EventBus, *, clock: Clock, wait_seconds: float = WAIT_SECONDS) -> None:
        self._events = events
        self._clock = clock
        self._wait_seconds = wait_seconds
        self._asked: dict[str, _Asked] = {}
        self._calls_of: Counter[str] = Counter()
        self._last_number = 0
        self._last_notification = float("-inf")
        self._denials: deque[tuple[float, str]] = deque(maxlen=100)

    async def ask(self, call: AskedCall) -> Answer:
        """Wait for the owner's answer, at most `wait_seconds`. GO is said once for each yes."""
        self.purge()
        asked = self._asked.get(call.digest)
        if asked is not None and asked.question.state is not CallState.ASKED:
            return self._answer(asked)
        if self._calls_of[call.person_id] >= MOST_CALLS_OF_PERSON:
            return Answer.FULL
        if asked is None:
            if not self._has_room_for(call.person_id):
                return Answer.FULL
            asked = self._open(call)
        with self._waiting(asked), contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._wait_seconds):
                await asked.decided.wait()
        return self._answer(asked)

    def open_questions(self) -> list[OpenQuestion]:
        """What waits for the owner, the oldest first."""
        self.purge()
        return [
            OpenQuestion(asked.number, asked.call, asked.asked_at, asked.waiters > 0)
            for asked in self._asked.values()
            if asked.question.state is CallState.ASKED
        ]

    def allow(self, number: int, digest: str) -> AskedCall:
        """Let exactly the call of this digest through, once. Raises NoSuchCall or CallChanged."""
        asked = self._open_one(number)
        if not hmac.compare_digest(asked.call.digest, digest):
            raise CallChanged(
                f"Call {number} is not the one that was shown.", hint="Look at it again: `homeport calls` shows it."
            )
        self._decide(asked, CallMove.ALLOW)
        return asked.call

    def deny(self, number: int) -> AskedCall:
        """Raises NoSuchCall."""
        asked = self._open_one(number)
        self._denials.append((self._clock(), asked.call.client_id))
        self._decide(asked, CallMove.DENY)
        return asked.call

    def end_grant(self, grant_id: str) -> None:
        """A grant ended: nothing that was asked or allowed with it counts any more. `MISSED` may mean any grant."""
        for asked in [each for each in self._asked.values() if grant_id in (MISSED, each.call.grant_id)]:
            was_open = asked.question.state is CallState.ASKED
            if not self._move(asked, CallMove.WITHDRAW):
                continue
            del self._asked[asked.call.digest]
            if was_open:
                self._publish_decided(asked, "withdrawn")

    def purge(self) -> None:
        """Forget what is over."""
        now = self._clock()
        for asked in [each for each in self._asked.values() if not each.question.live(now)]:
            del self._asked[asked.call.digest]
            if asked.question.state is CallState.ASKED:
                self._publish_decided(asked, "expired")

    # --- one question ---------------------------------------------------------------------------------------------

    def _answer(self, asked: _Asked) -> Answer:
        """What the state says to one call, and the yes is used up by the first that hears it."""
        match asked.question.state:
            case CallState.ALLOWED:
                if not self._move(asked, CallMove.USE):
                    return Answer.UNANSWERED  # the yes came, and its time was over before anybody heard it
                self._asked.pop(asked.call.digest, None)
                return Answer.GO
            case CallState.DENIED:
                return Answer.DENIED
            case CallState.USED:
                return Answer.USED
            case CallState.WITHDRAWN:
                return Answer.WITHDRAWN
            case _:
                return Answer.UNANSWERED

    def _move(self, asked: _Asked, move: CallMove) -> bool:
        after = asked.question.after(move, self._clock())
        if after is None:
            return False
        asked.question = after
        asked.decided.set()
        return True

    def _decide(self, asked: _Asked, move: CallMove) -> None:
        self._move(asked, move)
        self._publish_decided(asked, asked.question.state.value)

    def _open_one(self, number: int) -> _Asked:
        self.purge()
        for asked in self._asked.values():
            if asked.number == number and asked.question.state is CallState.ASKED:
                return asked
        raise NoSuchCall(f"No call with the number {number} waits.", hint="`homeport calls` lists what waits.")

    # --- many questions -------------------------------------------------------------------------------------------

    def _has_room_for(self, person_id: str) -> bool:
        waiting = [each for each in self._asked.values() if each.question.state is CallState.ASKED]
        own = sum(each.call.person_id == person_id for each in waiting)
        return own < MOST_PER_PERSON and len(waiting) < MOST_IN_ALL

    def _open(self, call: AskedCall) -> _Asked:
        now = self._clock()
        self._last_number += 1
        asked = _Asked(self._last_number, call, Question(CallState.ASKED, now), now)
        self._asked[call.digest] = asked
        notify = now - self._last_notification >= NOTIFICATION_SECONDS and not self._silenced(call.client_id, now)
        if notify:
            self._last_notification = now
        waiting = sum(each.question.state is CallState.ASKED for each in self._asked.values())
        self._events.publish(
            CallAsked(
                at=now,
                number=asked.number,
                tool=call.tool,
                client=call.client,
                person=call.person,
                waiting=waiting,
                notify=notify,
            )
        )
        return asked

    def _silenced(self, client_id: str, now: float) -> bool:
        recent = sum(client == client_id and now - at < SILENCE_SECONDS for at, client in self._denials)
        return recent >= SILENCING_DENIALS

    @contextlib.contextmanager
    def _waiting(self, asked: _Asked) -> Iterator[None]:
        person = asked.call.person_id
        asked.waiters += 1
        self._calls_of[person] += 1
        try:
            yield
        finally:
            asked.waiters -= 1
            self._calls_of[person] -= 1
            if not self._calls_of[person]:
                del self._calls_of[person]

    def _publish_decided(self, asked: _Asked, outcome: str) -> None:
        self._events.publish(CallDecided(at=self._clock(), number=asked.number, tool=asked.call.tool, outcome=outcome))
