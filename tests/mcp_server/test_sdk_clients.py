"""The SDK's own client at the endpoint, over HTTP: one of the handshake era, and one that discovers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from tests.mcp_server.scene import Door, listening, open_door

Mode = Literal["auto", "legacy"]
both_eras = pytest.mark.parametrize("mode", ["legacy", "auto"])
VERSIONS: dict[Mode, str] = {"legacy": "2025-11-25", "auto": "2026-07-28"}


@asynccontextmanager
async def client_at_the_door(mode: Mode, token: str = "anybody") -> AsyncIterator[tuple[Client, Door]]:
    async with (
        open_door() as door,
        listening(door.endpoint) as url,
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=10, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http), mode=mode) as client,
    ):
        yield client, door


@both_eras
async def test_a_client_connects_lists_and_calls(mode: Mode) -> None:
    async with client_at_the_door(mode) as (client, door):
        assert client.protocol_version == VERSIONS[mode]
        assert client.instructions == "Adds numbers."
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["add", "note", "forget", "publish", "who"]
        result = await client.call_tool("add", {"a": 2, "b": 3})
        assert (result.is_error, result.structured_content) == (False, {"result": 5})
    assert [(called.tool, called.outcome) for called in door.called] == [("add", "ok")]


@both_eras
async def test_a_client_sees_the_progress_of_a_call(mode: Mode) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with client_at_the_door(mode) as (client, _):
        result = await client.call_tool("who", {}, progress_callback=hear)
    assert result.structured_content is not None
    assert (result.structured_content["person"], result.structured_content["client"]) == ("p1", "Client")
    assert heard == [(1, 2, "half")]


@both_eras
async def test_a_client_reads_why_a_call_was_refused(mode: Mode) -> None:
    async with client_at_the_door(mode) as (client, _):
        wrong = await client.call_tool("add", {"a": "two"})
        gone = await client.call_tool("subtract", {})
        blocked = await client.call_tool("forget", {})
    assert wrong.is_error
    assert gone.is_error
    assert blocked.is_error
    assert "Press Refresh" in str(gone.content)


@both_eras
async def test_a_client_without_a_token_does_not_get_in(mode: Mode) -> None:
    with pytest.raises(BaseExceptionGroup) as raised:
        async with client_at_the_door(mode, token="unknown") as (client, _):
            await client.list_tools()
    assert raised.group_contains((MCPError, httpx2.HTTPStatusError))
