"""Answers that are streams, over the real web server: progress, logs, changed tools; and how they end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from homeport import App, Context
from tests.mcp_server.scene import Door, listening, open_door, request, small_app

HEADERS = {"authorization": "Bearer anybody", "accept": "application/json, text/event-stream"}


def headers_for(method: str, name: str | None = None, *, modern: bool) -> dict[str, str]:
    if not modern:
        return {**HEADERS, "mcp-protocol-version": "2025-11-25"}
    routing = {"mcp-protocol-version": "2026-07-28", "mcp-method": method}
    return {**HEADERS, **routing, **({"mcp-name": name} if name else {})}


def asking_for_progress(*, modern: bool, **meta: Any) -> dict[str, Any]:
    params = {"name": "who", "arguments": {}, "_meta": {"progressToken": "t1", **meta}}
    return request("tools/call", params, modern=modern)


@asynccontextmanager
async def at_the_door(app: App | None = None) -> AsyncIterator[tuple[Door, httpx2.AsyncClient]]:
    async with (
        open_door(app) as door,
        listening(door.endpoint) as url,
        httpx2.AsyncClient(base_url=url, timeout=10, trust_env=False) as client,
    ):
        yield door, client


def events(body: str) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("data: ")) for line in body.splitlines() if line.startswith("data: {")]


async def next_event(lines: AsyncIterator[str]) -> dict[str, Any]:
    async for line in lines:
        if line.startswith("data: {"):
            event: dict[str, Any] = json.loads(line.removeprefix("data: "))
            return event
    raise AssertionError("the stream ended")


async def test_progress_comes_before_the_result_in_either_era() -> None:
    async with at_the_door() as (door, client):
        for modern in (False, True):
            headers = headers_for("tools/call", "who", modern=modern)
            answer = await client.post("", json=asking_for_progress(modern=modern), headers=headers)
            assert answer.headers["content-type"].startswith("text/event-stream")
            progress, result = events(answer.text)
            assert progress["method"] == "notifications/progress"
            assert progress["params"] == {"progressToken": "t1", "progress": 1, "total": 2, "message": "half"}
            assert result["result"]["structuredContent"]["person"] == "p1"
    assert [(called.tool, called.outcome) for called in door.called] == [("who", "ok")] * 2


async def test_log_messages_are_sent_to_modern_clients_that_ask_for_their_level() -> None:
    async with at_the_door() as (_, client):
        for level, expected in (("info", ["asked"]), ("error", [])):
            meta = {"io.modelcontextprotocol/logLevel": level}
            headers = headers_for("tools/call", "who", modern=True)
            answer = await client.post("", json=asking_for_progress(modern=True, **meta), headers=headers)
            logs = [e["params"]["data"] for e in events(answer.text) if e.get("method") == "notifications/message"]
            assert logs == expected


async def test_a_client_that_takes_no_streams_gets_json() -> None:
    async with at_the_door() as (_, client):
        headers = {**headers_for("tools/call", "who", modern=False), "accept": "application/json"}
        answer = await client.post("", json=asking_for_progress(modern=False), headers=headers)
    assert answer.json()["result"]["structuredContent"]["person"] == "p1"


async def test_a_tool_that_reports_nothing_answers_json_though_progress_was_asked_for() -> None:
    params = {"name": "add", "arguments": {"a": 1}, "_meta": {"progressToken": 1}}
    async with at_the_door() as (_, client):
        answer = await client.post("", json=request("tools/call", params), headers=HEADERS)
    assert answer.json()["result"]["structuredContent"] == {"result": 1}


async def test_hints_reach_the_tool_on_both_ways() -> None:
    async with at_the_door() as (_, client):
        for meta in ({"openai/locale": "de-CH"}, {"openai/locale": "de-CH", "progressToken": 1}):
            params = {"name": "who", "arguments": {}, "_meta": meta}
            answer = await client.post("", json=request("tools/call", params), headers=HEADERS)
            assert '"locale":"de-CH"' in answer.text.replace('": "', '":"')


async def test_a_stream_needs_the_same_scopes() -> None:
    app = App("Small")

    @app.tool(effect="write")
    async def slow(context: Context) -> str:
        """Report."""
        return "done"

    params = {"name": "slow", "arguments": {}, "_meta": {"progressToken": 1}}
    async with at_the_door(app) as (door, client):
        headers = {**HEADERS, "authorization": "Bearer reader"}
        answer = await client.post("", json=request("tools/call", params), headers=headers)
    assert answer.status_code == 403
    assert [called.outcome for called in door.called] == ["insufficient_scope"]


def listen_to_tools() -> dict[str, Any]:
    return request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, modern=True)


async def test_who_listens_must_accept_a_stream() -> None:
    async with at_the_door() as (_, client):
        for accept in ("application/json", ""):
            headers = {**headers_for("subscriptions/listen", modern=True), "accept": accept}
            answer = await client.post("", json=listen_to_tools(), headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (406, -32600, 1)


async def test_a_client_that_listens_hears_of_a_reload() -> None:
    async with (
        at_the_door() as (door, client),
        client.stream(
            "POST", "", json=listen_to_tools(), headers=headers_for("subscriptions/listen", modern=True)
        ) as answer,
    ):
        lines = answer.aiter_lines()
        assert (await next_event(lines))["method"] == "notifications/subscriptions/acknowledged"
        door.apps.append(small_app())
        await door.endpoint.tools_changed()
        assert (await next_event(lines))["method"] == "notifications/tools/list_changed"


async def test_stopping_ends_open_streams_within_a_second_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    async with at_the_door() as (door, client):
        headers = headers_for("subscriptions/listen", modern=True)
        async with client.stream("POST", "", json=listen_to_tools(), headers=headers) as answer:
            lines = answer.aiter_lines()
            await next_event(lines)
            began = time.monotonic()
            await door.endpoint.stop()
            assert time.monotonic() - began < 1
            assert "result" in await next_event(lines)
            assert [line async for line in lines if line] == []
    assert asyncio.all_tasks() == before


async def test_stopping_ends_a_call_that_hangs_in_its_stream() -> None:
    ended = asyncio.Event()
    app = App("Small")

    @app.tool(effect="read")
    async def hang(context: Context) -> str:
        """Never answer."""
        await context.progress(1)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    params = {"name": "hang", "arguments": {}, "_meta": {"progressToken": 1}}
    for modern in (False, True):
        before = asyncio.all_tasks()
        ended.clear()
        async with at_the_door(app) as (door, client):
            headers = headers_for("tools/call", "hang", modern=modern)
            message = request("tools/call", params, modern=modern)
            async with client.stream("POST", "", json=message, headers=headers) as answer:
                await next_event(answer.aiter_lines())
                began = time.monotonic()
                await door.endpoint.stop()
                assert time.monotonic() - began < 1
        assert ended.is_set()
        assert [called.outcome for called in door.called] == ["cancelled"]
        assert asyncio.all_tasks() == before


async def test_a_client_that_leaves_its_stream_ends_the_call() -> None:
    ended = asyncio.Event()
    app = App("Small")

    @app.tool(effect="read")
    async def hang(context: Context) -> str:
        """Never answer."""
        await context.progress(1)
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    params = {"name": "hang", "arguments": {}, "_meta": {"progressToken": 1}}
    async with at_the_door(app) as (_, client):
        for modern in (False, True):
            ended.clear()
            message = request("tools/call", params, modern=modern)
            headers = headers_for("tools/call", "hang", modern=modern)
            async with client.stream("POST", "", json=message, headers=headers) as answer:
                await next_event(answer.aiter_lines())
            async with asyncio.timeout(5):
                await ended.wait()
