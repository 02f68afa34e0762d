"""A call ends when its client goes, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx2
import pytest

from homeport import App
from homeport.mcp_server.disconnect import UntilDisconnect
from tests.mcp_server.scene import listening, open_door, request

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


def leaving(left: asyncio.Event) -> Receive:
    async def receive() -> MutableMapping[str, Any]:
        await left.wait()
        return {"type": "http.disconnect"}

    return receive


async def test_a_call_that_hangs_is_cancelled_when_its_client_goes() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    app = App("Small")

    @app.tool(effect="read")
    async def hang() -> str:
        """Never answer."""
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    message = request("tools/call", {"name": "hang"})
    headers = {"authorization": "Bearer anybody"}
    async with open_door(app) as door, listening(door.endpoint) as url:
        async with httpx2.AsyncClient(trust_env=False) as client:
            call = asyncio.create_task(client.post(url, json=message, headers=headers))
            await begun.wait()
            call.cancel()
        async with asyncio.timeout(5):
            await ended.wait()
    assert [called.outcome for called in door.called] == ["cancelled"]


async def test_a_body_that_ends_by_itself_is_left_alone() -> None:
    async with UntilDisconnect(leaving(asyncio.Event())) as client:
        value = await asyncio.sleep(0, "done")
    assert (value, client.gone) == ("done", False)


async def test_the_task_of_a_request_that_was_left_goes_on_afterwards() -> None:
    left = asyncio.Event()
    left.set()
    async with UntilDisconnect(leaving(left)) as client:
        await asyncio.Event().wait()
    assert client.gone
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)


async def test_a_cancellation_from_elsewhere_passes_through() -> None:
    inside = asyncio.Event()

    async def body() -> None:
        async with UntilDisconnect(leaving(asyncio.Event())):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(body())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_in_the_body_passes_through() -> None:
    with pytest.raises(LookupError):
        async with UntilDisconnect(leaving(asyncio.Event())):
            raise LookupError
