"""The rule `ask` through the whole endpoint: what the owner is shown, what a yes fits, and what a model is told."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from homeport import App
from homeport.approvals.call_desk import CallDesk, OpenQuestion
from homeport.events import CallAsked, Event, EventBus
from homeport.mcp_server.asking import LONGEST_ARGUMENTS, OwnerAsked, call_digest, canonical_json, shown_json
from homeport.mcp_server.callers import LocalCaller
from homeport.mcp_server.pause import Pause
from homeport.mcp_server.rules import Verdict, default_rule
from homeport.people.person import Person
from tests.mcp_server.scene import Answer, Door, listening, open_door, request, small_app


@dataclass
class Home:
    """A door with one tool that destroys, its owner, and the clock."""

    door: Door
    desk: CallDesk
    pause: Pause
    removed: list[str]
    asked: asyncio.Queue[CallAsked] = field(default_factory=asyncio.Queue)
    rules: dict[str, Verdict] = field(default_factory=dict)

    def only(self) -> OpenQuestion:
        (question,) = self.desk.open_questions()
        return question

    def allow(self) -> None:
        question = self.only()
        self.desk.allow(question.number, question.call.digest)

    @asynccontextmanager
    async def calling(self, *tokens: str, **arguments: Any) -> AsyncIterator[list[asyncio.Task[Answer]]]:
        """Calls of `remove`, one for each token, once the owner is asked."""
        tasks = [asyncio.create_task(self.door.call("remove", token=token, **arguments)) for token in tokens]
        async with asyncio.timeout(10):
            await self.asked.get()
        yield tasks
        await asyncio.gather(*tasks)


def removing(removed: list[str]) -> App:
    app = App("Shelf")

    @app.tool(effect="destroy")
    async def remove(id: Annotated[str, Field(max_length=200_000)], count: float = 1) -> str:
        """Remove one thing for good."""
        removed.append(id)
        return id

    return app


@asynccontextmanager
async def home(*, patience: float = 30.0) -> AsyncIterator[Home]:
    events, removed, rules = EventBus(), list[str](), dict[str, Verdict]()
    desk = CallDesk(events, clock=lambda: 1_000.0, wait_seconds=patience)
    pause = Pause(computer="workbench")
    asked: asyncio.Queue[CallAsked] = asyncio.Queue()

    def heard(event: Event) -> None:
        if isinstance(event, CallAsked):
            asked.put_nowait(event)

    events.subscribe(heard)
    async with open_door(
        removing(removed),
        rule=lambda tool, effect: rules.get(tool) or default_rule(tool, effect),
        pause=pause,
        asked=OwnerAsked(desk.ask, computer="workbench"),
    ) as door:
        # From here on a call gets as far as the owner in one turn of the loop.
        await door.endpoint.warm()
        yield Home(door, desk, pause, removed, asked, rules)


async def test_a_call_runs_when_the_owner_has_seen_and_allowed_it() -> None:
    async with home() as here:
        async with here.calling("anybody", id="soup") as (task,):
            question = here.only()
            assert (question.call.tool, question.call.effect, question.call.client) == ("remove", "destroy", "Client")
            assert json.loads(question.call.arguments) == {"id": "soup"}
            assert here.removed == []
            here.allow()
            assert (await task).result["structuredContent"] == {"result": "soup"}
        assert here.removed == ["soup"]
    assert [called.outcome for called in here.door.called] == ["ok"]


@pytest.mark.parametrize("modern", [False, True])
async def test_no_answer_is_a_refusal_that_says_what_to_do_and_the_same_call_goes_through_later(modern: bool) -> None:
    async with home(patience=0) as here:
        refused = await here.door.call("remove", id="soup", modern=modern)
        assert refused.result["isError"]
        assert "asked on workbench" in refused.text
        assert "exactly the same arguments" in refused.text
        assert here.removed == []
        here.allow()
        assert (await here.door.call("remove", id="soup", modern=modern)).result["isError"] is False
        assert (await here.door.call("remove", id="soup", modern=modern)).result["isError"]
        assert here.removed == ["soup"]
    assert [called.outcome for called in here.door.called] == ["owner_asked", "ok", "owner_asked"]


async def test_a_yes_lets_exactly_one_of_many_equal_calls_through() -> None:
    async with home() as here:
        async with here.calling(*["anybody"] * 8, id="soup") as tasks:
            here.allow()
            texts = [(await task).text for task in tasks]
        assert here.removed == ["soup"]
        assert sum("has run already" in text for text in texts) == 7


async def test_a_yes_to_one_call_is_none_to_another() -> None:
    async with home(patience=0) as here:
        await here.door.call("remove", id="soup")
        here.allow()
        for changed in ({"id": "bread"}, {"id": "soup", "count": 2}, {"id": "soup "}):
            assert (await here.door.call("remove", **changed)).result["isError"]
        assert (await here.door.call("remove", token="writer", id="soup")).result["isError"], "another person's call"
        assert here.removed == []
        assert not (await here.door.call("remove", id="soup")).result["isError"]


async def test_the_same_arguments_written_in_another_way_are_the_same_call() -> None:
    async with home(patience=0) as here:
        await here.door.post(tools_call('{"id": "so\\u0075p", "count": 2.0}'), mcp_protocol_version="2025-11-25")
        here.allow()
        again = await here.door.post(tools_call('{ "count":2,"id":"soup"}'), mcp_protocol_version="2025-11-25")
        assert not again.result["isError"]


async def test_nobody_is_asked_about_a_call_that_would_fail_or_that_nobody_can_read() -> None:
    async with home(patience=0) as here:
        wrong = await here.door.call("remove", id=7)
        long = await here.door.call("remove", id="x" * (LONGEST_ARGUMENTS + 1))
        assert wrong.result["isError"]
        assert "read arguments this long" in long.text
        assert here.desk.open_questions() == []
    assert [called.outcome for called in here.door.called] == ["invalid_arguments", "too_long_to_ask"]


async def test_a_no_is_told_to_the_model_and_holds() -> None:
    async with home() as here:
        async with here.calling("anybody", id="soup") as (task,):
            here.desk.deny(here.only().number)
            assert "does not allow this call" in (await task).text
        assert "does not allow this call" in (await here.door.call("remove", id="soup")).text
        assert here.removed == []


async def test_what_the_owner_does_meanwhile_wins_over_their_yes() -> None:
    async with home() as here:
        async with here.calling("anybody", id="soup") as (task,):
            here.rules["remove"] = "block"
            here.allow()
            assert "blocked" in (await task).text
        del here.rules["remove"]
        async with here.calling("anybody", id="bread") as (task,):
            here.pause.paused = True
            here.allow()
            assert "paused on workbench" in (await task).text
        here.pause.paused = False
        async with here.calling("anybody", id="rice") as (task,):
            here.door.apps.append(removing(here.removed))
            here.allow()
            assert "changed while its owner was asked" in (await task).text
        async with here.calling("anybody", id="salt") as (task,):
            here.desk.end_grant("g1")
            assert "ended" in (await task).text
        assert here.removed == []


async def test_a_yes_to_a_tool_is_none_to_the_one_it_was_edited_into() -> None:
    async with home(patience=0) as here:
        await here.door.call("remove", id="soup")
        edited = App("Shelf")

        @edited.tool(effect="destroy")
        async def remove(id: str, count: float = 1) -> str:
            """Remove everything that is like this thing."""
            here.removed.append("all")
            return id

        here.allow()
        here.door.apps.append(edited)
        assert "has not answered yet" in (await here.door.call("remove", id="soup")).text
        assert here.removed == []


async def test_a_call_that_its_client_gives_up_is_noted_and_uses_no_yes() -> None:
    async with home() as here:
        task = asyncio.create_task(here.door.call("remove", id="soup"))
        await here.asked.get()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        here.allow()
        assert not (await here.door.call("remove", id="soup")).result["isError"]
    assert [called.outcome for called in here.door.called] == ["cancelled", "ok"]


async def test_a_call_that_is_answered_by_a_stream_waits_for_the_owner_too() -> None:
    events = EventBus()
    desk = CallDesk(events, clock=lambda: 1_000.0)

    def allow(event: Event) -> None:
        if isinstance(event, CallAsked):
            (question,) = desk.open_questions()
            desk.allow(question.number, question.call.digest)

    events.subscribe(allow)
    params = {"name": "who", "arguments": {}, "_meta": {"progressToken": "t1"}}
    headers = {"authorization": "Bearer anybody", "accept": "application/json, text/event-stream"}
    async with (
        open_door(rule=lambda tool, effect: "ask", asked=OwnerAsked(desk.ask, computer="workbench")) as door,
        listening(door.endpoint) as url,
        httpx2.AsyncClient(timeout=10, trust_env=False) as client,
    ):
        answer = await client.post(url, json=request("tools/call", params), headers=headers)
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert '"person":"p1"' in answer.text.replace(" ", "").replace("\\", "")
    assert [called.outcome for called in door.called] == ["ok"]


async def test_paused_tools_answer_so_and_everything_else_goes_on() -> None:
    async with open_door(pause=Pause(computer="workbench", paused=True)) as door:
        for modern in (False, True):
            answer = await door.call("add", a=1, modern=modern)
            assert answer.status == 200
            assert answer.result["isError"]
            assert "paused on workbench" in answer.text
            assert (await door.ask("tools/list", modern=modern)).result["tools"]
        handshake = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
        assert (await door.ask("initialize", handshake)).result["serverInfo"]
        assert (await door.call("note", text="x", token="reader")).status == 403, "a missing scope is still asked for"
    assert {called.outcome for called in door.called} == {"paused", "insufficient_scope"}


async def test_where_nobody_can_be_asked_ask_means_block() -> None:
    async with open_door() as door:
        assert "[rules]" in (await door.call("forget")).text
    assert [called.outcome for called in door.called] == ["blocked"]


# --- what is shown, and what it is told apart by


def test_nothing_that_hides_or_acts_on_a_screen_is_shown_as_it_is_and_nothing_is_left_out() -> None:
    tricky = {
        "path": "photos\u202egpj.exe",
        "n\u200bame": "a\x1b[2Jb\x7f",
        "half": "\ud800",
        "tag": "\U000e0041",
        "ü": "é\u00a0",
    }
    shown = shown_json(tricky)
    assert json.loads(shown) == tricky
    assert all(c == "\n" or c.isprintable() for c in shown)
    for hidden in ("\u202e", "\u200b", "\x1b", "\x7f", "\U000e0041", "\u00a0"):
        assert hidden not in shown
    assert "é" in shown


def test_arguments_whose_lines_would_fill_the_memory_are_not_written_out() -> None:
    deep: Any = [1] * 30_000
    for _ in range(195):
        deep = [deep]
    tracemalloc.start()
    try:
        assert shown_json({"x": deep}) == ""
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(arguments=st.dictionaries(st.text(), JSON, max_size=4))
def test_what_is_shown_is_all_of_the_arguments_and_canonical_text_is_one_for_all_ways_to_write_them(
    arguments: dict[str, Any],
) -> None:
    assert json.loads(shown_json(arguments)) == arguments
    rewritten = json.loads(json.dumps(dict(reversed(arguments.items())), indent=3))
    assert canonical_json(rewritten) == canonical_json(arguments)
    assert json.loads(canonical_json(arguments)) == arguments


@given(one=st.dictionaries(st.text(), JSON, max_size=3), other=st.dictionaries(st.text(), JSON, max_size=3))
def test_different_arguments_are_different_calls(one: dict[str, Any], other: dict[str, Any]) -> None:
    same = json.loads(canonical_json(one)) == json.loads(canonical_json(other)) and _kinds(one) == _kinds(other)
    assert (canonical_json(one) == canonical_json(other)) is same


def test_the_digest_is_of_grant_client_person_tool_and_effect() -> None:
    tool, text = small_app().tools["forget"], canonical_json({})
    base = LocalCaller(Person("p1"), frozenset(), "c1", "Client", "g1")
    others = [
        LocalCaller(Person("p2"), frozenset(), "c1", "Client", "g1"),
        LocalCaller(Person("p1"), frozenset(), "c2", "Client", "g1"),
        LocalCaller(Person("p1"), frozenset(), "c1", "Client", "g2"),
    ]
    digests = {call_digest(tool, text, caller) for caller in (base, *others)}
    digests.add(call_digest(small_app().tools["note"], text, base))
    digests.add(call_digest(tool, canonical_json({"a": 1}), base))
    assert len(digests) == 6


def _kinds(value: Any) -> Any:
    """True and 1 are equal in Python, and not in JSON."""
    if isinstance(value, dict):
        return {key: _kinds(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_kinds(each) for each in value]
    return isinstance(value, bool)


def tools_call(arguments: str) -> bytes:
    """A call with these very bytes."""
    call = f'{{"name": "remove", "arguments": {arguments}}}'
    return f'{{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {call}}}'.encode()
