"""ngrok's tunnel against a program as strict as the real one should be: what it is given, and all that fails."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from pathlib import Path
from typing import Any

import pytest

from homeport.tunnel import Again, Capabilities, Happening, TunnelFault
from homeport.tunnel import ngrok_agent as agent
from homeport.tunnel.ngrok import INTERSTITIAL
from homeport.tunnel.ngrok_token import configuration_files, find_token
from tests.tunnel.agents import LOCAL, TOKEN, FakeProgram, Listening, ngrok_with, open_descriptors

OWN = "https://careful-heron-42.ngrok-free.dev"


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    return FakeProgram(tmp_path / "bin")


async def refused(program: FakeProgram, **given: Any) -> TunnelFault:
    """Why it does not start; nothing of it runs afterwards."""
    tunnel = ngrok_with(program, **given)
    with pytest.raises(TunnelFault) as caught:
        await tunnel.start(LOCAL)
    assert program.running() == []
    assert not (program.folder / "data" / agent.CONFIGURATION).exists()
    return caught.value


async def test_it_gives_the_accounts_own_name_and_asks_for_that_name_again(program: FakeProgram) -> None:
    tunnel = ngrok_with(program)
    info = await tunnel.start(LOCAL)
    assert (info.public_url, info.stable, info.provider) == (OWN, True, "ngrok")
    assert tunnel.wanted == OWN
    await tunnel.stop()
    program.steer(domain="another-name.ngrok-free.dev")
    assert (await tunnel.start(LOCAL)).public_url == OWN
    await tunnel.stop()
    assert program.running() == []


async def test_a_name_for_one_session_is_not_stable(program: FakeProgram) -> None:
    program.steer(domain="5f1e-203-0-113-7.ngrok-free.app")
    tunnel = ngrok_with(program)
    assert not (await tunnel.start(LOCAL)).stable
    await tunnel.stop()


@pytest.mark.parametrize(
    ("domain", "page"),
    [("", INTERSTITIAL), ("mine.ngrok-free.dev", INTERSTITIAL), ("home.example.com", ""), ("mine.ngrok.app", "")],
)
def test_a_browser_meets_ngroks_own_page_first_but_not_at_a_name_that_is_paid_for(
    domain: str, page: str, program: FakeProgram
) -> None:
    can = ngrok_with(program, domain=domain).capabilities
    assert can == Capabilities(stable_host=True, needs_account=True, browser_interstitial=page)


async def test_the_token_is_in_a_private_file_and_nowhere_else(program: FakeProgram) -> None:
    secrets = {"NGROK_AUTHTOKEN": TOKEN, "HOMEPORT_SECRET_NGROK": TOKEN, "PRIVY_APP_SECRET": "hush", "LANG": "C"}
    tunnel = ngrok_with(program, environ=program.environ | secrets)
    await tunnel.start(LOCAL)
    file = program.folder / "data" / agent.CONFIGURATION
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    (run,) = program.runs
    assert run["token"] == TOKEN
    assert TOKEN not in " ".join(run["arguments"])
    assert {"PATH", "HOME", "LANG"} <= set(run["environment"]) <= {"PATH", "HOME", "LANG", "LC_CTYPE"}
    command = Path(f"/proc/{run['pid']}/cmdline").read_bytes() + Path(f"/proc/{run['pid']}/environ").read_bytes()
    assert TOKEN.encode() not in command
    await tunnel.stop()
    assert not file.exists()


PROXY = {"https_proxy": "http://127.0.0.1:9"}


def proxies(program: FakeProgram) -> list[bool]:
    """Whether it was given the proxy, each time."""
    return ["https_proxy" in run["environment"] for run in program.runs]


ACCOUNT = "dashboard.ngrok.com/get-started/your-authtoken"
FAULTS = {
    "badtoken": ("does not accept the authtoken", ACCOUNT, Again.NEVER, True),
    "revoked": ("was reset, or revoked", ACCOUNT, Again.NEVER, True),
    "notoken": ("wants an authtoken", ACCOUNT, Again.NEVER, True),
    "sessions": ("Another ngrok program uses this account", "dashboard.ngrok.com/agents", Again.SOON, False),
    "old": ("too old", "ngrok update", Again.NEVER, False),
    "no-endpoints": ("too old", "ngrok update", Again.NEVER, False),
    "quota": ("limit of requests for this month", "dashboard.ngrok.com/billing", Again.HOURLY, False),
    "new": ("Something nobody has heard of", "err_ngrok_9999", Again.SOON, False),
    "no network": ("cannot be reached", "internet connection", Again.NETWORK, False),
}


@pytest.mark.parametrize("mode", FAULTS)
async def test_what_ngrok_refuses_becomes_a_cause_and_an_action(mode: str, program: FakeProgram) -> None:
    cause, action, again, tokenless = FAULTS[mode]
    program.steer(mode=mode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(agent, "DIAL_SECONDS", 0.1)
        fault = await refused(program)
    assert cause in fault.message
    assert action in fault.hint
    assert (fault.again, fault.tokenless) == (again, tokenless)
    assert "\\n" not in str(fault)


@pytest.mark.parametrize(
    ("said", "cause", "again"),
    [
        ("The endpoint is already online.\n\nERR_NGROK_334\n", "in use by another ngrok program", Again.SOON),
        ("The domain is reserved for another account.\n\nERR_NGROK_319\n", "does not belong", Again.NEVER),
        ("Only paid plans may bind to this.\n\nERR_NGROK_313\n", "does not belong", Again.NEVER),
    ],
)
async def test_a_domain_that_is_chosen_and_cannot_be_had(
    said: str, cause: str, again: Again, program: FakeProgram
) -> None:
    program.steer(endpoint_fault={"https://mine.ngrok.app": said})
    fault = await refused(program, domain="mine.ngrok.app")
    assert cause in fault.message
    assert fault.again is again
    assert fault.hint


async def test_a_remembered_name_of_another_account_gives_way_to_the_accounts_own(program: FakeProgram) -> None:
    program.steer(endpoint_fault={"https://old.ngrok-free.dev": "Reserved for another account. ERR_NGROK_320"})
    tunnel = ngrok_with(program)
    tunnel.wanted = "https://old.ngrok-free.dev"
    assert (await tunnel.start(LOCAL)).public_url == OWN
    await tunnel.stop()


async def test_a_proxy_that_ngrok_refuses_is_left_out_where_the_network_needs_none(program: FakeProgram) -> None:
    program.steer(mode="proxy")
    tunnel = ngrok_with(program, environ=program.environ | PROXY)
    assert (await tunnel.start(LOCAL)).public_url == OWN
    await tunnel.stop()
    assert proxies(program) == [True, False]


async def test_a_proxy_that_ngrok_refuses_where_nothing_else_leads_out_is_the_cause(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "DIAL_SECONDS", 0.1)
    program.steer(mode="proxy", without_proxy="no network")
    tunnel = ngrok_with(program, environ=program.environ | PROXY)
    for _ in range(2):  # as often as somebody wants it tried: with the proxy, and without
        with pytest.raises(TunnelFault) as caught:
            await tunnel.start(LOCAL)
        fault = caught.value
        assert fault.provider_code == "ERR_NGROK_9009"
        assert "through a proxy, and ngrok's free plan refuses proxies" in fault.message
        assert "NO_PROXY=ngrok.com" in fault.hint
        assert "--tunnel cloudflared" in fault.hint
        assert (fault.again, fault.tokenless) == (Again.NEVER, False)
        assert program.running() == []
    assert proxies(program) == [True, False] * 2


async def test_what_ngrok_says_without_the_proxy_counts_where_it_is_reached_without(program: FakeProgram) -> None:
    program.steer(mode="proxy", without_proxy="revoked")
    fault = await refused(program, environ=program.environ | PROXY)
    assert "was reset, or revoked" in fault.message
    assert fault.tokenless
    assert proxies(program) == [True, False]


async def test_a_program_that_prints_nothing_is_ended_after_a_while(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "STARTUP_SECONDS", 0.6)
    program.steer(mode="silent")
    fault = await refused(program)
    assert "said nothing" in fault.message
    assert "security program" in fault.hint
    assert len(program.runs) == 1


async def test_without_a_token_nothing_is_looked_for_or_started(program: FakeProgram) -> None:
    fault = await refused(program, token="")
    assert (fault.tokenless, program.runs) == (True, [])
    assert ACCOUNT in fault.hint
    assert not (program.folder / "data").exists()


async def test_a_token_in_ngroks_own_configuration_is_found_and_offered(program: FakeProgram, tmp_path: Path) -> None:
    (file, *_) = configuration_files({"HOME": str(program.folder)})
    file.parent.mkdir(parents=True)
    file.write_text(f'version: "3"\nagent:\n    authtoken: {TOKEN}\n')
    fault = await refused(program, token="")
    assert str(file) in fault.hint
    checked = await ngrok_with(program, token="").preflight()
    assert (checked.token, checked.token_where) == ("found", str(file))
    assert TOKEN not in repr(checked) + repr(find_token(program.environ))
    found = find_token(program.environ)
    assert found is not None
    assert found.token == TOKEN


async def test_the_agents_death_is_told_with_what_it_said_last(program: FakeProgram) -> None:
    heard = Listening()
    tunnel = ngrok_with(program)
    tunnel.heard = heard
    await tunnel.start(LOCAL)
    os.kill(program.running()[0], signal.SIGKILL)
    first = (await heard.until(Happening.ENDED)).fault
    assert first is not None
    assert "ended from outside" in first.message
    assert first.again is Again.SOON
    assert not await tunnel.alive()

    heard.heard.clear()
    await tunnel.start(LOCAL)
    await program.happens("die:sessions")
    second = (await heard.until(Happening.ENDED)).fault
    assert second is not None
    assert "Another ngrok program" in second.message
    await tunnel.stop()


async def test_a_lost_network_is_told_and_so_is_its_return(program: FakeProgram) -> None:
    heard = Listening()
    tunnel = ngrok_with(program)
    tunnel.heard = heard
    await tunnel.start(LOCAL)
    assert await tunnel.alive()
    await program.happens("lose")
    lost = (await heard.until(Happening.LOST)).fault
    assert lost is not None
    assert "cannot be reached" in lost.message
    assert not await tunnel.alive()
    await program.happens("back")
    await heard.until(Happening.BACK)
    assert await tunnel.alive()
    await tunnel.stop()


async def test_an_upstream_that_is_not_reached_is_told_while_the_connection_stays(program: FakeProgram) -> None:
    heard = Listening()
    tunnel = ngrok_with(program)
    tunnel.heard = heard
    await tunnel.start(LOCAL)
    await program.happens("upstream")
    lost = (await heard.until(Happening.LOST)).fault
    assert lost is not None
    assert "does not reach Homeport" in lost.message
    assert "firewall" in lost.hint
    assert await tunnel.alive()
    await tunnel.stop()


async def test_a_program_that_stands_still_is_not_alive_and_is_ended_all_the_same(
    program: FakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent, "ALIVE_SECONDS", 0.3)
    tunnel = ngrok_with(program)
    await tunnel.start(LOCAL)
    os.kill(program.running()[0], signal.SIGSTOP)
    assert not await tunnel.alive()
    await tunnel.stop()
    assert program.running() == []


async def test_a_start_that_is_broken_off_at_any_moment_leaves_no_program(program: FakeProgram) -> None:
    tunnel = ngrok_with(program)
    for tenths in range(5):
        starting = asyncio.create_task(tunnel.start(LOCAL))
        await asyncio.wait({starting}, timeout=tenths / 20)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await tunnel.stop()
        assert program.running() == []


async def test_many_restarts_leave_no_descriptor_open(program: FakeProgram) -> None:
    tunnel = ngrok_with(program)
    await tunnel.start(LOCAL)
    await tunnel.stop()
    before = open_descriptors()
    for _ in range(8):
        await tunnel.start(LOCAL)
        await tunnel.stop()
    assert open_descriptors() == before


def test_ngrok_keeps_its_configuration_where_each_system_has_it() -> None:
    places = [
        configuration_files({"HOME": "/h", "USERPROFILE": "/w"}, system)[0] for system in ("linux", "darwin", "win32")
    ]
    assert [place.as_posix() for place in places] == [
        "/h/.config/ngrok/ngrok.yml",
        "/h/Library/Application Support/ngrok/ngrok.yml",
        "/w/AppData/Local/ngrok/ngrok.yml",
    ]
    assert configuration_files({}) == []
