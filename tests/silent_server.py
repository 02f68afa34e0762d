"""A server that takes connections and never answers: each stays at the beginning of its TLS handshake."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[int, asyncio.Queue[None], asyncio.Queue[None]]]:
    """Its port, and what tells of each handshake that has begun and of each such connection that has ended."""
    begun: asyncio.Queue[None] = asyncio.Queue()
    ended: asyncio.Queue[None] = asyncio.Queue()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await reader.read(2) == b"\x16\x03":
                begun.put_nowait(None)
                await reader.read()
                ended.put_nowait(None)
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], begun, ended
