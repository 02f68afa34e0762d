"""A signed-in client that calls each second whatever happens, and knows what it was promised.

It never signs in again: what would make it do so is a lost login. It never repeats a write.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tests.whole.strict_client import Lost, StrictClient

PATIENCE_SECONDS = 6.0
WRITE_EVERY = 3
REFRESH_EVERY = 15


class ThroughTheCloud(httpx2.AsyncBaseTransport):
    """Requests to https URLs by the socket of `cloud.py`, where TLS has ended. A connection for each request."""

    def __init__(self, socket_path: str) -> None:
        self._inner = httpx2.AsyncHTTPTransport(uds=socket_path, limits=httpx2.Limits(max_keepalive_connections=0))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        plain = request.url.copy_with(scheme="http")
        request.headers["connection"] = "close"
        inner = httpx2.Request(
            request.method, plain, headers=request.headers, stream=request.stream, extensions=request.extensions
        )
        inner.headers["host"] = urlsplit(str(request.url)).netloc
        return await self._inner.handle_async_request(inner)

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass(slots=True)
class Attempt:
    """One call: when it began and ended, in the seconds of `time.monotonic`; `ended` 0: it is still under way."""

    began: float
    ended: float = 0.0
    answered: bool = False


@dataclass
class EverySecond(StrictClient):
    """`complaints` are answers that no client should ever get."""

    attempts: list[Attempt] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    prefix: str = "first-"
    ids: int = 0
    answered_ids: Counter[int] = field(default_factory=Counter)
    refreshing: asyncio.Lock = field(default_factory=asyncio.Lock)
    refresh_due: bool = False

    async def tick(self, http: httpx2.AsyncClient) -> None:
        """Call once. Every third call writes; every fifteenth follows a refresh, repeated until it is answered."""
        attempt = Attempt(time.monotonic())
        self.attempts.append(attempt)
        number = len(self.attempts)
        try:
            self.refresh_due |= number % REFRESH_EVERY == 0
            if self.refresh_due and not self.refreshing.locked():
                async with self.refreshing:
                    await self.refresh(http)
                    self.refresh_due = False
            if number % WRITE_EVERY == 0:
                await self.add_item(http, f"{self.prefix}{number}")
            else:
                await self.call(http, "get-items", filter=self.prefix)
            attempt.answered = True
        except Lost:
            pass
        except Exception as error:
            self.complaints.append(f"{type(error).__name__}: {error}"[:400])
        attempt.ended = time.monotonic()

    async def call(self, http: httpx2.AsyncClient, tool: str, **arguments: Any) -> Any:
        self.ids += 1
        message = {"jsonrpc": "2.0", "id": self.ids, "method": "tools/call"}
        params = {"name": tool, "arguments": arguments}
        headers = {"authorization": f"Bearer {self.access_token}", "mcp-protocol-version": "2025-11-25"}
        answer = await self._send(http, "POST", "/mcp", json={**message, "params": params}, headers=headers)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text}"
        said = answer.json()
        self.answered_ids[said["id"]] += 1
        assert said["id"] == message["id"], f"the answer to {said['id']} came for {message['id']}"
        assert not said["result"].get("isError"), said["result"]
        return said["result"]

    async def _send(self, http: httpx2.AsyncClient, method: str, path: str, **more: Any) -> httpx2.Response:
        """What a tunnel's provider answers by itself is no answer."""
        answer = await super()._send(http, method, path, **more)
        if "ngrok-error-code" in answer.headers:
            raise Lost
        return answer

    async def found(self, http: httpx2.AsyncClient, words: str) -> Counter[str]:
        """How often each title is there."""
        result = await self.call(http, "get-items", filter=words)
        return Counter(item["title"] for item in result["structuredContent"]["items"])

    def back_since(self, moment: float, *, calls: int = 3) -> float | None:
        """When the first of so many answered calls in a row was answered; all began after `moment`."""
        since = [attempt for attempt in self.attempts if attempt.began >= moment]
        row: list[Attempt] = []
        for attempt in since:
            row = [*row, attempt] if attempt.answered else []
            if len(row) == calls:
                return row[0].ended
        return None


async def each_second(client: EverySecond, http: httpx2.AsyncClient) -> None:
    """Until it is cancelled, whether or not earlier calls are answered."""
    running: set[asyncio.Task[None]] = set()
    due = time.monotonic()
    try:
        while True:
            task = asyncio.create_task(client.tick(http))
            running.add(task)
            task.add_done_callback(running.discard)
            due = max(due + 1.0, time.monotonic())
            await asyncio.sleep(due - time.monotonic())
    finally:
        await asyncio.gather(*running, return_exceptions=True)
