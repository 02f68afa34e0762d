"""Nothing is found wrong with servers that are well: each is asked over TLS, by its public name."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.doctor.hop import Report
from homeport.doctor.visit import visit
from tests.doctor.front import Front
from tests.doctor.internet import Internet
from tests.doctor.servers import FAST, HOME, SDK, homeport, others, sdk_app, serving
from tests.judges.tls import Authority
from tests.privy.emulator import PrivyEmulator


def troubles(report: Report) -> list[str]:
    return [f"{hop.name}: {hop.detail} {hop.fix}" for hop in report.troubles]


async def test_other_peoples_servers_are_found_well(tmp_path: Path) -> None:
    async with others(tmp_path) as (internet, signer):
        sdk, asked = await visit(f"https://{SDK}", internet)
        assert troubles(sdk) == []
        assert sdk.url == f"https://{SDK}/mcp"
        assert asked.requests <= 12

        async def token(resource: str) -> str:
            return signer.token(aud=resource)

        fast, asked = await visit(f"{FAST}/mcp", internet, tokens=token)
        assert troubles(fast) == []
        assert [hop.state for hop in fast.hops if hop.name in ("tools-2025", "tools-2026")] == ["ok", "ok"]


async def test_a_server_without_sign_in_is_asked_for_its_tools_at_once(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    internet = Internet(authority)
    async with serving(sdk_app(signs_in=False)) as port, authority.place(SDK, Front(port).answer) as place:
        internet.has(place)
        report, _ = await visit(SDK, internet)
        assert troubles(report) == []
        states = {hop.name: hop.state for hop in report.hops}
        assert [states[name] for name in ("tools-2025", "tools-2026", "authorize")] == ["ok", "ok", "skipped"]


@pytest.mark.parametrize("mode", ["owner", "privy", "server"])
async def test_a_homeport_is_found_well_and_asks_itself_at_most_twelve_times(tmp_path: Path, mode: str) -> None:
    authority, front = Authority(tmp_path), Front(None)
    async with PrivyEmulator() as privy, authority.place(HOME, front.answer) as place:
        internet = Internet(authority)
        internet.has(place)
        network = privy.network(internet)
        options: dict[str, str] = {"privy_app_id": privy.app.app_id, "people": "invite"} if mode == "privy" else {}
        environ = {"PRIVY_APP_SECRET": privy.app.app_secret} if mode == "privy" else {}
        serve = mode == "server"
        async with homeport(tmp_path, network, front, serve=serve, environ=environ, **options) as engine:
            # One of them goes to /health, by which the engine learns its own network.
            assert 8 < len(front.seen) <= 12
            front.heal()
            report = await engine.doctor("")
            assert [h for h in report.hops if h.state not in ("ok", "skipped") and h.name != "keyring"] == []
            assert {h.name for h in report.hops if h.state == "ok"} >= {
                "authorize",
                "tools-2025",
                "tools-2026",
                "widgets",
            }
            assert ("privy" in {h.name for h in report.hops}) == (mode == "privy")
            assert len(front.seen) <= 11
            assert not any("public" in warning for warning in (await engine.status()).warnings)
