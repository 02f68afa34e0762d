"""How programs reach the emulator by Privy's real names: as a Network, through a CONNECT proxy, and from Chromium."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import httpcore2

from homeport.network import Network
from tests.privy.faults import Down

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Connections:
    """Serves connections as tasks that end with it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures: list[Exception] = []
        """What went wrong on our own side, which no test may overlook."""

    def serving(self, serve: Serve) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except (OSError, ssl.SSLError, asyncio.IncompleteReadError):
                pass  # The other side hung up, as browsers do with connections they have done with.
            except Exception as error:
                self.failures.append(error)

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(run(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            # Not in `run`: a task that is cancelled before its first step never gets there.
            task.add_done_callback(lambda _: writer.transport.abort())

        return connected

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class PrivyNetwork:
    """The Network of an engine that reaches the emulator's hosts, and what `beyond` reaches, and nothing else."""

    def __init__(self, hosts: list[str], port: int, tls: ssl.SSLContext, down: Down, beyond: Network | None) -> None:
        # Addresses that no guard refuses; nothing is ever sent to them.
        self._hosts = {f"93.184.216.{number}": host for number, host in enumerate(hosts, 100)}
        self._port = port
        self._down = down
        self._beyond = beyond
        self.tls = tls

    async def resolve(self, host: str) -> list[str]:
        found = [address for address, name in self._hosts.items() if name == host]
        if found:
            return found
        if self._beyond is not None:
            return await self._beyond.resolve(host)
        raise OSError(f"{host} is not known here")

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        host = self._hosts.get(address)
        if host is None and self._beyond is not None:
            return await self._beyond.connect(address, port, timeout=timeout)
        if host is None or port != 443 or self._down.refuses(host):
            raise httpcore2.ConnectError(f"{address}:{port} refuses")
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self._port, timeout=timeout)

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        return self._beyond.proxy(host) if self._beyond is not None and host not in self._hosts.values() else None


def connect_proxy(places: dict[str, int], down: Down, asked: list[str]) -> Serve:
    """An HTTP proxy that opens tunnels to these hosts' port 443 only; `asked` fills with the hosts asked for."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, _, rest = head.partition(" ")
        host, _, port = rest.partition(" ")[0].rpartition(":")
        asked.append(host)
        if method != "CONNECT" or port != "443" or host not in places or down.refuses(host):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            await writer.drain()
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", places[host])
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        ways = [asyncio.create_task(_pipe(reader, inner_writer)), asyncio.create_task(_pipe(inner_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # First of all: whoever ends the emulator may interrupt the rest.
            inner_writer.transport.abort()
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    return serve


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
