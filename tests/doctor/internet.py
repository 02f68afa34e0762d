"""The internet of a test: names with real TLS servers behind them, and nothing else."""

from __future__ import annotations

import ssl

import httpcore2

from tests.judges.tls import Authority, Place


class Internet:
    """A Network. Names of `places` lead to them; a name may also lead to a port where nobody listens."""

    def __init__(self, authority: Authority) -> None:
        self.tls: ssl.SSLContext = authority.trusting()
        self.ports: dict[str, int] = {}
        """By host name."""
        self.addresses: dict[str, str] = {}
        """Instead of the public address that each name has."""
        self._backend = httpcore2.AnyIOBackend()
        self._proxy: httpcore2.Proxy | None = None

    def has(self, *places: Place) -> None:
        for place in places:
            self.ports[place.host] = place.port

    async def resolve(self, host: str) -> list[str]:
        if host == "localhost":
            return ["127.0.0.1"]
        if host not in self.ports:
            raise OSError(-2, "Name or service not known")
        return [self.addresses.get(host) or self._public(host)]

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        if address in ("127.0.0.1", "::1"):
            return await self._backend.connect_tcp(address, port, timeout=timeout)
        host = next(name for name in self.ports if address in (self.addresses.get(name), self._public(name)))
        return await self._backend.connect_tcp("127.0.0.1", self.ports[host], timeout=timeout)

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        return self._proxy

    def _public(self, host: str) -> str:
        return f"93.184.216.{list(self.ports).index(host) + 1}"
