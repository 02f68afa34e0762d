"""Cloudflare's tunnel against a program as strict as the real one should be: quick and named, lost and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.tunnel import Again, Capabilities, Happening, TunnelFault
from homeport.tunnel import cloudflared as room
from homeport.tunnel.cloudflared import CloudflaredTunnel
from tests.tunnel.agents import LOCAL, FakeProgram, Listening, open_descriptors

TOKEN = "eyJhIjoiZXhhbXBsZSJ9"
NAMED: dict[str, Any] = {"token": lambda: TOKEN, "public_url": "https://home.example.com"}


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    return FakeProgram(tmp_path / "bin", "cloudflared")


def tunnel_with(program: FakeProgram, **given: Any) -> CloudflaredTunnel:
    options: dict[str, Any] = {"environ": program.environ, "token": lambda: ""}
    return CloudflaredTunnel(program.folder / "data", **(options | given))


def order(program: FakeProgram, what: str) -> None:
    with (program.folder / "orders").open("a") as orders:
        orders.write(f"{what}\n")


async def refused(tunnel: CloudflaredTunnel) -> TunnelFault:
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start(LOCAL)
    return caught.value


async def test_a_quick_tunnel_has_a_name_that_does_not_come_back(program: FakeProgram) -> None:
    tunnel = tunnel_with(program)
    info = await tunnel.start(LOCAL)
    assert (info.public_url, info.stable) == ("https://four-random-words-here.trycloudflare.com", False)
    assert tunnel.capabilities == Capabilities(stable_host=False, needs_account=False)
    assert await tunnel.alive()
    assert (await tunnel.preflight()).program_source == "path"
    await tunnel.stop()
    assert program.running() == []


async def test_a_named_tunnel_is_stable_and_its_token_only_in_a_private_file(program: FakeProgram) -> None:
    secrets = {"TUNNEL_TOKEN": TOKEN, "HOMEPORT_SECRET_CLOUDFLARED": TOKEN}
    tunnel = tunnel_with(program, **NAMED, environ=program.environ | secrets)
    info = await tunnel.start(LOCAL)
    assert (info.public_url, info.stable) == ("https://home.example.com", True)
    assert tunnel.capabilities == Capabilities(stable_host=True, needs_account=True)
    (run,) = program.runs
    assert run["token"] == TOKEN
    assert TOKEN not in str(run["arguments"]) + str(run["environment"])
    await tunnel.stop()
    assert not (program.folder / "data" / room.TOKEN_FILE).exists()


async def test_lost_and_back_and_ended_are_told(program: FakeProgram) -> None:
    tunnel = tunnel_with(program)
    tunnel.heard = heard = Listening()
    await tunnel.start(LOCAL)
    order(program, "lose")
    lost = (await heard.until(Happening.LOST)).fault
    assert lost is not None
    assert "Cloudflare cannot be reached" in lost.message
    assert "7844" in lost.hint
    assert not await tunnel.alive()
    heard.heard.clear()
    order(program, "back")
    await heard.until(Happening.BACK)
    assert await tunnel.alive()
    order(program, "die")
    ended = (await heard.until(Happening.ENDED)).fault
    assert ended is not None
    assert "Register tunnel error" in ended.message
    assert ended.again is Again.SOON
    await tunnel.stop()


async def test_what_fails_becomes_a_cause_and_an_action(program: FakeProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "STARTUP_SECONDS", 0.5)
    program.steer(mode="bad token")
    wrong = await refused(tunnel_with(program, **NAMED))
    assert "does not accept the tunnel's token" in wrong.message
    assert "homeport secrets set cloudflared" in wrong.hint
    assert (wrong.again, wrong.tokenless) == (Again.NEVER, True)
    program.steer(mode="no network")
    away = await refused(tunnel_with(program))
    assert ("Cloudflare cannot be reached." in away.message, away.again) == (True, Again.NETWORK)
    program.steer(mode="silent")
    silent = await refused(tunnel_with(program))
    assert ("did not get a connection" in silent.message, silent.again) == (True, Again.SOON)
    assert program.running() == []


async def test_it_is_used_only_where_it_is_installed_and_set_up_whole(program: FakeProgram) -> None:
    missing = await refused(tunnel_with(program, environ={"PATH": "/nowhere"}))
    assert "not installed" in missing.message
    assert "developers.cloudflare.com" in missing.hint
    half = await refused(tunnel_with(program, token=lambda: TOKEN))
    assert "cloudflared_url is not set" in half.message
    other_half = await refused(tunnel_with(program, public_url="https://home.example.com"))
    assert (other_half.tokenless, program.runs) == (True, [])
    assert (await tunnel_with(program, token=lambda: TOKEN).preflight()).problem == half.message


async def test_many_restarts_leave_no_descriptor_open(program: FakeProgram) -> None:
    tunnel = tunnel_with(program)
    await tunnel.start(LOCAL)
    await tunnel.stop()
    before = open_descriptors()
    for _ in range(4):
        await tunnel.start(LOCAL)
        await tunnel.stop()
    assert open_descriptors() == before
