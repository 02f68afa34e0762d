"""Answers that are streams (progress, log messages, subscriptions/listen), given by the SDK's own app.

It starts with the first such request and lives in one task; stopping leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import MutableMapping
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourcesListChanged, ToolsListChanged
from mcp_types import SubscriptionsListenRequestParams

from homeport.mcp_server.callers import Caller
from homeport.mcp_server.disconnect import Receive, Send
from homeport.mcp_server.open_streams import OpenStreams

GRACE = 0.3
"""Seconds that open streams get to say goodbye."""

logger = logging.getLogger(__name__)


class Streams:
    """The streaming side of one server."""

    def __init__(self, server: Server[Any], open_streams: OpenStreams) -> None:
        self._server = server
        self._open_streams = open_streams
        self._bus = InMemorySubscriptionBus()
        self._listen = ListenHandler(self._bus)
        if server.get_request_handler("subscriptions/listen") is None:
            server.add_request_handler("subscriptions/listen", SubscriptionsListenRequestParams, self._listen)
        self._manager: StreamableHTTPSessionManager | None = None
        self._running: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._open: set[asyncio.Task[Any]] = set()

    async def serve(
        self, caller: Caller, scope: MutableMapping[str, Any], body: bytes, receive: Receive, send: Send
    ) -> None:
        """Answer one request whose body was read already. Ends quietly when the client goes, when Homeport stops, and
        when the caller's grant ends or their token expires: nothing may be awaited between their access check and this.

        Raises RpcError where too many streams are open.
        """
        answer = _Answer(send)
        task = asyncio.current_task()
        assert task is not None
        with self._open_streams.opened(caller) as stream:
            self._open.add(task)
            try:
                manager = await self._started()
                await manager.handle_request(_stripped(scope), _replay(body, receive), answer.send)
            except asyncio.CancelledError:
                if not (self._stopping.is_set() or stream.ended) or task.uncancel() > 0:
                    raise
                stream.ended = True  # from here on nobody cancels the farewell
                with contextlib.suppress(TimeoutError):  # a client that does not read gets none
                    async with asyncio.timeout(GRACE):
                        await answer.finish()
            finally:
                self._open.discard(task)

    async def tools_changed(self) -> None:
        """Tell every client that listens; with the tools, their widgets may be other ones."""
        await self._bus.publish(ToolsListChanged())
        await self._bus.publish(ResourcesListChanged())

    async def stop(self) -> None:
        """End open streams and the SDK's task; takes `GRACE` seconds at most where a client does not read."""
        self._stopping.set()
        self._listen.close()
        if self._open:
            _, late = await asyncio.wait(self._open, timeout=GRACE)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=GRACE)
        if self._running is not None:
            await self._running
            _end_foreign_watcher()

    async def _started(self) -> StreamableHTTPSessionManager:
        if self._manager is None:
            self._manager = StreamableHTTPSessionManager(self._server, stateless=True)
            ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._running = asyncio.create_task(self._run(self._manager, ready), name="mcp-streams")
            self._ready = ready
        await asyncio.shield(self._ready)
        return self._manager

    async def _run(self, manager: StreamableHTTPSessionManager, ready: asyncio.Future[None]) -> None:
        async with manager.run():
            ready.set_result(None)
            await self._stopping.wait()


def _end_foreign_watcher() -> None:
    """sse_starlette, under the SDK's legacy streams, starts a task that polls for ever whether uvicorn exits."""
    for task in asyncio.all_tasks():
        if getattr(task.get_coro(), "__qualname__", "") == "_shutdown_watcher":
            task.cancel()


class _Answer:
    """Remembers how far an answer got, so that one cut short still ends as HTTP."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._started = False
        self._finished = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self._started = True
        self._finished = message["type"] == "http.response.body" and not message.get("more_body", False)
        await self._send(message)

    async def finish(self) -> None:
        if not self._started:
            await self._send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
        if not self._finished:
            await self._send({"type": "http.response.body", "body": b""})


def _stripped(scope: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Without the white space that httptools leaves around header values: the SDK compares them as they are."""
    return {**scope, "headers": [(name, value.strip(b" \t")) for name, value in scope["headers"]]}


def _replay(body: bytes, receive: Receive) -> Receive:
    """`receive` once more from the beginning of the body."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> MutableMapping[str, Any]:
        return messages.pop() if messages else await receive()

    return again
