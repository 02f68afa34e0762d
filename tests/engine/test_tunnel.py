"""An engine with ngrok's tunnel, played by a strict program: states, causes and actions, the origin, grants, tokens."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx2
import pytest

from homeport.engine import facts, interruptions, public_door
from homeport.errors import HomeportError, StoreError, TunnelError, VaultError
from homeport.events import Discovered, TunnelLimitNear, TunnelStateChanged
from homeport.tunnel import ngrok_agent
from tests.engine.engines import census, health
from tests.engine.tunnel_scene import OWN, Scene
from tests.program import free_ports
from tests.tunnel.agents import TOKEN

OTHER = "3anotherTokenOfATest_9kQ2"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same order of events, sooner."""
    monkeypatch.setattr(ngrok_agent, "DIAL_SECONDS", 0.1)
    monkeypatch.setattr(public_door, "QUICK_TICK", 0.1)
    monkeypatch.setattr("homeport.tunnel.supervisor.FIRST_PAUSE", 0.2)


async def test_it_is_online_here_at_once_and_has_its_public_url_a_moment_later(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        assert await health(engine) == 200
        first = await engine.status()
        assert (first.tunnel, first.public_url, first.tunnel_state.state) == ("ngrok", "", "starting")
        up = await scene.until(engine, "up")
        assert (up.public_url, up.stable, up.cause, up.action) == (OWN, True, "", "")
        assert (up.request_limit, up.byte_limit) == (20_000, 1_000_000_000)
        assert (await engine.status()).connector_url == f"{OWN}/mcp"
        assert len(scene.program.running()) == 1
    assert scene.program.running() == []
    assert (await engine.status()).tunnel_state.state == "off"


async def test_before_one_signs_in_the_page_of_ngroks_own_is_told_of(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        up = await scene.until(engine, "up")
        assert up.interstitial.startswith("ngrok's free plan shows a page of its own first")
        engine.events.publish(Discovered(1, "ChatGPT", OWN))
        step = next(step for step in (await engine.checklist()).steps if step.state == "now")
        assert step.name == "sign-in"
        assert step.action.endswith(f"a page opens that shows a code. {up.interstitial}")
        check = await engine.tunnel_check()
        assert (check.stable_host, check.needs_account) == (True, True)


async def test_the_name_is_kept_over_restarts_and_told_as_new_only_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
    scene.program.steer(domain="somebody-else.ngrok-free.dev")
    begun = len(scene.events)
    async with scene.online() as engine:
        assert (await scene.until(engine, "up", after=begun)).public_url == OWN
    assert scene.urls() == [(None, OWN)]


async def test_without_a_token_it_stays_here_and_says_what_it_needs(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    async with scene.online() as engine:
        needs = await scene.until(engine, "needs-token")
        assert "authtoken" in needs.cause
        assert "get-started/your-authtoken" in needs.action
        assert await health(engine) == 200
        assert (await engine.tunnel_check()).token == "missing"
    assert scene.program.runs == []
    assert not (scene.folder / "tunnel").exists()


async def test_a_token_that_is_given_is_tried_and_kept_only_if_ngrok_takes_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    scene.program.steer(refused=[OTHER])
    async with scene.online() as engine:
        await scene.until(engine, "needs-token")
        with pytest.raises(VaultError, match="This is not what ngrok holds"):
            await engine.set_tunnel_token("two words")
        with pytest.raises(TunnelError, match="does not accept the authtoken") as caught:
            await engine.set_tunnel_token(OTHER)
        assert "your-authtoken" in caught.value.hint
        assert engine.rooms.vault.get("ngrok") is None
        up = await engine.set_tunnel_token(f" {TOKEN}\n")
        assert (up.state, up.public_url) == ("up", OWN)
        assert engine.rooms.vault.get("ngrok") == TOKEN
        with pytest.raises(TunnelError, match="Nothing was stored"):
            await engine.set_tunnel_token(OTHER)
        assert engine.rooms.vault.get("ngrok") == TOKEN
        assert (await engine._door.settled()).state == "up"  # again with the one from before
        assert {secret.name: secret.present for secret in await engine.secrets()}["ngrok"]
        assert (await engine.tunnel_check()).token == "kept"
    assert TOKEN not in "".join(map(repr, scene.events))


async def test_a_token_is_kept_where_ngrok_cannot_be_asked(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    scene.program.steer(mode="no network")
    async with scene.online() as engine:
        status = await engine.set_tunnel_token(TOKEN)
        assert status.state == "down"
        assert "cannot be reached" in status.cause
        assert engine.rooms.vault.get("ngrok") == TOKEN
        await engine.stop()
        assert (await engine.set_tunnel_token(OTHER)).state == "off"
        assert engine.rooms.vault.get("ngrok") == OTHER


async def test_the_token_of_ngroks_own_configuration_is_offered_and_taken(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    async with scene.online() as engine:
        await scene.until(engine, "needs-token")
        with pytest.raises(TunnelError, match="has no authtoken"):
            await engine.adopt_tunnel_token()
        own = Path(scene.program.environ["HOME"]) / ".config" / "ngrok" / "ngrok.yml"
        own.parent.mkdir(parents=True)
        own.write_text(f'version: "3"\nagent:\n  authtoken: {TOKEN}\n')
        found = await engine.tunnel_check()
        assert (found.token, found.token_where) == ("found", str(own))
        assert (await engine.adopt_tunnel_token()).state == "up"
        assert engine.rooms.vault.get("ngrok") == TOKEN


async def test_a_token_for_another_tunnel_is_refused_with_words(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    scene.folder.mkdir(mode=0o700)
    (scene.folder / "homeport.toml").write_text('tunnel = "none"\n')
    async with scene.online() as engine:
        assert (await engine.status()).tunnel_state.state == "off"
        assert (await engine.tunnel_check()).provider == "none"
        with pytest.raises(TunnelError, match="The tunnel is none"):
            await engine.set_tunnel_token(TOKEN)


@pytest.mark.parametrize(
    ("mode", "state", "cause", "action"),
    [
        ("revoked", "needs-token", "was reset, or revoked", "get-started/your-authtoken"),
        ("old", "error", "too old", "ngrok update"),
        ("quota", "error", "limit of requests for this month", "dashboard.ngrok.com/billing"),
        ("sessions", "down", "Another ngrok program", "dashboard.ngrok.com/agents"),
        ("proxy", "error", "through a proxy", "NO_PROXY=ngrok.com"),
    ],
)
async def test_what_ngrok_refuses_is_in_the_status_and_homeport_works_here(
    mode: str, state: str, cause: str, action: str, tmp_path: Path
) -> None:
    scene = Scene(tmp_path)
    scene.environ["https_proxy"] = "http://127.0.0.1:9"
    scene.program.steer(mode=mode, without_proxy="no network")
    async with scene.online() as engine:
        found = await scene.until(engine, state)
        assert cause in found.cause
        assert action in found.action
        assert await health(engine) == 200
        assert (await engine.status()).state == "online"
        runs = len(scene.program.runs)
        scene.program.steer()
        assert (await engine.restart_tunnel()).state == "up"
        assert len(scene.program.runs) > runs
        assert (await engine.status()).tunnel_state.cause == ""


async def test_an_agent_that_is_killed_is_started_again_under_its_name_and_nobody_is_logged_out(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        for _ in range(3):
            begun = len(scene.events)
            (pid,) = scene.program.running()
            os.kill(pid, signal.SIGKILL)
            down = await scene.until(engine, "down", after=begun)
            assert down.public_url == OWN
            assert (await scene.until(engine, "up", after=begun)).public_url == OWN
            assert len(scene.program.running()) == 1
        causes = [
            event.cause for event in scene.events if isinstance(event, TunnelStateChanged) and event.state == "down"
        ]
        assert all("ended from outside" in cause for cause in causes)
    assert scene.urls() == [(None, OWN)]


async def test_a_lost_network_is_reconnecting_and_then_up_again_by_the_same_program(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        before = scene.program.running()
        await scene.program.happens("lose")
        lost = await scene.until(engine, "reconnecting")
        assert ("cannot be reached" in lost.cause, lost.public_url) == (True, OWN)
        begun = len(scene.events)
        await scene.program.happens("back")
        assert (await scene.until(engine, "up", after=begun)).cause == ""
        assert scene.program.running() == before
    assert scene.urls() == [(None, OWN)]


async def test_an_unstable_name_lives_through_a_reconnect_and_goes_with_its_program(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    first, second = "https://5f1e-203-0-113-7.ngrok-free.app", "https://77aa-203-0-113-7.ngrok-free.app"
    scene.program.steer(domain=first.removeprefix("https://"))
    async with scene.online() as engine:
        assert not (await scene.until(engine, "up")).stable
        revoked: list[str] = []
        revoke = engine.rooms.auth.exchanges.revoke_issuer

        async def noted(issuer: str, reason: str) -> Any:
            revoked.append(issuer)
            return await revoke(issuer, reason)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(engine.rooms.auth.exchanges, "revoke_issuer", noted, raising=False)
            await scene.program.happens("lose")
            await scene.until(engine, "reconnecting")
            begun = len(scene.events)
            await scene.program.happens("back")
            await scene.until(engine, "up", after=begun)
            assert (revoked, engine.origins.public is not None) == ([], True)
            scene.program.steer(domain=second.removeprefix("https://"))
            begun = len(scene.events)
            os.kill(scene.program.running()[0], signal.SIGKILL)
            assert (await scene.until(engine, "up", after=begun)).public_url == second
            assert revoked == [first]
            assert scene.urls() == [(None, first), (first, second)]


async def test_another_unstable_name_is_told_as_a_change_also_after_a_stop_in_between(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    names = ("5f1e-203-0-113-7.ngrok-free.app", "77aa-203-0-113-7.ngrok-free.app", "88bb-203-0-113-7.ngrok-free.app")
    for name in names[:2]:
        scene.program.steer(domain=name)
        begun = len(scene.events)
        async with scene.online() as engine:
            await scene.until(engine, "up", after=begun)
    scene.program.steer(domain=names[2])
    begun = len(scene.events)
    async with scene.online() as engine:
        await scene.until(engine, "up", after=begun)
        await engine.stop()
        begun = len(scene.events)
        await engine.start()
        await scene.until(engine, "up", after=begun)
    one, two, three = (f"https://{name}" for name in names)
    assert scene.urls() == [(None, one), (one, two), (two, three), (None, three)]


async def test_a_program_that_stands_still_is_noticed_and_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ngrok_agent, "ALIVE_SECONDS", 1.5)
    monkeypatch.setattr(interruptions, "ALIVE_EVERY", 0.1)
    monkeypatch.setattr(public_door, "TICK", 0.1)
    monkeypatch.setattr("homeport.tunnel.supervisor.PATIENCE", {True: 0.5, False: 600.0})
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        (stopped,) = scene.program.running()
        os.kill(stopped, signal.SIGSTOP)
        begun = len(scene.events)
        deaf = await scene.until(engine, "reconnecting", after=begun)
        assert "does not answer" in deaf.cause
        assert (await scene.until(engine, "up", after=begun)).public_url == OWN
        assert stopped not in scene.program.running()
        assert len(scene.program.running()) == 1


async def test_a_used_up_month_is_seen_from_outside_where_the_program_knows_nothing_of_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        engine._door.answered_outside("ERR_NGROK_3200")
        engine._door.answered_outside("ERR_NGROK_725")
        spent = await scene.until(engine, "error")
        assert "limit of outgoing data" in spent.cause
        assert "dashboard.ngrok.com/billing" in spent.action


async def test_requests_and_bytes_are_counted_beside_the_limit_and_its_nearness_is_said_once(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    scene = Scene(tmp_path)
    scene.program.steer(public_port=port)
    async with scene.online() as engine, httpx2.AsyncClient(trust_env=False) as browser:
        await scene.until(engine, "up")
        headers = {"Host": OWN.removeprefix("https://"), "User-Agent": "ChatGPT"}
        before = (await engine.status()).tunnel_state
        answer = await browser.get(f"http://127.0.0.1:{port}/", headers=headers)
        assert answer.status_code == 200
        assert (
            "ERR_NGROK_6024"
            in (await browser.get(f"http://127.0.0.1:{port}/", headers=headers | {"User-Agent": "Mozilla/5.0"})).text
        )
        await browser.get(f"http://127.0.0.1:{engine.origins.port}/")  # from here, and not through the tunnel
        counted = (await engine.status()).tunnel_state
        assert counted.requests == before.requests + 1
        assert counted.bytes_out >= before.bytes_out + len(answer.content)
        await engine.housekeeping()
        engine.rooms.public.traffic.requests += 15_999
        await engine.housekeeping()
        await engine.housekeeping()
        engine.rooms.public.traffic.requests += 1
        await engine.stop()
        await engine.start()
        assert (await engine.status()).tunnel_state.requests == counted.requests + 16_000
    near = [event for event in scene.events if isinstance(event, TunnelLimitNear)]
    assert [(event.what, event.limit) for event in near] == [("requests", 20_000)]


async def test_another_tunnel_that_is_chosen_takes_over_without_a_restart_of_homeport(tmp_path: Path) -> None:
    scene = Scene(tmp_path, port=None)
    (port,) = free_ports(1)
    scene.folder.mkdir(mode=0o700)
    settings = scene.folder / "homeport.toml"
    settings.write_text(f"port = {port}\n")
    async with scene.online() as engine:
        await scene.until(engine, "up")
        settings.write_text(f'port = {port}\ntunnel = "none"\n')
        assert (await engine.restart_tunnel()).state == "off"
        assert scene.program.running() == []
        assert engine.origins.public is None
        settings.write_text(f'port = {port}\npublic_url = "https://fixed.example.com"\n')
        fixed = await engine.restart_tunnel()
        assert (fixed.provider, fixed.state, fixed.public_url) == ("fixed", "up", "https://fixed.example.com")
        settings.write_text(f"port = {port}\n")
        assert (await engine.restart_tunnel()).public_url == OWN
        await engine.stop()
        with pytest.raises(HomeportError, match="not online"):
            await engine.restart_tunnel()


async def test_starts_and_stops_at_any_moment_leave_nothing_behind(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        await engine.stop()
        before = await census()
        for turn in range(6):
            await engine.start()
            if turn % 2:
                await engine._door.settled()
            await engine.stop()
            assert scene.program.running() == []
        assert await census() == before


async def test_what_is_written_down_never_holds_the_token(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        rows = await engine.rooms.database.transaction(lambda tx: tx.all("SELECT key, value FROM state"))
    written = {row["key"]: row["value"] for row in rows}
    assert json.loads(written["tunnel"]) == {"public_url": OWN, "stable": True}
    assert written["tunnel-name-ngrok"] == OWN
    assert TOKEN not in str(written)


async def test_two_tokens_at_once_are_tried_one_after_the_other_and_only_the_right_one_is_kept(tmp_path: Path) -> None:
    scene = Scene(tmp_path, token="")
    scene.program.steer(refused=[OTHER])
    async with scene.online() as engine:
        await scene.until(engine, "needs-token")
        found = await asyncio.gather(
            *(engine.set_tunnel_token(each) for each in (OTHER, TOKEN, OTHER)), return_exceptions=True
        )
        assert [isinstance(each, TunnelError) for each in found] == [True, False, True]
        assert engine.rooms.vault.get("ngrok") == TOKEN
        assert (await engine._door.settled()).state == "up"


async def test_a_database_that_fails_for_a_moment_does_not_end_the_watch_over_the_tunnel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, failures = Scene(tmp_path), [StoreError("The database is away.", hint="Wait.")]
    write = facts.write_last_tunnel

    def fails_once(*given: Any) -> None:
        if failures:
            raise failures.pop()
        write(*given)

    monkeypatch.setattr(facts, "write_last_tunnel", fails_once)
    async with scene.online() as engine:
        down = await scene.until(engine, "down")
        assert down.public_url == ""
        assert "The database is away." in [e.cause for e in scene.events if isinstance(e, TunnelStateChanged)]
        assert (await scene.until(engine, "up")).public_url == OWN
        assert len(scene.program.running()) == 1
