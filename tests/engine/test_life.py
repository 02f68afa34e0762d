"""An engine starts and stops as often as one likes, leaves nothing behind, and shares a process with others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeport.engine.lifecycle import EngineState
from homeport.errors import HomeportError
from homeport.events import EngineStateChanged
from tests.engine.engines import TunnelThatFails, TunnelThatWaits, census, engine_for, health, running
from tests.program import free_ports

ROUNDS = 50


async def test_fifty_starts_and_stops_of_one_engine_leave_nothing_behind(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with running(tmp_path / "data", port=port) as engine:
        await engine.stop()
        before = await census()
        for _ in range(ROUNDS):
            await engine.start()
            assert await health(engine) == 200
            assert engine.origins.port == port
            await engine.stop()
        assert await census() == before


async def test_fifty_engines_one_after_another_leave_nothing_behind(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        await health(engine)
    del engine
    before = await census()
    for _ in range(ROUNDS):
        async with running(tmp_path / "data") as another:
            assert await health(another) == 200
        del another
    assert await census() == before


async def test_two_engines_in_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    async with running(tmp_path / "one") as one, running(tmp_path / "two") as two:
        assert one.origins.port != two.origins.port
        assert await health(one) == await health(two) == 200
        assert one.rooms.signing.jwks() != two.rooms.signing.jwks()
        await one.stop()
        assert await health(two) == 200
        assert (await two.status()).state == "online"
        assert (await one.status()).state == "stopped"


async def test_starting_twice_is_starting_once_and_both_wait_until_it_is_online(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data")
    states: list[str] = []
    engine.events.subscribe(lambda e: states.append(e.state) if isinstance(e, EngineStateChanged) else None)
    await asyncio.gather(engine.start(), engine.start())
    assert states == ["starting", "online"]
    await asyncio.gather(engine.stop(), engine.stop())
    assert states == ["starting", "online", "stopping", "stopped"]
    await engine.close()


async def test_closing_twice_or_before_any_start_is_no_error(tmp_path: Path) -> None:
    never_started = engine_for(tmp_path / "never")
    await never_started.close()
    async with running(tmp_path / "data") as engine:
        await engine.close()
        await engine.close()
        assert engine.state is EngineState.STOPPED


async def test_an_engine_that_never_started_says_so_instead_of_guessing(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data")
    status = await engine.status()
    assert (status.state, status.apps, status.connector_url) == ("stopped", [], "")
    with pytest.raises(HomeportError, match="has not started"):
        await engine.pending()
    await engine.close()


async def test_a_stopped_engine_still_answers_about_its_data(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        await engine.stop()
        status = await engine.status()
        assert status.state == "stopped"
        assert str(tmp_path / "data") in status.database
        assert await engine.grants() == []


async def test_stop_breaks_off_a_start_that_waits_for_its_tunnel(tmp_path: Path) -> None:
    before = await census()
    tunnel = TunnelThatWaits()
    engine = engine_for(tmp_path / "data", tunnel=tunnel)
    starting = asyncio.create_task(engine.start())
    await tunnel.waits.wait()
    await engine.stop()
    with pytest.raises(HomeportError, match="stopped before it had started"):
        await starting
    assert engine.state is EngineState.STOPPED
    assert tunnel.leads_to == ""
    assert engine.origins.public is None
    tunnel.go.set()
    await engine.start()
    assert await health(engine) == 200
    await engine.close()
    del engine, starting
    assert await census() == before


async def test_a_start_that_is_cancelled_at_any_moment_leaves_nothing_open_and_can_be_repeated(tmp_path: Path) -> None:
    async with running(tmp_path / "data"):
        pass
    before = await census()
    turns, finished = 0, False
    while not finished:
        engine = engine_for(tmp_path / "data")
        starting = asyncio.create_task(engine.start())
        for _ in range(turns):
            await asyncio.sleep(0)
        finished = starting.done()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        assert engine.state in {EngineState.ONLINE, EngineState.ERROR, EngineState.STOPPED}
        await engine.start()
        assert await health(engine) == 200
        await engine.close()
        del engine, starting
        turns += 1 + turns // 2
    assert await census() == before


async def test_a_tunnel_that_does_not_end_keeps_nothing_else_open(tmp_path: Path) -> None:
    before = await census()
    engine = engine_for(tmp_path / "data", tunnel=TunnelThatFails("stop"))
    await engine.start()
    with pytest.raises(HomeportError, match="does not end"):
        await engine.close()
    assert engine.state is EngineState.STOPPED
    assert engine.origins.public is None
    del engine
    assert await census() == before


async def test_a_subscriber_that_fails_at_every_state_stops_nothing(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data")

    def fails(event: object) -> None:
        raise RuntimeError("the tray is gone")

    engine.events.subscribe(fails)
    await engine.start()
    assert await health(engine) == 200
    await engine.close()
