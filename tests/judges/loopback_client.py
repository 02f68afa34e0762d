"""What native clients of others start beside themselves: a loopback page that takes one redirect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Callback:
    """`url` is the redirect URI; `received` comes true with the path and query the browser came back with."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/callback"
        self.received: asyncio.Future[str] = asyncio.get_running_loop().create_future()


@asynccontextmanager
async def loopback_callback() -> AsyncIterator[Callback]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readline()).split(b" ")[1].decode()
        while (await reader.readline()).strip():
            pass
        known = target.startswith("/callback?")
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK" % (b"200" if known else b"404"))
        await writer.drain()
        writer.close()
        if known and not callback.received.done():
            callback.received.set_result(target)

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    callback = Callback(server.sockets[0].getsockname()[1])
    try:
        yield callback
    finally:
        server.close()
        await server.wait_closed()
