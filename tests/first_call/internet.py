"""The Internet of a first call: ChatGPT, ngrok's servers, and the proxy by which programs of this machine reach both.

Names lead to ports of this machine; TLS is verified everywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.judges.tls import Connection, Place


def piped_to(port: int) -> Connection:
    """What comes is passed on to this port as it is: TLS ends here, and nothing else happens."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return  # No agent runs, so that nobody serves the name.
        await _both_ways(reader, writer, upstream_reader, upstream_writer)

    return answer


@asynccontextmanager
async def proxy_to(places: Sequence[Place]) -> AsyncIterator[str]:
    """An HTTP proxy that leads to these hosts, and nowhere else; its address."""
    ports = {f"{place.host}:443": place.port for place in places}
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split(" ", 2)
            port = ports.get(target) if method == "CONNECT" else None
            if port is None:
                writer.write(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n")
                return
            upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await _both_ways(reader, writer, upstream_reader, upstream_writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            connections.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _both_ways(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    upstream_reader: asyncio.StreamReader,
    upstream_writer: asyncio.StreamWriter,
) -> None:
    """Until the other side has said all it has to say."""

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await source.read(65_536):
                target.write(part)
                await target.drain()

    asking = asyncio.create_task(pass_on(reader, upstream_writer))
    try:
        await pass_on(upstream_reader, writer)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        upstream_writer.close()
