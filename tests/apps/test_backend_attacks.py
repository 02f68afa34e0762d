"""A backend that was taken over, or is none: whatever it sends, a tool gets an answer or an error it can show."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from homeport import Backend, ToolError
from homeport.apps.backend_errors import PathRefused
from homeport.apps.backend_paths import path_of
from homeport.apps.backend_pool import BackendLimits, BackendPool
from homeport.network import SystemNetwork
from homeport.outbound import http_client
from tests.apps.calling import ALICE, ByName, says_nothing_it_should_not, scene
from tests.backend.reference import Reply

OK = b"HTTP/1.1 200 OK\r\n"


@asynccontextmanager
async def saying(raw: bytes, *, endless: bytes = b"") -> AsyncIterator[Backend]:
    """A backend that says these bytes to everybody, and then `endless` until nobody listens."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(raw)
            await writer.drain()
            while endless:
                writer.write(endless)
                await writer.drain()
                await asyncio.sleep(0)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    http = http_client(SystemNetwork())
    limits = BackendLimits(call_seconds=2.0, attempts=1)
    try:
        yield BackendPool(url, ByName(), http, limits=limits).of(ALICE, "g1")
    finally:
        await http.aclose()
        server.close()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 999 High\r\n\r\n",
        b"HTTP/1.1 200\r\nContent-Length: x\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        OK + b"Content-Length: 99999999999999999999\r\n\r\nx",
        OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
        OK + b"Transfer-Encoding: gzip\r\n\r\nx",
        OK + b"Content-Encoding: gzip, br\r\nContent-Length: 1\r\n\r\nx",
        OK + b"Retry-After: Mon, 01 Jan 99999999999 00:00:00 GMT\r\nContent-Length: 1\r\n\r\nx",
        OK + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
        OK + b"Content-Type: \xff\xfe\r\nContent-Encoding: \xff\r\n\r\n",
        OK + b"Content-Length: 7\r\n\r\n" + b'"\\ud800',
        OK + b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000,
        b"HTTP/1.1 422 No\r\nContent-Length: 200000\r\n\r\n" + b'{"error":' * 22_000 + b"0" * 2_000,
        b"HTTP/1.1 301 There\r\nLocation: \xff://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ],
)
async def test_whatever_a_backend_says_is_an_error_that_a_tool_can_show(raw: bytes) -> None:
    async with saying(raw) as backend:
        with pytest.raises(ToolError) as told:
            await backend.get("x", into=dict[str, int])
    assert says_nothing_it_should_not(told.value)


@pytest.mark.parametrize(
    ("raw", "endless"),
    [
        (b"", b"HTTP/1.1 103 Early\r\n\r\n"),
        (OK, b"X: y\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (OK + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65_536),
    ],
)
async def test_a_backend_that_never_ends_costs_one_call_and_no_more(raw: bytes, endless: bytes) -> None:
    async with saying(raw, endless=endless) as backend:
        began = time.monotonic()
        with pytest.raises(ToolError):
            await backend.get("x")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "when",
    [
        "Mon, 01 Jan 99999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
        "Mon, 99999999999999999999999 Jan 2026 00:00:00 GMT",
    ],
)
async def test_a_time_to_wait_that_no_calendar_holds_loses_no_answer(when: str) -> None:
    async with scene(Reply(200, {"done": True}, headers={"retry-after": when})) as at:
        assert await at.alice.post("x", json={}) == {"done": True}


@pytest.mark.parametrize("segment", ["..;", "..;x=1", ".;/admin", "a/..;b/c", "%2e%2e%3b", "..%3bx", ";"])
def test_parameters_behind_dots_do_not_hide_that_they_lead_elsewhere(segment: str) -> None:
    with pytest.raises(PathRefused):
        path_of(("recipes", segment))


def test_a_semicolon_in_a_name_is_a_letter_like_others() -> None:
    assert path_of(("a;b", "v1;x=..")) == "/a%3Bb/v1%3Bx%3D.."


async def test_one_person_who_calls_and_calls_leaves_the_others_their_turns() -> None:
    async with scene(Reply(hangs=True), at_once=2, at_once_of_a_person=1) as at:
        flood = [asyncio.create_task(at.bob.get("slow")) for _ in range(20)]
        await asyncio.wait_for(at.backend.hanging.wait(), 5)
        assert await at.alice.get("who", timeout=5) == {"person": "anybody"}
        assert len(at.backend.seen) == 2
        for call in flood:
            call.cancel()
        await asyncio.gather(*flood, return_exceptions=True)
