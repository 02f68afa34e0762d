"""The public origin has one writer, the engine: what is left of an origin that another one follows (SECURITY)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from homeport.engine.engine import Engine
from homeport.events import Event, GrantCreated, GrantRevoked, PublicUrlChanged
from tests.auth.door import Door, Signed, code_on
from tests.auth.outside import HandClock
from tests.auth.tiny import tiny_app
from tests.engine.engines import NamedTunnel, engine_for
from tests.program import free_ports

ONE = "https://one.tunnel.invalid"
TWO = "https://two.tunnel.invalid"


class TunnelDoor(Door):
    """The same folder, again and again behind a tunnel of the test's own. `kill` leaves as a killed process does."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, HandClock(), public=False, database_url="", app=tiny_app())
        (self._port,) = free_ports(1)
        self.tunnel = NamedTunnel("one")

    def make_engine(self) -> Engine:
        return engine_for(self.folder, tunnel=self.tunnel, clock=self.clock, port=self._port)

    async def kill(self) -> None:
        """Nothing is told to anybody: no tunnel is stopped, no grant revoked. Only the file's lock goes."""
        await self._http.aclose()
        await self.engine._listener.stop()
        await self.engine._end_background()
        await self.engine.rooms.close()

    async def sign_in_at(self, origin: str) -> Signed:
        app = await self.register()
        app.origin = origin
        browser = self.browser()
        browser.origin, browser.address = origin, None if origin == self.local else "203.0.113.7"
        page = await browser.open(app.link(scope="read offline_access"))
        await self.approve(code_on(page), other_network=True)
        answer = await app.exchange(await self.walk_back(app, browser, page))
        assert answer.status_code == 200, answer.text
        return Signed(app, browser, "", answer.json())

    def told(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def behind(folder: Path, *names: str, stable: bool = False) -> AsyncIterator[TunnelDoor]:
    door = TunnelDoor(folder / "data")
    door.tunnel = NamedTunnel(*names, stable=stable)
    await door.start()
    try:
        yield door
    finally:
        await door.stop()


async def works(door: TunnelDoor, signed: Signed) -> list[int]:
    """Statuses of a tool call and of a refresh, at the origin the client knows."""
    called = await signed.app.call(signed.access, "get-items")
    refreshed = await signed.app.refresh(signed.refresh)
    if refreshed.status_code == 200:
        signed.answer = refreshed.json()
    return [called.status_code, refreshed.status_code]


async def test_when_the_public_origin_changes_the_old_host_is_refused_at_once(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", "two", stable=True) as door:
        assert (await door.get("/", origin=ONE)).status_code == 200
        await door.engine.stop()
        await door.engine.start()
        for path in ("/", "/mcp", "/token", "/.well-known/oauth-authorization-server", "/nothing"):
            assert (await door.get(path, origin=ONE)).status_code == 421
            assert (await door.get(path, origin=TWO)).status_code != 421
        (changed,) = [event for event in door.told(PublicUrlChanged) if event.old is not None]
        assert (changed.old, changed.new) == (ONE, TWO)


async def test_a_token_of_one_origin_is_refused_at_every_other(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", stable=True) as door:
        signed = await door.sign_in_at(ONE)
        assert await works(door, signed) == [200, 200]
        signed.app.origin = door.local
        assert await works(door, signed) == [401, 400]
        assert [event.issuer for event in door.told(GrantCreated)] == [ONE]


async def test_a_stable_origin_that_left_is_refused_and_lives_again_when_exactly_it_returns(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", stable=True) as door:
        signed = await door.sign_in_at(ONE)
        assert await works(door, signed) == [200, 200]

        door.tunnel.is_called("two")
        await door.restart()
        assert await works(door, signed) == [421, 421]
        signed.app.origin = TWO
        assert await works(door, signed) == [401, 400]
        assert (await door.engine.grants())[0].resource == f"{ONE}/mcp"

        door.tunnel.is_called("one")
        await door.restart()
        signed.app.origin = ONE
        assert await works(door, signed) == [200, 200]
        assert door.told(GrantRevoked) == []


async def test_the_grants_of_an_unstable_tunnel_are_revoked_when_it_ends(tmp_path: Path) -> None:
    async with behind(tmp_path, "one") as door:
        signed = await door.sign_in_at(ONE)
        local = await door.sign_in_at(door.local)
        assert await works(door, signed) == [200, 200]
        await door.engine.stop()
        assert {grant.resource: grant.state for grant in await door.engine.grants()} == {
            f"{ONE}/mcp": "revoked",
            local.app.resource: "live",
        }
        await door.engine.start()
        assert await works(door, signed) == [401, 400]


async def test_after_a_kill_the_next_start_revokes_the_grants_of_an_unstable_tunnel_whatever_its_name(
    tmp_path: Path,
) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        async with behind(folder, "one") as door:
            signed = await door.sign_in_at(ONE)
            await door.kill()
            door.tunnel = NamedTunnel(name)
            await door.start()
            assert [grant.state for grant in await door.engine.grants()] == ["revoked"]
            signed.app.origin = f"https://{name}.tunnel.invalid"
            assert await works(door, signed) == [401, 400]


async def test_after_a_kill_a_stable_tunnel_keeps_its_grants(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", stable=True) as door:
        signed = await door.sign_in_at(ONE)
        await door.kill()
        await door.start()
        assert await works(door, signed) == [200, 200]


async def test_a_change_is_told_once_and_a_return_of_the_same_url_not_at_all(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", stable=True) as door:
        await door.engine.stop()
        await door.engine.start()
        await door.restart()
        assert [(e.old, e.new) for e in door.told(PublicUrlChanged)] == [(None, ONE)]
        door.tunnel.is_called("two")
        await door.restart()
        await door.restart()
        assert [(e.old, e.new) for e in door.told(PublicUrlChanged)] == [(None, ONE), (ONE, TWO)]


async def test_an_authorization_request_belongs_to_the_origin_it_began_at(tmp_path: Path) -> None:
    async with behind(tmp_path, "one", "two", stable=True) as door:
        app = await door.register()
        app.origin = ONE
        browser = door.browser()
        browser.origin, browser.address = ONE, "203.0.113.7"
        page = await browser.open(app.link())
        await door.engine.stop()
        await door.engine.start()
        assert (await browser.get(page.request.url.path)).status_code == 421
        # A browser sends no cookie of one host to another one.
        elsewhere = door.browser()
        elsewhere.origin = TWO
        assert (await elsewhere.get(page.request.url.path)).status_code == 404


async def test_the_status_tells_the_public_url_as_soon_as_and_as_long_as_it_leads_here(tmp_path: Path) -> None:
    async with behind(tmp_path, "one") as door:
        status = await door.engine.status()
        assert (status.public_url, status.connector_url) == (ONE, f"{ONE}/mcp")
        assert (status.tunnel_state.expires_at, status.tunnel_state.interstitial) == (0, "")
        assert door.tunnel.leads_to == f"http://127.0.0.1:{door.port}"
        await door.engine.stop()
        status = await door.engine.status()
        assert (status.public_url, urlsplit(status.connector_url).hostname) == ("", "localhost")
        assert door.tunnel.leads_to == ""
        door.tunnel.expires_at = door.clock() + 3600
        await asyncio.gather(door.engine.start(), door.engine.start())
        status = await door.engine.status()
        assert (status.public_url, status.tunnel_state.expires_at) == (ONE, door.tunnel.expires_at)
