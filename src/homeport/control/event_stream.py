"""Tells the pages of the dashboard what happens, as lines of JSON in one long answer.

A fetch stream and no EventSource, which could not send the session's token (SECURITY, Control listener). A line says
that something is new; what it is now, the page asks for.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncGenerator, Callable, Mapping

from homeport.events import Event, EventBus, ToolCalled

HEARTBEAT_SECONDS = 15.0
"""So that a page knows that it still hears, and this end that there still is a page."""

MOST_WAITING = 100
MOST_STREAMS = 20
CALLS_SECONDS = 0.5
"""Between two lines about tool calls: a busy client does not make a page ask a hundred times a second."""

MISSED = {"kind": "Missed"}
"""The page was slow, and everything may be another one now."""


class EventStream:
    """One per control listener. `close` ends all streams."""

    def __init__(
        self, events: EventBus, *, heartbeat: float = HEARTBEAT_SECONDS, calls_seconds: float = CALLS_SECONDS
    ) -> None:
        self._heartbeat = heartbeat
        self._calls_seconds = calls_seconds
        self._streams: dict[object, asyncio.Queue[bytes | None]] = {}
        self._call_told_at = float("-inf")
        self._call_waiting: asyncio.TimerHandle | None = None
        self._unsubscribe = events.subscribe(self._heard)

    @property
    def streams(self) -> int:
        return len(self._streams)

    def close(self) -> None:
        self._unsubscribe()
        if self._call_waiting is not None:
            self._call_waiting.cancel()
        for lines in self._streams.values():
            lines.put_nowait(None)

    async def lines(self, allowed: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """What one page hears, until it goes, or is `allowed` to hear no more. The oldest stream makes room."""
        if len(self._streams) >= MOST_STREAMS:
            # At once: it may be one that reads no more, and then would make room for nobody.
            self._streams.pop(next(iter(self._streams))).put_nowait(None)
        own = object()
        lines: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams[own] = lines
        try:
            yield _encode({"kind": "Listening"})
            while True:
                try:
                    line = await asyncio.wait_for(lines.get(), self._heartbeat)
                except TimeoutError:
                    line = _encode({"kind": "Alive"})
                if line is None or not allowed():
                    return
                yield line
        finally:
            self._streams.pop(own, None)

    def _heard(self, event: Event) -> None:
        if not self._streams:
            return
        if not isinstance(event, ToolCalled):
            self._tell(event)
            return
        if self._call_waiting is not None:
            return  # the line that is about to be told stands for this call, too
        loop = asyncio.get_running_loop()
        pause = self._call_told_at + self._calls_seconds - loop.time()
        if pause <= 0:
            self._tell_of_call(event)
        else:
            self._call_waiting = loop.call_later(pause, self._tell_of_call, event)

    def _tell_of_call(self, event: ToolCalled) -> None:
        self._call_waiting = None
        self._call_told_at = asyncio.get_running_loop().time()
        self._tell(event)

    def _tell(self, event: Event) -> None:
        line = _encode({"kind": type(event).__name__, **dataclasses.asdict(event)})
        for lines in self._streams.values():
            if lines.qsize() >= MOST_WAITING:
                while not lines.empty():
                    lines.get_nowait()
                lines.put_nowait(_encode(MISSED))
            lines.put_nowait(line)


def _encode(line: Mapping[str, object]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
