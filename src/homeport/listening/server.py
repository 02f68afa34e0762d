"""The web server around an app: start, access log, an orderly and quick end. It must not know what is served."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from typing import TYPE_CHECKING, Any

from homeport.listening.limits import BACKLOG, HEAD_SECONDS, Limits, most_by_descriptors
from homeport.listening.sockets import port_of

if TYPE_CHECKING:
    import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

PATIENCE_SECONDS = 0.7
"""How long a stop waits for answers that are being given; what is left is broken off."""

access_log = logging.getLogger("homeport.access")


class Listener:
    """One running web server. Start it once; `stop` ends it within two seconds, open connections included.

    With `most_connections` open (0: as many as fit this system), a new one takes the place of the one that has waited
    longest without a complete request, and is refused when all are being answered.
    """

    def __init__(
        self, *, keep_alive_seconds: float = 65, head_seconds: float = HEAD_SECONDS, most_connections: int = 0
    ) -> None:
        self._limits = Limits(keep_alive_seconds, head_seconds, most_connections or most_by_descriptors())
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self.port = 0

    async def start(self, app: AsgiApp, sockets: list[socket.socket]) -> None:
        """Serve `app` on `sockets`; returns when requests are answered. The sockets belong to the listener now."""
        self.port = port_of(sockets)
        started = asyncio.Event()
        self._stopping.clear()
        app = ended(logged(app), self._stopping)
        self._server = _make_server(app, self._limits, started, self._stopping)
        self._serving = asyncio.create_task(self._server.serve(sockets), name=f"listener {self.port}")
        ready = asyncio.create_task(started.wait())
        try:
            await asyncio.wait({ready, self._serving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if self._serving.done():
            await self._serving

    async def stop(self) -> None:
        """Finish what is being answered (one second at most), then close. Does nothing when it does not run."""
        if self._server is None or self._serving is None:
            return
        self._server.should_exit = True
        self._stopping.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self._serving
        self._server = self._serving = None


def logged(app: AsgiApp) -> AsgiApp:
    """`app` with one access log line a request: method, path without query, status, milliseconds, nothing else."""

    async def with_access_log(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not access_log.isEnabledFor(logging.INFO):
            await app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, watch)
        finally:
            milliseconds = round((time.perf_counter() - started) * 1000, 1)
            fields = {"method": scope["method"], "path": scope["path"], "status": status, "ms": milliseconds}
            access_log.info("%s %r %d %.1f ms", *fields.values(), extra={"fields": fields})

    return with_access_log


def ended(app: AsgiApp, stopping: asyncio.Event) -> AsgiApp:
    """`app` whose answers end as HTTP when they are broken off because the server stops: without a traceback."""

    async def with_an_end(scope: Message, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except asyncio.CancelledError:
            if not stopping.is_set():
                raise
            with contextlib.suppress(RuntimeError):  # the answer had begun
                headers = [(b"content-length", b"0"), (b"connection", b"close")]
                await send({"type": "http.response.start", "status": 503, "headers": headers})
            with contextlib.suppress(RuntimeError):  # it was complete
                await send({"type": "http.response.body", "body": b""})

    return with_an_end


def _make_server(app: AsgiApp, limits: Limits, started: asyncio.Event, stopping: asyncio.Event) -> uvicorn.Server:
    with _hidden("watchfiles"):  # uvicorn would load it with its command line, for a reloader that we never use
        import uvicorn

        from homeport.listening.connections import guarded_by

    class EmbeddedServer(uvicorn.Server):
        """uvicorn inside our loop: signals stay ours, and an idle server wakes once a second, not ten times."""

        @contextlib.contextmanager
        def capture_signals(self) -> Generator[None, None, None]:
            yield

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            started.set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            breaking_off = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._break_off)
            try:
                await super().shutdown(sockets)
            finally:
                breaking_off.cancel()

        def _break_off(self) -> None:
            for task in self.server_state.tasks:
                task.cancel()

        async def main_loop(self) -> None:
            while not await self.on_tick(0):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await stopping.wait()

    config = uvicorn.Config(
        app,
        http=guarded_by(limits),
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=limits.keep_alive_seconds,  # type: ignore[arg-type]  # seconds for call_later
        timeout_graceful_shutdown=1,
    )
    # Its INFO says nothing that we do not say ourselves, and its WARNING is what any stranger can make it say.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    return EmbeddedServer(config)


@contextlib.contextmanager
def _hidden(module: str) -> Generator[None, None, None]:
    """Who imports `module` in this block finds that it is not installed, unless it is loaded already."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # how the import system spells "not here"
    try:
        yield
    finally:
        del sys.modules[module]
