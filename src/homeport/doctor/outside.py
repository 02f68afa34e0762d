"""A public server may name other servers; one in this network or on this computer is not asked.

Whoever wrote that metadata is a stranger, and the doctor would make requests for them where they cannot.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence

import httpcore2

from homeport.auth.addresses import is_public
from homeport.network import Network

PRIVATE = "an address that only this network has"


class Outside:
    """A Network that can be kept from private addresses; the proxies that it named itself stay reachable."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._stays_outside = False
        self._proxies: set[str] = set()

    def stay_outside(self, addresses: Sequence[str], *, by_proxy: bool) -> None:
        """From now on, unless the server that was asked for has none but private addresses itself. One that only the
        proxy finds may be anywhere, and is no reason to ask others here.
        """
        self._stays_outside = any(map(is_public, addresses)) or (by_proxy and not addresses)

    @property
    def tls(self) -> ssl.SSLContext:
        return self._network.tls

    async def resolve(self, host: str) -> list[str]:
        return await self._network.resolve(host)

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        if self._stays_outside and address not in self._proxies and not is_public(address):
            raise httpcore2.ConnectError(f"{address} is {PRIVATE}")
        return await self._network.connect(address, port, timeout=timeout)

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        found = self._network.proxy(host)
        if found is not None:
            self._proxies.add(found.url.host.decode().strip("[]"))
        return found
