"""The owner's yes to single calls: for exactly the call that was shown, once, in time, and never too many questions."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from homeport.approvals.call_desk import (
    MOST_CALLS_OF_PERSON,
    MOST_IN_ALL,
    MOST_PER_PERSON,
    Answer,
    AskedCall,
    CallDesk,
)
from homeport.approvals.call_states import ALLOWED_SECONDS, DENIED_SECONDS, QUESTION_SECONDS
from homeport.errors import CallChanged, NoSuchCall
from homeport.events import CallAsked, CallDecided, Event, EventBus
from homeport.store import MISSED


def call(digest: str = "d1", *, person: str = "p1", grant: str = "g1", client: str = "c1") -> AskedCall:
    return AskedCall(grant, person, "Alice", client, "ChatGPT", "forget", "Forget", "destroy", "{}", digest)


class Desk:
    """A desk whose clock the test sets; `patience` is how long a call waits, in real seconds."""

    def __init__(self, patience: float = 0.0) -> None:
        self.now = 1_000.0
        self.events: list[Event] = []
        bus = EventBus()
        bus.subscribe(self.events.append)
        self.desk = CallDesk(bus, clock=lambda: self.now, wait_seconds=patience)

    def only(self) -> int:
        (question,) = self.desk.open_questions()
        return question.number

    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.events if isinstance(event, CallDecided)]


@asynccontextmanager
async def waiting(desk: Desk, *calls: AskedCall) -> AsyncIterator[list[asyncio.Task[Answer]]]:
    """These calls, each on the way, all of them waiting for the owner."""
    tasks = [asyncio.create_task(desk.desk.ask(each)) for each in calls]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_call_that_waits_goes_through_when_the_owner_allows_it() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, call()) as (task,):
        (question,) = desk.desk.open_questions()
        assert question.waiting
        desk.desk.allow(question.number, "d1")
        assert await task is Answer.GO
    assert desk.desk.open_questions() == []
    assert desk.outcomes() == ["allowed"]


async def test_a_call_that_nobody_answers_is_told_so_and_goes_through_when_it_comes_again() -> None:
    desk = Desk()
    assert await desk.desk.ask(call()) is Answer.UNANSWERED
    (question,) = desk.desk.open_questions()
    assert not question.waiting
    desk.desk.allow(question.number, "d1")
    assert await desk.desk.ask(call()) is Answer.GO
    assert await desk.desk.ask(call()) is Answer.UNANSWERED, "a yes is used up by one call"


async def test_of_many_equal_calls_that_wait_exactly_one_goes_through() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, *[call()] * 8) as tasks:
        desk.desk.allow(desk.only(), "d1")
        answers = await asyncio.gather(*tasks)
    assert sorted(answer.value for answer in answers) == ["go", *["used"] * 7]
    assert len([event for event in desk.events if isinstance(event, CallAsked)]) == 1


async def test_a_yes_fits_no_other_arguments_person_or_grant() -> None:
    desk = Desk()
    assert await desk.desk.ask(call("shown")) is Answer.UNANSWERED
    desk.desk.allow(desk.only(), "shown")
    for other in ("changed", "of another person", "of another client"):
        assert await desk.desk.ask(call(other)) is Answer.UNANSWERED
    assert await desk.desk.ask(call("shown")) is Answer.GO


async def test_the_owner_must_give_back_what_was_shown() -> None:
    desk = Desk()
    await desk.desk.ask(call("one"))
    number = desk.only()
    with pytest.raises(CallChanged):
        desk.desk.allow(number, "another")
    assert await desk.desk.ask(call("one")) is Answer.UNANSWERED
    with pytest.raises(NoSuchCall):
        desk.desk.allow(number + 1, "one")
    with pytest.raises(NoSuchCall):
        desk.desk.deny(number + 1)


async def test_a_yes_lives_five_minutes_and_a_question_ten() -> None:
    desk = Desk()
    await desk.desk.ask(call())
    desk.desk.allow(desk.only(), "d1")
    desk.now += ALLOWED_SECONDS
    assert await desk.desk.ask(call()) is Answer.UNANSWERED
    number = desk.only()
    desk.now += QUESTION_SECONDS
    with pytest.raises(NoSuchCall):
        desk.desk.allow(number, "d1")
    assert desk.outcomes() == ["allowed", "expired"]


async def test_a_no_holds_for_a_while_so_that_nobody_is_nagged() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, call()) as (task,):
        desk.desk.deny(desk.only())
        assert await task is Answer.DENIED
    assert await desk.desk.ask(call()) is Answer.DENIED
    assert desk.desk.open_questions() == []
    desk.now += DENIED_SECONDS
    async with waiting(desk, call()):
        assert len(desk.desk.open_questions()) == 1


async def test_a_client_that_goes_leaves_its_question_and_uses_no_yes() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, call()) as (task,):
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        (question,) = desk.desk.open_questions()
        assert not question.waiting
        desk.desk.allow(question.number, "d1")
    assert await desk.desk.ask(call()) is Answer.GO


async def test_a_yes_at_the_moment_a_client_goes_is_kept_for_its_next_call() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, call()) as (task,):
        desk.desk.allow(desk.only(), "d1")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
    assert await desk.desk.ask(call()) is Answer.GO


async def test_nothing_of_a_grant_that_ended_counts() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, call("open"), call("other", grant="g2")) as (task, other):
        desk.desk.end_grant("g1")
        assert await task is Answer.WITHDRAWN
        assert not other.done()
    desk.desk.allow(desk.only(), "other")
    desk.desk.end_grant("g2")
    async with waiting(desk, call("other", grant="g2")) as (task,):
        assert not task.done(), "the yes went with the grant"
        desk.desk.end_grant(MISSED)
        assert await task is Answer.WITHDRAWN


async def test_one_person_cannot_flood_the_owner_nor_keep_others_from_asking() -> None:
    desk = Desk()
    answers = [await desk.desk.ask(call(f"d{number}")) for number in range(50)]
    assert answers.count(Answer.FULL) == 50 - MOST_PER_PERSON
    assert len(desk.desk.open_questions()) == MOST_PER_PERSON
    assert await desk.desk.ask(call("mine", person="p2")) is Answer.UNANSWERED
    for number in range(100):
        await desk.desk.ask(call(f"e{number}", person=f"q{number}"))
    assert len(desk.desk.open_questions()) == MOST_IN_ALL


async def test_one_person_holds_only_so_many_connections_at_a_time() -> None:
    desk = Desk(patience=30)
    async with waiting(desk, *[call()] * (MOST_CALLS_OF_PERSON + 5)) as tasks:
        assert [task.done() for task in tasks].count(True) == 5
        desk.desk.deny(desk.only())
        assert {task.result() for task in tasks if task.done()} == {Answer.FULL}
        await asyncio.gather(*tasks)
    assert await desk.desk.ask(call("next")) is not Answer.FULL


async def test_notifications_are_one_a_minute_and_none_for_a_client_denied_twice() -> None:
    desk = Desk()

    async def notifies(digest: str, *, client: str = "c1") -> bool:
        await desk.desk.ask(call(digest, client=client, person=digest))
        return [event for event in desk.events if isinstance(event, CallAsked)][-1].notify

    assert await notifies("a")
    assert not await notifies("b")
    desk.now += 60
    assert await notifies("c")
    for question in desk.desk.open_questions()[:2]:
        desk.desk.deny(question.number)
    desk.now += 60
    assert not await notifies("d")
    assert await notifies("e", client="c2")


def test_what_is_logged_of_a_question_holds_no_arguments() -> None:
    assert "hunter2" not in repr(dataclasses.replace(call(), arguments='{"password": "hunter2"}'))


class CallsOfAFewPeople(RuleBasedStateMachine):
    """Whatever happens in whatever order: no call runs without a yes to exactly it, and no yes runs two."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(self._open())
        self.yes: dict[str, float] = {}
        self.ran: dict[str, int] = {}
        self.allowed: dict[str, int] = {}

    async def _open(self) -> None:
        self.d = Desk()

    def teardown(self) -> None:
        self.loop.close()

    @rule(person=st.sampled_from("pq"), arguments=st.sampled_from("abc"), repeats=st.integers(1, 3))
    def ask(self, person: str, arguments: str, repeats: int) -> None:
        digest = person + arguments

        async def all_at_once() -> list[Answer]:
            asked = call(digest, person=person, grant=f"g{person}")
            return list(await asyncio.gather(*(self.d.desk.ask(asked) for _ in range(repeats))))

        answers = self.loop.run_until_complete(all_at_once())
        may = digest in self.yes and self.d.now - self.yes[digest] < ALLOWED_SECONDS
        assert answers.count(Answer.GO) == (1 if may else 0)
        if may:
            del self.yes[digest]
            self.ran[digest] = self.ran.get(digest, 0) + 1

    @precondition(lambda self: self.d.desk.open_questions())
    @rule(data=st.data(), right=st.booleans())
    def allow(self, data: st.DataObject, right: bool) -> None:
        question = data.draw(st.sampled_from(self.d.desk.open_questions()))
        digest = question.call.digest
        if not right:
            with pytest.raises(CallChanged):
                self.d.desk.allow(question.number, digest + "x")
            return
        self.d.desk.allow(question.number, digest)
        self.yes[digest] = self.d.now
        self.allowed[digest] = self.allowed.get(digest, 0) + 1

    @precondition(lambda self: self.d.desk.open_questions())
    @rule(data=st.data())
    def deny(self, data: st.DataObject) -> None:
        self.d.desk.deny(data.draw(st.sampled_from(self.d.desk.open_questions())).number)

    @rule(person=st.sampled_from("pq"))
    def end_grant(self, person: str) -> None:
        self.d.desk.end_grant(f"g{person}")
        self.yes = {digest: at for digest, at in self.yes.items() if not digest.startswith(person)}

    @rule(seconds=st.sampled_from([1.0, 100.0, ALLOWED_SECONDS, QUESTION_SECONDS]))
    def time_passes(self, seconds: float) -> None:
        self.d.now += seconds

    @invariant()
    def nothing_ran_more_often_than_it_was_allowed(self) -> None:
        assert all(times <= self.allowed.get(digest, 0) for digest, times in self.ran.items())

    @invariant()
    def questions_are_bounded(self) -> None:
        people = [question.call.person_id for question in self.d.desk.open_questions()]
        assert all(people.count(person) <= MOST_PER_PERSON for person in people)


TestCallsOfAFewPeople = CallsOfAFewPeople.TestCase
TestCallsOfAFewPeople.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
