"""The one seam between the fetch guard and the outside: names, connections, trust, proxy. It decides nothing."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2

logger = logging.getLogger(__name__)


class Network(Protocol):
    @property
    def tls(self) -> ssl.SSLContext:
        """What verifies the servers' certificates and host names."""
        ...

    async def resolve(self, host: str) -> list[str]:
        """All addresses of `host`. Raises OSError."""
        ...

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        """A TCP connection; `timeout` in seconds. Raises httpcore2's ConnectError and ConnectTimeout."""
        ...

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        """The HTTP proxy that the system wants to be used for https to `host`."""
        ...


async def connect_to_one_of(
    network: Network, addresses: Sequence[str], port: int, *, share: float | None, last: float | None
) -> httpcore2.AsyncNetworkStream:
    """A connection to the first address that takes one. An address that swallows packets must leave time for the next
    one: each has `share` seconds, and the last one `last`. Raises what the last one raised.
    """
    *first, final = addresses
    for address in first:
        try:
            return await network.connect(address, port, timeout=share)
        except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
            logger.debug("No connection to %s: %s", address, error)
    return await network.connect(final, port, timeout=last)


class ClosedWhenBrokenOff(httpcore2.AsyncNetworkStream):
    """A connection that is closed when its TLS handshake is broken off: httpcore2 closes it after errors only, and
    whoever asked has no hold of it yet.
    """

    def __init__(self, stream: httpcore2.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        try:
            return ClosedWhenBrokenOff(await self._stream.start_tls(ssl_context, server_hostname, timeout))
        except asyncio.CancelledError:
            await self._stream.aclose()
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class SystemNetwork:
    """The network as the operating system gives it."""

    def __init__(self) -> None:
        # Made at the first use: reading all authorities takes longer than opening the database (20 ms).
        self._tls: ssl.SSLContext | None = None
        self._backend = httpcore2.AnyIOBackend()

    @property
    def tls(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpcore2.default_ssl_context()
        return self._tls

    async def resolve(self, host: str) -> list[str]:
        found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        return ClosedWhenBrokenOff(await self._backend.connect_tcp(address, port, timeout=timeout))

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        found = getproxies()
        url = found.get("https") or found.get("all")
        if not url or proxy_bypass(host):
            return None
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return httpcore2.Proxy(f"{parts.scheme}://{name}:{parts.port or 80}", auth=auth)
