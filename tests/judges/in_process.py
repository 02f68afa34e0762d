"""Homeport in the test's own process, for what a test cannot give to another one: a network that it plays itself."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpcore2

from homeport.control.instance import Instance, acquire
from homeport.control.listener import ControlListener
from homeport.engine.engine import Engine
from homeport.settings import load_settings
from homeport.tunnel import Tunnel
from tests.judges.tls import Authority, Place
from tests.program import Installation


class PlayedNetwork:
    """The network of the fetch guard, with these places in it and nothing else. TLS is verified as ever.

    Built-in hosts are reached wherever a resolver leads, so theirs is a private address; the others have public ones.
    """

    def __init__(
        self, authority: Authority, *places: Place, built_in: frozenset[str] = frozenset({"chatgpt.com"})
    ) -> None:
        self.tls: ssl.SSLContext = authority.trusting()
        self._addresses = {
            place.host: f"10.0.0.{number}" if place.host in built_in else f"93.184.216.{number}"
            for number, place in enumerate(places, 1)
        }
        self._ports = {self._addresses[place.host]: place.port for place in places}
        self._backend = httpcore2.AnyIOBackend()

    async def resolve(self, host: str) -> list[str]:
        if host not in self._addresses:
            raise OSError(f"{host} is not in this network")
        return [self._addresses[host]]

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        assert port == 443
        return await self._backend.connect_tcp("127.0.0.1", self._ports[address], timeout=timeout)

    def proxy(self, host: str) -> None:
        return None


class HomeportHere(Installation):
    """An installation that this process runs, with its control listener, so that the real commands work."""

    def __init__(
        self, folder: Path, network: PlayedNetwork, *, public_url: str = "", tunnel: Tunnel | None = None
    ) -> None:
        super().__init__(folder)
        self._network = network
        self._public_url = public_url
        self._tunnel = tunnel
        self._instance: Instance | None = None
        self._engine: Engine | None = None
        self._control: ControlListener | None = None

    @property
    def issuer(self) -> str:
        return self._public_url or super().issuer

    async def start(self) -> None:
        options = {
            "data_dir": str(self.data_dir),
            "port": str(self.port),
            "control_port": str(self.control_port),
            "public_url": None if self._tunnel else self._public_url or None,
            "ephemeral": "true",
        }
        loaded = load_settings(options=options, environ={}, cwd=self.folder, serve=True)
        self._instance = acquire(loaded.settings.data_dir)
        self._engine = Engine(loaded, environ={}, network=self._network, tunnel=self._tunnel)
        self._control = ControlListener(self._engine, self._instance, quit=lambda: None)
        await self._control.start(self.control_port, may_move=False)
        await self._engine.start()
        if self._tunnel is not None:
            await self.tunnel_is("up")

    async def tunnel_is(self, state: str, *, so: bool = True) -> None:
        """Wait until the tunnel is so, or no longer."""
        assert self._engine is not None
        async with asyncio.timeout(30):
            while ((await self._engine.status()).tunnel_state.state == state) is not so:
                await asyncio.sleep(0.02)

    async def stop(self) -> None:
        engine, control, instance = self._engine, self._control, self._instance
        self._engine = self._control = self._instance = None
        if engine is not None:
            await engine.stop()
        if control is not None:
            await control.stop()
        if engine is not None:
            await engine.close()
        if instance is not None:
            instance.release()

    async def restart(self) -> None:
        await self.stop()
        await self.start()


@asynccontextmanager
async def homeport_here(
    folder: Path, network: PlayedNetwork, *, public_url: str = "", tunnel: Tunnel | None = None
) -> AsyncIterator[HomeportHere]:
    """`tunnel`: what leads to it from `public_url`, if not a proxy that nobody watches."""
    homeport = HomeportHere(folder, network, public_url=public_url, tunnel=tunnel)
    try:
        await homeport.start()
        yield homeport
    finally:
        await homeport.stop()
