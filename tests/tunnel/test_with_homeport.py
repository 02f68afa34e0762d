"""The real program with ngrok's tunnel: the token by the command line, and no agent left however Homeport ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running
from homeport.engine.protocol import TunnelStatus
from tests.cli.programs import REAL, Homeport
from tests.tunnel.agents import TOKEN, FakeProgram

OWN = "https://careful-heron-42.ngrok-free.dev"
REFUSED = "3refusedTokenOfATest_7bX1"
NGROK = ("--tunnel", "ngrok")


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    return FakeProgram(tmp_path / "bin")


@pytest.fixture
def homeport(program: FakeProgram, tmp_path: Path) -> Homeport:
    """Without a keyring, and with the fake agent before everything else on the PATH."""
    path = f"{program.folder}{os.pathsep}{os.environ['PATH']}"
    keyring = {"DBUS_SESSION_BUS_ADDRESS": "", "PYTHON_KEYRING_BACKEND": ""}
    return Homeport(tmp_path / "data", REAL, keyring | {"PATH": path, "HOME": str(tmp_path / "home")})


def until(homeport: Homeport, state: str) -> TunnelStatus:
    """The tunnel of the running Homeport once it is in this state."""
    deadline = time.monotonic() + 30
    while True:
        tunnel = asyncio.run(RemoteEngine(find_running(homeport.data_dir)).status()).tunnel_state
        if tunnel.state == state:
            return tunnel
        assert time.monotonic() < deadline, tunnel
        time.sleep(0.02)


def test_the_token_is_typed_once_tried_kept_and_used_from_then_on(homeport: Homeport, program: FakeProgram) -> None:
    program.steer(refused=[REFUSED])
    with homeport.serving(*NGROK):
        assert "homeport secrets set ngrok" in until(homeport, "needs-token").action
        assert "your-authtoken" in homeport.run("url").stderr
        wrong = homeport.run("secrets", "set", "ngrok", typed=f"{REFUSED}\n")
        assert wrong.returncode == 1
        assert "does not accept the authtoken" in wrong.stderr
        assert "Nothing was stored" in wrong.stderr
        right = homeport.run("secrets", "set", "ngrok", typed=f"{TOKEN}\n")
        assert (right.returncode, right.stdout) == (0, f"ngrok accepts the token. The public URL is {OWN}\n")
        assert homeport.run("url").stdout == f"{OWN}/mcp\n"
        said = homeport.run("status").stdout
        assert "ngrok, up; 0 of 20,000 requests this month" in said
    assert TOKEN not in right.stderr + said
    with homeport.serving(*NGROK):
        assert until(homeport, "up").public_url == OWN


def test_a_token_that_is_given_while_nothing_runs_is_kept_for_the_next_start(homeport: Homeport) -> None:
    done = homeport.run("secrets", "set", "ngrok", typed="two words\n")
    assert done.returncode == 1
    done = homeport.run("secrets", "set", "ngrok", typed=f"{TOKEN}\n")
    assert (done.returncode, "It is tried when" in done.stdout) == (0, True)
    with homeport.serving(*NGROK):
        assert until(homeport, "up").public_url == OWN


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_no_agent_is_left_when_homeport_ends_and_the_next_start_has_exactly_one(
    number: signal.Signals, homeport: Homeport, program: FakeProgram
) -> None:
    homeport.environ["HOMEPORT_SECRET_NGROK"] = TOKEN
    with homeport.serving(*NGROK) as process:
        until(homeport, "up")
        (agent,) = program.running()
        process.send_signal(number)
        process.wait(timeout=20)
        deadline = time.monotonic() + 5
        while program.running():
            assert time.monotonic() < deadline, f"agent {agent} lives on"
    with homeport.serving(*NGROK):
        assert until(homeport, "up").public_url == OWN
        assert len(program.running()) == 1
