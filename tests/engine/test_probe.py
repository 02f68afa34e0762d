"""The self-probe learns this computer's own network through a real reverse proxy, and from nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import trustme

from homeport.engine.engine import Engine
from homeport.engine.probe import PROBE_HEADER, SelfProbe
from homeport.network import SystemNetwork
from tests.auth.door import Browser, ChatApp, Door
from tests.auth.outside import HandClock
from tests.auth.tiny import tiny_app
from tests.engine.engines import engine_for
from tests.program import free_ports
from tests.silent_server import silent_server

OWN = "198.51.100.23"
OTHER = "203.0.113.99"


class TrustingNetwork(SystemNetwork):
    """The real network, but for whom it trusts."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__()
        self._trusted = tls

    @property
    def tls(self) -> ssl.SSLContext:
        return self._trusted


class Proxy:
    """A reverse proxy with TLS: says who came in X-Forwarded-For, behind whatever the client claims there itself."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.leads_to = 0
        self.sees = OWN
        authority = trustme.CA()
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._server_tls)
        self.client_tls = ssl.create_default_context()
        authority.configure_trust(self.client_tls)
        self.forwarded: asyncio.Queue[str] = asyncio.Queue()
        self._connections: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Proxy]:
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, ssl=self._server_tls)
        try:
            yield self
        finally:
            server.close()
            # The engine has stopped: whoever was connected has gone, and was answered by nobody.
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._pass_on(reader, writer))
        self._connections.add(connection)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):  # who only looks at a certificate
                await asyncio.wait({connection})
                connection.result()
        finally:
            self._connections.discard(connection)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of a connection. `forwarded` tells of those to /health only: the engine asks more than that."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = head.removesuffix("\r\n\r\n").split("\r\n")
        length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:")), 0)
        body = await reader.readexactly(length)
        claimed = [line.split(": ", 1)[1] for line in lines if line.lower().startswith("x-forwarded-for:")]
        kept = [line for line in lines if not line.lower().startswith(("x-forwarded-for:", "connection:"))]
        seen = ", ".join([*claimed, self.sees])
        asked = "\r\n".join([*kept, f"X-Forwarded-For: {seen}", "X-Forwarded-Proto: https", "Connection: close"])
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.leads_to)
        try:
            inner_writer.write(asked.encode() + b"\r\n\r\n" + body)
            writer.write(await inner_reader.read())
            await writer.drain()
        finally:
            inner_writer.close()
        if " /health " in lines[0]:
            self.forwarded.put_nowait(lines[0])


class ProxiedDoor(Door):
    """An engine whose public URL is that of the proxy."""

    def __init__(self, folder: Path, proxy: Proxy) -> None:
        super().__init__(folder, HandClock(), public=False, database_url="", app=tiny_app())
        self.proxy = proxy

    def make_engine(self) -> Engine:
        network = TrustingNetwork(self.proxy.client_tls)
        (port,) = free_ports(1)
        self.proxy.leads_to = port
        return engine_for(self.folder, clock=self.clock, port=port, public_url=self.proxy.url, network=network)

    async def waiting(self, address: str) -> bool:
        """A browser asks from this address through the proxy; whether the owner is told it sits in this network."""
        client = await self.register()
        app = ChatApp(self, self.proxy.url, client.client_id)
        await Browser(self, self.proxy.url, address).open(app.link())
        (request,) = [r for r in await self.engine.pending() if r.network == address]
        return request.same_network


@asynccontextmanager
async def behind_proxy(folder: Path, *, sees: str = OWN) -> AsyncIterator[ProxiedDoor]:
    (port,) = free_ports(1)
    async with Proxy(port).running() as proxy:
        proxy.sees = sees
        door = ProxiedDoor(folder / "data", proxy)
        await door.start()
        try:
            yield door
        finally:
            await door.stop()


async def test_the_own_network_is_what_the_proxy_says_of_our_own_request(tmp_path: Path) -> None:
    async with behind_proxy(tmp_path) as door:
        assert await door.proxy.forwarded.get() == "GET /health HTTP/1.1"
        assert await door.waiting(OWN)
        assert not await door.waiting(OTHER)


async def test_until_it_is_learned_nobody_from_outside_is_in_this_network(tmp_path: Path) -> None:
    async with behind_proxy(tmp_path, sees="unknown") as door:
        await door.proxy.forwarded.get()
        assert not await door.waiting(OWN)
        # Whoever comes without any address is not in our network because we have none either.
        client = await door.register()
        app = ChatApp(door, door.proxy.url, client.client_id)
        await Browser(door, door.proxy.url, None).open(app.link())
        assert not any(request.same_network for request in await door.engine.pending())


async def test_it_is_forgotten_when_the_engine_stops_and_learned_anew_when_it_starts(tmp_path: Path) -> None:
    async with behind_proxy(tmp_path) as door:
        await door.proxy.forwarded.get()
        await door.engine.stop()
        door.proxy.sees = OTHER
        while not door.proxy.forwarded.empty():  # it may have asked twice
            door.proxy.forwarded.get_nowait()
        await door.engine.start()
        await door.proxy.forwarded.get()
        assert await door.waiting(OTHER)
        assert not await door.waiting(OWN)


async def test_whoever_stops_in_the_middle_of_a_check_leaves_no_connection_open(tmp_path: Path) -> None:
    async with silent_server() as (port, begun, ended):
        engine = engine_for(tmp_path / "data", public_url=f"https://localhost:{port}")
        try:
            await engine.start()
            for _ in ("the probe", "the self-check"):
                await begun.get()
            await engine.stop()
            async with asyncio.timeout(10):
                for _ in ("the probe", "the self-check"):
                    await ended.get()
        finally:
            await engine.close()


async def test_a_request_without_this_process_token_teaches_nothing(tmp_path: Path) -> None:
    async with behind_proxy(tmp_path) as door:
        await door.proxy.forwarded.get()
        door.proxy.sees = OTHER
        async with httpx2.AsyncClient(verify=door.proxy.client_tls, trust_env=False) as stranger:
            for token in ("", "0" * 32, "%ff"):
                answer = await stranger.get(f"{door.proxy.url}/health", headers={PROBE_HEADER: token})
                assert answer.json() == {"status": "ok"}
        assert await door.waiting(OWN)
        assert not await door.waiting(OTHER)


async def test_a_public_url_that_does_not_answer_stops_nothing_and_teaches_nothing() -> None:
    (port,) = free_ports(1)
    probe = SelfProbe(lambda size: b"\x01" * size, lambda: 1.0)
    probe.heard([(PROBE_HEADER.encode(), b"01" * 16), (b"x-forwarded-for", OWN.encode())])
    assert probe.own_network == OWN
    await probe.ask(f"https://localhost:{port}", SystemNetwork())
    assert probe.own_network is None


async def test_only_the_last_address_counts_and_ipv6_counts_by_its_network() -> None:
    probe = SelfProbe(lambda size: b"\x01" * size, lambda: 1.0)
    token = (PROBE_HEADER.encode(), b"01" * 16)
    probe.heard([token, (b"x-forwarded-for", b"203.0.113.1, 198.51.100.2")])
    assert probe.own_network == "198.51.100.2"
    probe.heard([token, (b"x-forwarded-for", b"203.0.113.1"), (b"x-forwarded-for", b"2001:db8:1:2:3::4")])
    assert probe.own_network == "2001:db8:1:2::/64"
    probe.heard([token])
    assert probe.own_network is None


async def test_what_was_learned_is_good_for_a_quarter_of_an_hour_and_asked_anew_after_a_minute() -> None:
    clock = HandClock()
    probe = SelfProbe(lambda size: b"\x01" * size, clock)
    probe.heard([(PROBE_HEADER.encode(), b"01" * 16), (b"x-forwarded-for", OWN.encode())])
    assert probe.stale
    (port,) = free_ports(1)
    await probe.ask(f"https://localhost:{port}", SystemNetwork())
    assert not probe.stale
    probe.heard([(PROBE_HEADER.encode(), b"01" * 16), (b"x-forwarded-for", OWN.encode())])
    clock.now += 61
    assert probe.stale
    assert probe.own_network == OWN
    clock.now += 15 * 60
    assert probe.own_network is None


async def test_a_proxy_in_the_same_house_tells_nothing_about_the_network() -> None:
    probe = SelfProbe(lambda size: b"\x01" * size, lambda: 1.0)
    for address in (b"172.18.0.1", b"192.168.1.7", b"127.0.0.1", b"fd00::1", b"100.64.0.9"):
        probe.heard([(PROBE_HEADER.encode(), b"01" * 16), (b"x-forwarded-for", address)])
        assert probe.own_network is None
