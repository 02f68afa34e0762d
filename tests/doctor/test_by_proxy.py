"""Where a proxy alone knows the internet's names, a name without an address is no fault: the doctor goes on by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpcore2
import pytest

from homeport.doctor.outside import Outside
from homeport.doctor.visit import visit
from homeport.network import SystemNetwork
from tests.doctor.front import Asked, Front
from tests.doctor.servers import HOME, homeport
from tests.judges.tls import Authority
from tests.privy.faults import Down
from tests.privy.ways_in import Connections, connect_proxy


class NoNames(SystemNetwork):
    """The real network of a computer whose DNS knows no name of the internet; it trusts the test's authority."""

    def __init__(self, authority: Authority) -> None:
        super().__init__()
        self._tls = authority.trusting()

    async def resolve(self, host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")


@asynccontextmanager
async def proxied(
    folder: Path, front: Front, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[NoNames, list[str]]]:
    """The network, which is told of a real proxy to https://home.test, and the hosts that proxy was asked for."""
    for name in ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    authority, asked = Authority(folder), list[str]()
    async with authority.place(HOME, front.answer) as place:
        connections = Connections()
        serve = connections.serving(connect_proxy({HOME: place.port}, Down(), asked))
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        try:
            async with server:
                yield NoNames(authority), asked
        finally:
            await connections.end()
            assert connections.failures == []


async def test_a_homeport_that_is_found_by_the_proxy_only_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = Front(None)
    async with proxied(tmp_path, front, monkeypatch) as (network, asked), homeport(tmp_path, network, front) as engine:
        front.heal()
        report = await engine.doctor("")
        found = {hop.name: hop for hop in report.hops}
        assert report.first_failed == ""
        assert found["dns"].state == "skipped"
        assert found["dns"].detail == f"This computer finds no address of {HOME}: its proxy looks the name up."
        assert [found[name].state for name in ("tls", "reach", "authorize", "tools-2026")] == [
            "skipped",
            "ok",
            "ok",
            "ok",
        ]
        assert set(asked) == {HOME}
        assert not any("no address" in warning for warning in (await engine.status()).warnings)


async def test_the_computers_own_network_is_learned_by_the_proxy_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probed = asyncio.Event()

    def there(asked: Asked) -> Asked:
        if asked.path == "/health":
            probed.set()
        return asked

    front = Front(None, there=there)
    async with proxied(tmp_path, front, monkeypatch) as (network, _), homeport(tmp_path, network, front):
        await probed.wait()


async def test_a_name_that_the_proxy_does_not_know_either_fails_at_the_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxied(tmp_path, Front(None), monkeypatch) as (network, asked):
        report, _ = await visit("https://nowhere.test/mcp", network)
    assert asked == ["nowhere.test"]
    failed = next(hop for hop in report.hops if hop.state == "failed")
    assert (failed.name, failed.detail) == (
        "reach",
        "nowhere.test does not answer: the proxy of this computer refused.",
    )
    assert "may not know the name" in failed.fix


async def test_a_host_that_needs_no_proxy_has_to_have_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with proxied(tmp_path, Front(None), monkeypatch) as (network, asked):
        monkeypatch.setenv("NO_PROXY", "nowhere.test")
        report, _ = await visit("https://nowhere.test/mcp", network)
    assert (report.first_failed, asked) == ("dns", [])


async def test_who_is_found_by_the_proxy_only_sends_the_doctor_to_nobody_in_this_network() -> None:
    outside = Outside(SystemNetwork())
    outside.stay_outside([], by_proxy=True)
    with pytest.raises(httpcore2.ConnectError, match="an address that only this network has"):
        await outside.connect("10.0.0.5", 80, timeout=1)
