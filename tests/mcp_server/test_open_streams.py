"""Open streams: so many at most, and none that outlives its grant or its token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx2
import pytest

from homeport import App, Context
from homeport.auth.challenges import invalid_token
from homeport.mcp_server.callers import Caller
from homeport.mcp_server.open_streams import MOST_IN_ALL, MOST_OF_A_GRANT, OpenStreams
from homeport.store import MISSED
from tests.mcp_server.scene import ANYBODY, BRIEF, HERE, PATH, Door, KnownTokens, listening, open_door, request
from tests.mcp_server.test_streams import headers_for, listen_to_tools, next_event


@asynccontextmanager
async def at_the_door(
    open_streams: OpenStreams, app: App | None = None, access: KnownTokens | None = None
) -> AsyncIterator[tuple[Door, httpx2.AsyncClient]]:
    limits = httpx2.Limits(max_connections=None)
    async with (
        open_door(app, open_streams=open_streams, access=access) as door,
        listening(door.endpoint) as url,
        httpx2.AsyncClient(base_url=url, timeout=10, trust_env=False, limits=limits) as client,
    ):
        yield door, client


@asynccontextmanager
async def stream(client: httpx2.AsyncClient, token: str = "anybody") -> AsyncIterator[AsyncIterator[str]]:
    """The lines of a stream that has begun."""
    headers = headers_for("subscriptions/listen", modern=True) | {"authorization": f"Bearer {token}"}
    async with client.stream("POST", "", json=listen_to_tools(), headers=headers) as answer:
        assert answer.status_code == 200
        lines = answer.aiter_lines()
        await next_event(lines)
        yield lines


async def ended(lines: AsyncIterator[str]) -> None:
    """Wait for the orderly end of the answer."""
    async with asyncio.timeout(5):
        async for _ in lines:
            pass


async def refused(client: httpx2.AsyncClient, token: str = "anybody") -> int:
    headers = headers_for("subscriptions/listen", modern=True) | {"authorization": f"Bearer {token}"}
    answer = await client.post("", json=listen_to_tools(), headers=headers)
    assert answer.json()["id"] == 1
    assert answer.headers["retry-after"]
    return answer.status_code


async def test_a_grant_that_ends_takes_its_streams_along_and_no_others() -> None:
    streams = OpenStreams()
    async with (
        at_the_door(streams) as (door, client),
        stream(client) as one,
        stream(client) as two,
        stream(client, "reader") as foreign,
    ):
        streams.end_grant("g1")
        await ended(one)
        await ended(two)
        await door.endpoint.tools_changed()
        assert (await next_event(foreign))["method"] == "notifications/tools/list_changed"


async def test_notifications_that_were_missed_end_every_stream() -> None:
    streams = OpenStreams()
    async with at_the_door(streams) as (_, client), stream(client) as one, stream(client, "reader") as two:
        streams.end_grant(MISSED)
        await ended(one)
        await ended(two)


async def test_a_stream_ends_when_its_token_expires() -> None:
    streams = OpenStreams(clock=lambda: BRIEF.expires_at - 0.3 if BRIEF.expires_at else 0)
    async with at_the_door(streams) as (_, client), stream(client, "brief") as brief, stream(client) as lasting:
        await ended(brief)
        streams.end_grant("g1")
        await ended(lasting)


async def test_a_call_that_reports_progress_ends_with_its_grant() -> None:
    cancelled = asyncio.Event()
    app = App("Small")

    @app.tool(effect="read")
    async def hang(context: Context) -> str:
        """Never answer."""
        await context.progress(1)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()
        return ""

    streams = OpenStreams()
    params = {"name": "hang", "arguments": {}, "_meta": {"progressToken": 1}}
    async with at_the_door(streams, app) as (door, client):
        for modern in (False, True):
            cancelled.clear()
            message = request("tools/call", params, modern=modern)
            headers = headers_for("tools/call", "hang", modern=modern)
            async with client.stream("POST", "", json=message, headers=headers) as answer:
                lines = answer.aiter_lines()
                await next_event(lines)
                streams.end_grant("g1")
                await ended(lines)
            async with asyncio.timeout(5):
                await cancelled.wait()
        assert [called.outcome for called in door.called] == ["cancelled"] * 2


async def test_a_grant_has_so_many_streams_and_may_open_another_when_one_has_ended() -> None:
    streams = OpenStreams()
    async with at_the_door(streams) as (door, client), AsyncExitStack() as opened:
        for _ in range(MOST_OF_A_GRANT):
            await opened.enter_async_context(stream(client))
        assert await refused(client) == 429
        async with stream(client, "reader"):
            pass
        # Calls that are no streams go on.
        assert (await door.ask("tools/list")).status == 200
        streams.end_grant("g1")
        await opened.aclose()
        async with stream(client):
            pass


async def test_all_grants_together_have_so_many_streams() -> None:
    streams = OpenStreams(most_in_all=3)
    async with at_the_door(streams) as (_, client), stream(client), stream(client), stream(client, "reader"):
        for token in ("anybody", "reader", "writer"):
            assert await refused(client, token) == 503
    assert MOST_IN_ALL == 100


async def test_whoever_is_revoked_while_a_stream_is_prepared_gets_none() -> None:
    class RevokedMeanwhile(KnownTokens):
        asked = 0

        def cached(self, authorization: bytes | None, resource: str) -> Caller | None:
            self.asked += 1
            return super().cached(authorization, resource) if self.asked == 1 else None

        async def check(self, authorization: bytes | None, resource: str) -> Caller:
            raise invalid_token(HERE, PATH, ["read"], "The access token was revoked.")

    streams = OpenStreams()
    async with at_the_door(streams, access=RevokedMeanwhile()) as (_, client):
        headers = headers_for("subscriptions/listen", modern=True)
        answer = await client.post("", json=listen_to_tools(), headers=headers)
    assert answer.status_code == 401


async def test_a_stream_is_counted_until_it_ends_however_it_ends() -> None:
    streams = OpenStreams(most_in_all=1)

    async def fails() -> None:
        with streams.opened(ANYBODY):
            raise RuntimeError("the answer broke")

    async def waits() -> None:
        with streams.opened(ANYBODY):
            await asyncio.Event().wait()

    for _ in range(3):
        with pytest.raises(RuntimeError):
            await fails()
    for _ in range(3):
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
        streams.end_grant(ANYBODY.grant_id)
        with pytest.raises(asyncio.CancelledError):
            await task
