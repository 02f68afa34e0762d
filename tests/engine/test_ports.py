"""Which port the public listener gets: one that was chosen never moves, the default one moves once (SECURITY)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.errors import PortTaken
from homeport.listening import bind, ipv6_exists, port_of
from homeport.settings import LoadedSettings, Settings
from tests.engine.engines import engine_for, health, running
from tests.program import free_ports


def close(sockets: list[socket.socket]) -> None:
    for each in sockets:
        each.close()


@pytest.fixture
def default_port() -> Iterator[int]:
    """A default that no program on this computer holds, so that the test decides who does."""
    (port,) = free_ports(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Settings.model_fields["port"], "default", port)
        Settings.model_rebuild(force=True)
        yield port
    Settings.model_rebuild(force=True)


async def test_a_port_given_by_hand_that_is_taken_is_an_error_that_names_the_holder(tmp_path: Path) -> None:
    others = bind("127.0.0.1", 0)
    engine = engine_for(tmp_path / "data", port=port_of(others))
    with pytest.raises(PortTaken) as caught:
        await engine.start()
    close(others)
    assert f"Port {port_of_error(caught.value)} is taken" in str(caught.value)
    assert f"(process {os.getpid()})" in str(caught.value)
    await engine.close()


def port_of_error(error: PortTaken) -> str:
    return error.message.split()[1]


async def test_a_taken_default_port_moves_once_and_is_remembered(tmp_path: Path, default_port: int) -> None:
    others = bind("127.0.0.1", default_port)
    async with running(tmp_path / "data", port=None) as engine:
        moved_to = engine.origins.port
        assert moved_to != default_port
        assert await health(engine) == 200
        assert (await engine.status()).local_url == f"http://localhost:{moved_to}"
    close(others)
    async with running(tmp_path / "data", port=None) as engine:
        assert engine.origins.port == moved_to


async def test_a_free_default_port_is_taken_and_nothing_is_remembered(tmp_path: Path, default_port: int) -> None:
    for _ in range(2):
        async with running(tmp_path / "data", port=None) as engine:
            assert engine.origins.port == default_port


async def test_a_moved_port_that_is_taken_now_gives_the_default_another_try(tmp_path: Path, default_port: int) -> None:
    others = bind("127.0.0.1", default_port)
    async with running(tmp_path / "data", port=None) as engine:
        moved_to = engine.origins.port
    close(others)
    thieves = bind("127.0.0.1", moved_to)
    async with running(tmp_path / "data", port=None) as engine:
        assert engine.origins.port == default_port
    close(thieves)
    async with running(tmp_path / "data", port=None) as engine:
        assert engine.origins.port == default_port


async def test_a_fixed_public_url_leads_to_one_port_that_never_moves(tmp_path: Path, default_port: int) -> None:
    others = bind("127.0.0.1", default_port)
    engine = engine_for(tmp_path / "data", port=None, public_url="https://home.invalid")
    with pytest.raises(PortTaken, match=str(default_port)):
        await engine.start()
    close(others)
    await engine.start()
    assert engine.origins.port == default_port
    await engine.close()


async def test_port_zero_is_one_free_port_for_as_long_as_the_engine_lives(tmp_path: Path) -> None:
    async with running(tmp_path / "data", port=0) as engine:
        port = engine.origins.port
        await engine.stop()
        await engine.start()
        assert engine.origins.port == port


async def test_the_port_counts_as_taken_when_either_half_of_it_is(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    engine = engine_for(tmp_path / "data", port=port)
    for address in ("127.0.0.1", "::1") if ipv6_exists() else ("127.0.0.1",):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.create_server((address, port), family=family), pytest.raises(PortTaken):
            await engine.start()
    await engine.start()
    await engine.close()


async def test_a_container_listens_where_it_is_told(tmp_path: Path) -> None:
    async with running(tmp_path / "data", host="0.0.0.0") as engine:
        assert await health(engine) == 200
        assert engine.origins.by_host(f"0.0.0.0:{engine.origins.port}") is None


def test_settings_built_by_hand_count_as_chosen_by_nobody() -> None:
    assert not LoadedSettings(Settings()).given("port")
