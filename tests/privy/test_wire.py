"""Requests that are no good HTTP are refused, not guessed at."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from tests.privy.emulator import PrivyEmulator
from tests.privy.wire import LARGEST_BODY

TOO_LONG = LARGEST_BODY + 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: auth.privy.io\r\nX-One: 1\r\nX-One: 2\r\n\r\n",
        b"GET https://auth.privy.io/ HTTP/1.1\r\nHost: auth.privy.io\r\n\r\n",
        b"GET /?a=1&a=2 HTTP/1.1\r\nHost: auth.privy.io\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: auth.privy.io\r\nContent-Length: %d\r\n\r\n" % TOO_LONG + b"x" * TOO_LONG,
    ],
)
async def test_a_malformed_request_is_a_bad_request(sent: bytes) -> None:
    assert b" 400 " in (await exchange(sent)).splitlines()[0]


async def test_a_request_for_another_host_is_misdirected() -> None:
    answer = await exchange(b"GET / HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 421 ")


async def exchange(sent: bytes) -> bytes:
    async with PrivyEmulator() as privy:
        trust = ssl.create_default_context(cafile=str(privy.ca_file))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", privy.port, ssl=trust, server_hostname="auth.privy.io"
        )
        try:
            writer.write(sent)
            return await reader.read(65536)
        finally:
            writer.close()
