"""The stream that tells the pages of the dashboard what happens: for who holds the token, bounded, ended in time."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from homeport.control.event_stream import MOST_STREAMS, MOST_WAITING, EventStream
from homeport.events import EventBus, ToolCalled, ToolsPaused
from tests.control.running import Control, running_control


def called(tool: str) -> ToolCalled:
    return ToolCalled(1.0, "g1", "c1", "p1", tool, 200, 0, "ok", 1.5, "")


class Page:
    """One page that listens over a real connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, control: Control, token: str) -> Page:
        reader, writer = await asyncio.open_connection("127.0.0.1", control.running.port)
        lines = ["GET /api/events HTTP/1.1", f"host: {control.host}", f"authorization: Bearer {token}", "", ""]
        writer.write("\r\n".join(lines).encode())
        return cls(reader, writer)

    async def line(self) -> dict[str, Any]:
        """The next line; its chunks are of HTTP/1.1."""
        async with asyncio.timeout(10):
            while not (text := await self.reader.readline()).startswith(b"{"):
                assert text, "the stream has ended"
        found: dict[str, Any] = json.loads(text)
        return found

    async def status(self) -> int:
        async with asyncio.timeout(10):
            return int((await self.reader.readline()).split()[1])

    async def ended(self) -> bool:
        async with asyncio.timeout(10):
            return b"\r\n0\r\n\r\n" in b"\r\n" + await self.reader.readuntil(b"0\r\n\r\n")

    async def close(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()


async def test_a_page_hears_what_happens_as_it_happens(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        page = await Page.open(control, control.running.token)
        assert await page.line() == {"kind": "Listening"}
        await control.client.pause()
        assert await page.line() == {"kind": "ToolsPaused", "at": 0.0, "paused": True}
        control.engine.call_waits('{"secret": "hunter2"}')
        line = await page.line()
        assert (line["kind"], line["number"], line["tool"]) == ("CallAsked", 1, "remove-item")
        assert "hunter2" not in str(line)
        await page.close()


async def test_nobody_listens_without_a_token(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        page = await Page.open(control, "wrong")
        assert await page.status() == 401
        await page.close()


async def test_the_stream_ends_with_the_listener(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        page = await Page.open(control, control.running.token)
        await page.line()
    assert await page.ended()
    await page.close()


async def test_a_session_that_ended_hears_no_more() -> None:
    events = EventBus()
    stream, known = EventStream(events), [True]
    lines = stream.lines(lambda: known[0])
    assert b"Listening" in await anext(lines)
    events.publish(ToolsPaused(1.0, True))
    assert b"ToolsPaused" in await anext(lines)
    known[0] = False
    events.publish(ToolsPaused(2.0, False))
    assert [line async for line in lines] == []
    assert stream.streams == 0


async def test_a_quiet_stream_says_that_it_is_alive_and_notices_a_session_that_ended() -> None:
    known = [True]
    lines = EventStream(EventBus(), heartbeat=0.0).lines(lambda: known[0])
    await anext(lines)
    assert b"Alive" in await anext(lines)
    known[0] = False
    assert [line async for line in lines] == []


async def test_a_busy_client_makes_few_lines_and_its_last_call_is_told() -> None:
    events = EventBus()
    lines = EventStream(events, calls_seconds=0.05).lines(lambda: True)
    await anext(lines)
    for number in range(1_000):
        events.publish(called(f"tool-{number}"))
    assert b"tool-0" in await anext(lines)
    assert b"ToolCalled" in await anext(lines)
    events.publish(ToolsPaused(1.0, True))
    assert b"ToolsPaused" in await anext(lines)
    await lines.aclose()


async def test_a_page_that_does_not_read_is_told_to_look_again_and_holds_no_memory() -> None:
    events = EventBus()
    stream = EventStream(events)
    lines = stream.lines(lambda: True)
    await anext(lines)
    for _ in range(MOST_WAITING * 3 + 10):
        events.publish(ToolsPaused(1.0, True))
    stream.close()
    heard = [line async for line in lines]
    assert len(heard) <= MOST_WAITING + 2
    assert b"Missed" in heard[0]


async def test_the_oldest_page_makes_room_for_one_too_many() -> None:
    stream = EventStream(EventBus())
    pages = [stream.lines(lambda: True) for _ in range(MOST_STREAMS + 1)]
    for page in pages:
        assert b"Listening" in await anext(page)
    assert [line async for line in pages[0]] == []
    assert stream.streams == MOST_STREAMS
    for page in pages:
        await page.aclose()


async def test_a_page_that_reads_no_more_and_made_room_is_ended_for_good() -> None:
    events = EventBus()
    stream = EventStream(events)
    pages = [stream.lines(lambda: True) for _ in range(MOST_STREAMS * 2)]
    for page in pages:
        assert b"Listening" in await anext(page)
    assert stream.streams == MOST_STREAMS
    for _ in range(MOST_WAITING * 2):
        events.publish(ToolsPaused(1.0, True))
    for page in pages[:MOST_STREAMS]:
        async with asyncio.timeout(5):
            assert [line async for line in page] == []
    for page in pages:
        await page.aclose()
