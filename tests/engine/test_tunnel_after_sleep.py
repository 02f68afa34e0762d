"""An engine whose computer slept, or came into another network: its tunnel does not wait for a pause to be over."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from homeport.engine import interruptions, public_door
from homeport.tunnel import ngrok_agent
from tests.auth.outside import HandClock
from tests.engine.tunnel_scene import OWN, Scene

A_NIGHT = 8 * 3600.0


class Addresses:
    """Plays `own_address`; `looked` tells that it was asked."""

    def __init__(self) -> None:
        self.now = "192.168.1.7"
        self.looked = asyncio.Event()

    def __call__(self) -> str:
        self.looked.set()
        return self.now

    async def look(self) -> None:
        """Wait until it is asked again."""
        self.looked.clear()
        async with asyncio.timeout(20):
            await self.looked.wait()


@pytest.fixture
def addresses(monkeypatch: pytest.MonkeyPatch) -> Addresses:
    found = Addresses()
    monkeypatch.setattr(interruptions, "own_address", found)
    return found


@pytest.fixture(autouse=True)
def by_itself_only_much_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than any test waits; clock and network are looked at all the time."""
    monkeypatch.setattr(ngrok_agent, "DIAL_SECONDS", 0.1)
    monkeypatch.setattr(public_door, "TICK", 0.1)
    monkeypatch.setattr(public_door, "QUICK_TICK", 0.1)
    monkeypatch.setattr(interruptions, "SOON_AFTER", 0.1)
    monkeypatch.setattr(interruptions, "ALIVE_EVERY", 600.0)
    for pause in ("FIRST_PAUSE", "NETWORK_PAUSE"):
        monkeypatch.setattr(f"homeport.tunnel.supervisor.{pause}", 600.0)


async def test_a_computer_that_slept_tries_at_once_and_not_when_the_pause_is_over(
    tmp_path: Path, addresses: Addresses
) -> None:
    clock = HandClock()
    scene = Scene(tmp_path, clock=clock)
    scene.program.steer(mode="no network")
    async with scene.online() as engine:
        await scene.until(engine, "down")
        await addresses.look()
        assert len(scene.program.runs) == 1
        scene.program.steer()
        clock.now += A_NIGHT
        assert (await scene.until(engine, "up")).public_url == OWN
        assert len(scene.program.runs) == 2


async def test_another_network_is_tried_at_once_and_none_at_all_is_not(tmp_path: Path, addresses: Addresses) -> None:
    scene = Scene(tmp_path)
    scene.program.steer(mode="no network")
    async with scene.online() as engine:
        await scene.until(engine, "down")
        await addresses.look()
        scene.program.steer()
        addresses.now = "none"
        await addresses.look()
        await addresses.look()
        assert len(scene.program.runs) == 1
        addresses.now = "10.0.0.7"
        assert (await scene.until(engine, "up")).public_url == OWN
        assert len(scene.program.runs) == 2


async def test_a_program_that_did_not_outlive_the_sleep_is_asked_and_replaced_at_once(
    tmp_path: Path, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ngrok_agent, "ALIVE_SECONDS", 0.2)
    monkeypatch.setattr("homeport.tunnel.supervisor.PATIENCE", {True: 0.5, False: 600.0})
    clock = HandClock()
    scene = Scene(tmp_path, clock=clock)
    async with scene.online() as engine:
        await scene.until(engine, "up")
        (deaf,) = scene.program.running()
        os.kill(deaf, signal.SIGSTOP)
        begun = len(scene.events)
        clock.now += A_NIGHT
        assert "does not answer" in (await scene.until(engine, "reconnecting", after=begun)).cause
        assert (await scene.until(engine, "up", after=begun)).public_url == OWN
        assert deaf not in scene.program.running()
