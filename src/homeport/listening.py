"""Sockets and the web server around them, for the public and the control listener alike.

It knows addresses, ports and uvicorn; it must not know what is served.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.errors import PortTaken, SettingsError

if TYPE_CHECKING:
    import uvicorn

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

LOOPBACK = "127.0.0.1"
LOOPBACK_V6 = "::1"

HEAD_BYTES = 64 * 1024
"""A request's target and header fields may be so large."""

PATIENCE_SECONDS = 0.7
"""How long a stop waits for answers that are being given; what is left is broken off."""

access_log = logging.getLogger("homeport.access")


def bind(host: str, port: int) -> list[socket.socket]:
    """Sockets at `host` and `port` (0: any free one), not yet listening.

    A loopback host means 127.0.0.1 and, where IPv6 exists, [::1] with the same port: the port counts as taken when
    either is (SECURITY, Listeners). Raises PortTaken, which names the holder, or SettingsError for an address or a
    port this computer does not let us use.
    """
    if host not in (LOOPBACK, LOOPBACK_V6, "localhost"):
        return [_bind_one(host, port)]
    for _ in range(20):
        first = _bind_one(LOOPBACK, port)
        if not ipv6_exists():
            return [first]
        chosen = int(first.getsockname()[1])
        try:
            return [first, _bind_one(LOOPBACK_V6, chosen)]
        except PortTaken:
            first.close()
            if port:
                raise
    raise PortTaken("No port is free on both 127.0.0.1 and [::1].", hint="Give one with --port.")


def bind_or_move(host: str, port: int, *, remembered: int = 0) -> list[socket.socket]:
    """As `bind`; a taken port moves to a free one. A port that moved before is `remembered` (0: never) and comes first.

    The caller stores where it went, so that a port moves once and not at every start.
    """
    for candidate in (remembered or port, port):
        with contextlib.suppress(PortTaken):
            return bind(host, candidate)
    return bind(host, 0)


def port_of(sockets: list[socket.socket]) -> int:
    return int(sockets[0].getsockname()[1])


class Listener:
    """One running web server. Start it once; `stop` ends it within two seconds, open connections included."""

    def __init__(self, *, keep_alive_seconds: int = 65) -> None:
        self._keep_alive_seconds = keep_alive_seconds
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
        self._server = _make_server(app, self._keep_alive_seconds, started, self._stopping)
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


def _make_server(
    app: AsgiApp, keep_alive_seconds: int, started: asyncio.Event, stopping: asyncio.Event
) -> uvicorn.Server:
    with _hidden("watchfiles"):  # uvicorn would load it with its command line, for a reloader that we never use
        import uvicorn
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

    class OriginFormOnly(HttpToolsProtocol):
        """Answers 400 to a target in absolute form (RFC 9112 3.2.2), which could name a host beside the Host header,
        and to a head (or trailer) larger than HEAD_BYTES, which the parser would keep in memory without any limit."""

        _unfinished = 0

        def data_received(self, data: bytes) -> None:
            self._unfinished += len(data)
            super().data_received(data)
            if self._unfinished > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

        def on_url(self, url: bytes) -> None:
            if not self.url and not url.startswith((b"/", b"*")):
                raise ValueError("the request target is not in origin form")
            super().on_url(url)

        def on_headers_complete(self) -> None:
            self._unfinished = 0
            super().on_headers_complete()

        def on_body(self, body: bytes) -> None:
            self._unfinished = 0
            super().on_body(body)

        def on_message_complete(self) -> None:
            self._unfinished = 0
            super().on_message_complete()

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
        http=OriginFormOnly,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=keep_alive_seconds,
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


def ipv6_exists() -> bool:
    if not socket.has_ipv6:
        return False
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind((LOOPBACK_V6, 0))
    except OSError:
        return False
    return True


def _bind_one(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICHOST
        )[0]
    except OSError as error:
        raise SettingsError(
            f"The host {host!r} is not an IP address.",
            hint="Use 127.0.0.1 for this computer only, or 0.0.0.0 in a container.",
        ) from error
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # there SO_REUSEADDR would let two programs share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))
        bound.setblocking(False)
        bound.bind(address)
        # Listening claims the port: two binds with SO_REUSEADDR succeed until one of them listens.
        bound.listen(512)
    except OSError as error:
        bound.close()
        raise _explain(error, host, port) from error
    return bound


def _explain(error: OSError, host: str, port: int) -> PortTaken | SettingsError:
    if error.errno in (errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)):
        holder = holder_of(port)
        who = f"{holder} listens there" if holder else "another program listens there"
        return PortTaken(
            f"Port {port} is taken: {who}.", hint="End that program, or give Homeport another port with --port."
        )
    if error.errno == errno.EACCES:
        return SettingsError(f"This user may not listen on port {port}.", hint="Take a port above 1023.")
    return SettingsError(
        f"Homeport cannot listen on {host!r}, port {port}: {os.strerror(error.errno or 0)}.",
        hint="Use 127.0.0.1 for this computer only, or 0.0.0.0 in a container.",
    )


def holder_of(port: int, proc: Path = Path("/proc")) -> str:
    """Which process listens on `port`, as "name (process 123)"; empty where the system does not tell."""
    tables = (proc / "net" / "tcp", proc / "net" / "tcp6")
    inodes = {f"socket:[{inode}]" for table in tables for inode in _listening_inodes(table, port)}
    if not inodes:
        return ""
    for folder in proc.glob("[0-9]*"):
        with contextlib.suppress(OSError):  # processes end, and those of other users are closed to us
            if any(os.readlink(descriptor) in inodes for descriptor in (folder / "fd").iterdir()):
                name = (folder / "comm").read_text(errors="replace").strip()
                return f"{name} (process {folder.name})"
    return ""


def _listening_inodes(table: Path, port: int) -> list[str]:
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    listening, suffix = "0A", f":{port:04X}"
    return [row[9] for row in rows if len(row) > 9 and row[3] == listening and row[1].endswith(suffix)]
