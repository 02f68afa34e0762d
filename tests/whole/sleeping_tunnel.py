"""A tunnel that the test plays: it sleeps at night, answers for us then, and loses answers when told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from homeport.tunnel import Capabilities, TunnelInfo

PUBLIC_URL = "https://home.invalid"

ASLEEP = b"<!doctype html><title>Tunnel not found</title><p>There is no tunnel at this address."


class SleepingTunnel:
    """Real bytes over real sockets: requests go in at `port`, with the public Host, and come out at the listener."""

    provider = "sleeping"
    capabilities = Capabilities()

    def __init__(self) -> None:
        self.port = 0
        self.asleep = False
        self.answers_to_lose = 0
        self._leads_to = 0

    async def start(self, local_url: str) -> TunnelInfo:
        port = urlsplit(local_url).port
        assert port is not None
        self._leads_to = port
        return TunnelInfo(PUBLIC_URL, stable=True, provider=self.provider)

    async def stop(self) -> None:
        self._leads_to = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[SleepingTunnel]:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _whole_request(reader)
            if self.asleep or not self._leads_to:
                head = f"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: {len(ASLEEP)}\r\n"
                answer = f"{head}Connection: close\r\n\r\n".encode() + ASLEEP
            else:
                answer = await self._ask(request)
            if self.answers_to_lose and not self.asleep:
                # The other side has done it all; the client hears nothing.
                self.answers_to_lose -= 1
                return
            writer.write(answer)
            await writer.drain()
        finally:
            writer.close()

    async def _ask(self, request: bytes) -> bytes:
        head, separator, body = request.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        lines += [b"Connection: close", b"X-Forwarded-For: 203.0.113.7", b"X-Forwarded-Proto: https"]
        reader, writer = await asyncio.open_connection("127.0.0.1", self._leads_to)
        try:
            writer.write(b"\r\n".join(lines) + separator + body)
            return await reader.read()
        finally:
            writer.close()


async def _whole_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0)
    return head + await reader.readexactly(length)
