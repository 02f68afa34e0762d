"""The HTTP client for servers that the owner chose: Privy and the backend. What strangers name goes through auth/fetch.

It keeps no cookies, follows no redirects and reads nothing from the environment but the proxy that the Network names.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpcore2
import httpx2

from homeport.network import Network, connect_to_one_of

TIMEOUT = 5.0
"""Seconds for connecting, and between two parts of an answer."""
CONNECTIONS = 32
KEPT_OPEN = 30.0
"""Seconds an idle connection stays open."""
MOST_ADDRESSES = 4


def http_client(
    network: Network, *, timeout: float = TIMEOUT, connections: int = CONNECTIONS, kept_open: float = KEPT_OPEN
) -> httpx2.AsyncClient:
    """A client whose connections, certificates and proxy come from `network`. Opens nothing before its first request.

    `timeout` and `kept_open` in seconds; `connections` at once per way (direct, or one proxy). To be closed with
    `aclose`.
    """
    return httpx2.AsyncClient(
        transport=_Outbound(network, connections, kept_open),
        timeout=timeout,
        # No domain may set a cookie: two persons share one connection and must share nothing else.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "Homeport", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


class _Outbound(httpx2.AsyncBaseTransport):
    """httpx's requests on httpcore's pools: one pool for direct connections and one for each proxy in use."""

    def __init__(self, network: Network, connections: int, kept_open: float) -> None:
        self._network = network
        self._connections = connections
        self._kept_open = kept_open
        self._pools: dict[tuple[object, ...], httpcore2.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if not isinstance(request.stream, httpx2.AsyncByteStream):
            raise TypeError("the body of an asynchronous request must be readable asynchronously")
        url = request.url
        outgoing = httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            answer = await self._pool(url.scheme, url.host).handle_async_request(outgoing)
        except Exception as error:
            raise _translated(error, request) from error
        if not isinstance(answer.stream, AsyncIterable):
            raise TypeError("the answer cannot be read asynchronously")
        return httpx2.Response(
            status_code=answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, request),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            await pool.aclose()

    def _pool(self, scheme: str, host: str) -> httpcore2.AsyncConnectionPool:
        # Asked each time: a laptop moves between networks. A proxy has no way back to this computer.
        proxy = self._network.proxy(host) if scheme == "https" and not _is_loopback(host) else None
        way = (proxy.url.scheme, proxy.url.host, proxy.url.port, proxy.auth) if proxy is not None else ()
        pool = self._pools.get(way)
        if pool is None:
            pool = self._pools[way] = httpcore2.AsyncConnectionPool(
                ssl_context=self._network.tls,
                proxy=proxy,
                max_connections=self._connections,
                keepalive_expiry=self._kept_open,
                network_backend=_Connections(self._network, by_name=proxy is not None),
            )
        return pool


class _Connections(httpcore2.AsyncNetworkBackend):
    """The Network as httpcore wants it. `by_name`: what is connected to is a proxy, which the Network itself named."""

    def __init__(self, network: Network, *, by_name: bool) -> None:
        self._network = network
        self._by_name = by_name

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        if self._by_name or _is_address(host):
            return await self._network.connect(host, port, timeout=timeout)
        try:
            async with asyncio.timeout(timeout):
                addresses = (await self._network.resolve(host))[:MOST_ADDRESSES]
        except TimeoutError:
            raise httpcore2.ConnectTimeout(f"{host} could not be looked up in time") from None
        except (OSError, UnicodeError, ValueError) as error:
            raise httpcore2.ConnectError(f"{host} has no address") from error
        if not addresses:
            raise httpcore2.ConnectError(f"{host} has no address")
        share = timeout / len(addresses) if timeout is not None else None
        return await connect_to_one_of(self._network, addresses, port, share=share, last=share)


class _Body(httpx2.AsyncByteStream):
    """The answer's body; a connection that breaks in the middle of it raises httpx's errors too."""

    def __init__(self, stream: AsyncIterable[bytes], request: httpx2.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except Exception as error:
            raise _translated(error, self._request) from error

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()


def _translated(error: Exception, request: httpx2.Request) -> Exception:
    """httpx's error of the same name, or the error itself."""
    for kind in type(error).__mro__:
        named = getattr(httpx2, kind.__name__, None) if kind.__module__.startswith("httpcore2") else None
        if isinstance(named, type) and issubclass(named, httpx2.TransportError):
            return named(str(error), request=request)
    if isinstance(error, OSError):
        return httpx2.ConnectError(str(error), request=request)
    return error


def _is_loopback(host: str) -> bool:
    if _is_address(host):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
