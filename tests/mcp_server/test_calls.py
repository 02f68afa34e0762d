"""A call from its name to its result: scope, rule, tool, result, activity."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, field_validator

from homeport import App, Conflict, Person, Result, ToolError
from homeport.mcp_server.rules import rule_from
from tests.mcp_server.scene import open_door

MARK = "hunter2-canary"


@dataclass
class Weather:
    degrees: float


def app_with(function: Any, **options: Any) -> App:
    app = App("Small")
    app.tool(effect=options.pop("effect", "read"), **options)(function)
    return app


# --- results


async def test_a_result_is_structured_data_and_the_same_as_text() -> None:
    async with open_door() as door:
        for modern in (False, True):
            result = (await door.call("add", a=2, b=3, modern=modern)).result
            assert result["structuredContent"] == {"result": 5}
            assert json.loads(result["content"][0]["text"]) == {"result": 5}
            assert result["isError"] is False
            assert ("resultType" in result) is modern


async def test_a_modern_result_says_which_server_it_is_from() -> None:
    async with open_door() as door:
        result = (await door.call("add", a=2, modern=True)).result
    assert result["resultType"] == "complete"
    assert result["_meta"] == {"io.modelcontextprotocol/serverInfo": {"name": "Small", "version": "7.1"}}


async def test_text_and_meta_of_a_result_reach_the_client_beside_its_data() -> None:
    async def weather() -> Result[Weather]:
        """Say how warm it is."""
        return Result(Weather(21.5), text="Warm.", meta={"icon": "sun"})

    async with open_door(app_with(weather)) as door:
        for modern in (False, True):
            result = (await door.call("weather", modern=modern)).result
            assert result["structuredContent"] == {"degrees": 21.5}
            assert result["content"] == [{"type": "text", "text": "Warm."}]
            assert result["_meta"]["icon"] == "sun"
            assert ("io.modelcontextprotocol/serverInfo" in result["_meta"]) is modern


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
async def test_a_number_that_json_does_not_know_becomes_null(value: float) -> None:
    async def number() -> float:
        """Give a number."""
        return value

    async with open_door(app_with(number)) as door:
        assert (await door.call("number")).result["structuredContent"] == {"result": None}


async def test_a_plain_function_runs_beside_the_event_loop() -> None:
    async def here() -> int:
        """Name the thread."""
        return threading.get_ident()

    def beside() -> int:
        """Name the thread."""
        return threading.get_ident()

    async with open_door(app_with(here)) as door:
        assert (await door.call("here")).result["structuredContent"]["result"] == threading.get_ident()
    async with open_door(app_with(beside)) as door:
        assert (await door.call("beside")).result["structuredContent"]["result"] != threading.get_ident()


async def test_an_old_name_still_calls_the_tool() -> None:
    async with open_door() as door:
        assert (await door.call("plus", a=1, b=1)).result["structuredContent"] == {"result": 2}
    assert door.called[0].tool == "add"


async def test_a_tool_that_is_gone_says_what_to_do() -> None:
    async with open_door() as door:
        legacy = await door.call("sub\u202etract\n", a=1)
        modern = await door.call("subtract", a=1, modern=True)
    for answer in (legacy, modern):
        assert answer.result["isError"] is True
        assert answer.text == (
            "subtract is no longer a tool of Small. Press Refresh on the plugin's page in ChatGPT, then try again."
        )
    assert {called.outcome for called in door.called} == {"unknown_tool"}


# --- what goes wrong in a tool


async def test_a_tools_own_error_reaches_the_model_as_code_and_message() -> None:
    class AlreadyPublished(Conflict):
        """It was public."""

    async def publish() -> str:
        """Publish."""
        raise AlreadyPublished("soup is public already; nothing was changed.")

    async with open_door(app_with(publish, effect="write")) as door:
        answer = await door.call("publish")
    assert answer.text == "already_published: soup is public already; nothing was changed."
    assert answer.result["isError"] is True
    assert "structuredContent" not in answer.result
    assert door.called[0].outcome == "already_published"


async def test_an_error_class_with_its_own_constructor_keeps_its_words() -> None:
    class OutOfStock(ToolError):
        def __init__(self, left: int) -> None:
            Exception.__init__(self, f"only {left} left")

    async def buy() -> str:
        """Buy."""
        raise OutOfStock(3)

    async with open_door(app_with(buy, effect="write")) as door:
        assert (await door.call("buy")).text == "out_of_stock: only 3 left"


async def test_half_a_character_in_an_error_does_not_break_the_answer() -> None:
    async def fail() -> str:
        """Fail."""
        raise ToolError("half \ud800 a character")

    async with open_door(app_with(fail)) as door:
        assert (await door.call("fail")).text.startswith("half ")


def _raise_unexpected() -> str:
    raise RuntimeError(MARK)


def _exit() -> str:
    sys.exit(MARK)


def _cancel_itself() -> str:
    raise asyncio.CancelledError(MARK)


def _wrong_type() -> str:
    return {"secret": MARK}  # type: ignore[return-value]


def _unsendable() -> str:
    return f"{MARK} \ud800"


@pytest.mark.parametrize("fault", [_raise_unexpected, _exit, _cancel_itself, _wrong_type, _unsendable])
async def test_any_other_failure_is_a_number_to_the_model_and_a_traceback_to_the_log(
    fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> str:
        """Do something."""
        result: str = fault()
        return result

    async with open_door(app_with(broken)) as door:
        answer = await door.call("broken")
    assert answer.result["isError"] is True
    assert MARK not in answer.body.decode()
    number = answer.text.rstrip(".").split()[-1]
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert number in record.getMessage()
    assert record.exc_info
    assert door.called[0].outcome == "internal_error"


# --- arguments


class Step(BaseModel):
    minutes: int

    @field_validator("minutes")
    @classmethod
    def not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("minutes are never negative")
        return value


async def cook(title: Annotated[str, Field(max_length=5)], steps: list[Step] = [], open: bool = False) -> str:  # noqa: B006
    """Cook."""
    return title


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "title is missing."),
        ({"title": MARK}, "title should have at most 5 characters."),
        ({"title": [MARK]}, "title should be a valid string."),
        ({"title": "a", "open": MARK}, "open should be a valid boolean, unable to interpret input."),
        ({"title": "a", "steps": [{"minutes": 1}, {"minutes": MARK}]}, "steps[1].minutes should be a valid integer"),
        ({"title": "a", "steps": [{"minutes": -1}]}, "steps[0].minutes is not valid (minutes are never negative)."),
        ({"title": "a", "steps": [{MARK: 1}]}, "steps[0].minutes is missing."),
        ({"title": "a", "salt": MARK}, "There is no argument 'salt': it is not allowed."),
    ],
)
async def test_wrong_arguments_are_named_by_field_and_rule_without_their_value(
    arguments: dict[str, Any], words: str
) -> None:
    async with open_door(app_with(cook)) as door:
        answer = await door.call("cook", **arguments)
    assert answer.status == 200
    assert answer.result["isError"] is True
    assert words in answer.text
    assert MARK not in answer.body.decode()
    assert "pydantic" not in answer.body.decode()
    assert door.called[0].outcome == "invalid_arguments"


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"name": 3},
        {"name": ["add"]},
        {"name": "add", "arguments": [1]},
        {"name": "add", "arguments": "a"},
        {"name": "add", "_meta": []},
        {"name": "add", "_meta": {"progressToken": {}}},
        {"name": "add", "_meta": {"progressToken": True}},
    ],
)
async def test_a_malformed_call_is_a_protocol_error(params: dict[str, Any]) -> None:
    async with open_door() as door:
        answer = await door.ask("tools/call", params)
        assert (answer.status, answer.error["code"]) == (200, -32602)
    assert door.called == []


async def test_a_malformed_modern_envelope_is_a_protocol_error() -> None:
    envelopes: list[dict[str, Any]] = [{"clientCapabilities": []}, {"clientInfo": {"name": "no version"}}]
    async with open_door() as door:
        for broken in (*envelopes, {"clientInfo": 3}):
            meta = {f"io.modelcontextprotocol/{name}": value for name, value in broken.items()}
            answer = await door.ask("tools/call", {"name": "add", "arguments": {"a": 1}, "_meta": meta}, modern=True)
            assert (answer.status, answer.error["code"]) == (400, -32602)


# --- scopes


async def test_a_missing_scope_is_asked_for_with_403_and_every_scope_of_the_call() -> None:
    async with open_door() as door:
        answer = await door.call("note", text="x", token="reader")
        own = await door.call("publish", token="anybody")
    assert answer.status == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert 'scope="write"' in answer.headers["www-authenticate"]
    assert 'scope="read publish"' in own.headers["www-authenticate"]
    assert [(called.http, called.outcome) for called in door.called] == [(403, "insufficient_scope")] * 2


async def test_chatgpt_is_asked_inside_the_result() -> None:
    async with open_door() as door:
        for modern in (False, True):
            answer = await door.call("note", text="x", token="chatgpt", modern=modern)
            assert answer.status == 200
            assert answer.result["isError"] is True
            (challenge,) = answer.result["_meta"]["mcp/www_authenticate"]
            assert challenge.startswith('Bearer resource_metadata="https://home.example/.well-known/')
            assert 'error="insufficient_scope"' in challenge
            assert "error_description=" in challenge
    assert [(called.http, called.outcome) for called in door.called] == [(200, "insufficient_scope")] * 2


async def test_write_includes_read() -> None:
    async with open_door() as door:
        assert (await door.call("add", a=1, token="writer")).result["isError"] is False


async def test_a_missing_scope_counts_before_rule_and_arguments() -> None:
    async with open_door(rule=rule_from({"note": "block"})) as door:
        assert (await door.call("note", nonsense=1, token="reader")).status == 403


# --- rules


async def test_what_may_lose_something_is_blocked_until_the_owner_allows_it() -> None:
    async with open_door() as door:
        answer = await door.call("forget")
        assert answer.result["isError"] is True
        assert '"forget" = "allow"' in answer.text
        assert "[rules]" in answer.text
        assert door.called[0].outcome == "blocked"
    async with open_door(rule=rule_from({"forget": "allow"})) as door:
        assert (await door.call("forget")).result["structuredContent"] == {"result": "forgotten"}


async def test_a_blocked_tool_does_not_run_under_its_old_name_either() -> None:
    async with open_door(rule=rule_from({"add": "block"})) as door:
        for name in ("add", "plus"):
            assert (await door.call(name, a=1)).text.startswith("The owner of this Homeport has blocked this tool.")


# --- activity


async def test_every_call_is_noted_without_its_texts() -> None:
    async with open_door() as door:
        await door.call("note", text=MARK)
        await door.call("add", a=12, b=0)
        await door.ask("tools/call", {"name": "note", "arguments": {"text": 1, MARK: MARK}})
    first, second, third = door.called
    assert (first.tool, first.http, first.rpc, first.outcome) == ("note", 200, 0, "ok")
    assert (first.client_id, first.person_id, first.grant_id) == ("c1", "p1", "g1")
    assert first.milliseconds > 0
    assert first.arguments == f"text: text of {len(MARK)}"
    assert second.arguments == "a: 12, b: 0"
    assert MARK not in repr(third)


# --- people apart


async def test_two_people_at_once_never_see_each_other() -> None:
    everybody_is_here = asyncio.Barrier(20)
    app = App("Small")

    @app.tool(effect="read")
    async def who(person: Person) -> str:
        """Say who asks."""
        async with everybody_is_here:
            return person.id

    expected = {"anybody": "p1", "reader": "p2", "chatgpt": "p3", "writer": "p4"}
    async with open_door(app) as door:

        async def ask(token: str) -> None:
            answer = await door.call("who", token=token)
            assert answer.result["structuredContent"] == {"result": expected[token]}

        await asyncio.gather(*(ask(token) for token in [*expected] * 5))
