"""Tells open previews what has changed, as lines of JSON in one long answer: that something is new, not what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

HEARTBEAT_SECONDS = 15.0
"""So that a page knows that it still hears, and this end that there still is a page."""

MOST_WAITING = 100
MOST_LISTENERS = 20

Line = Mapping[str, Any]


class Changes:
    """`publish` in the event loop; every page that listens gets the line. `close` ends all of them."""

    def __init__(self, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._heartbeat = heartbeat
        self._listeners: dict[object, asyncio.Queue[Line | None]] = {}

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def publish(self, line: Line) -> None:
        for waiting in self._listeners.values():
            if waiting.qsize() >= MOST_WAITING:
                # The page is slow. Everything it has missed comes down to one thing: look again.
                while not waiting.empty():
                    waiting.get_nowait()
                line = {"kind": "app"}
            waiting.put_nowait(line)

    def close(self) -> None:
        for waiting in self._listeners.values():
            waiting.put_nowait(None)

    async def lines(self, begin: Callable[[], Callable[[], None]]) -> AsyncGenerator[bytes, None]:
        """What one page hears. `begin` is called when it starts to listen, and what that returns when it has ended."""
        if len(self._listeners) >= MOST_LISTENERS:
            next(iter(self._listeners.values())).put_nowait(None)
        own = object()
        waiting: asyncio.Queue[Line | None] = asyncio.Queue()
        self._listeners[own] = waiting
        end = begin()
        try:
            yield _encode({"kind": "listening"})
            while True:
                try:
                    line = await asyncio.wait_for(waiting.get(), self._heartbeat)
                except TimeoutError:
                    line = {"kind": "alive"}
                if line is None:
                    return
                yield _encode(line)
        finally:
            del self._listeners[own]
            end()


def _encode(line: Line) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"
