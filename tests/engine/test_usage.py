"""What goes out through a tunnel is counted by month and provider, written down, and never counted twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.engine.usage import Usage
from homeport.events import Event, TunnelLimitNear
from homeport.public import Traffic
from homeport.store import Database, open_database
from homeport.tunnel import Limits
from tests.auth.outside import HandClock

DAY = 86_400


class Counted:
    """Usage on a database of its own, with a clock of the test's."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = HandClock()
        self.told: list[Event] = []

    async def begin(self, provider: str = "ngrok") -> tuple[Usage, Traffic]:
        traffic = Traffic()
        limits = Limits(requests=100, bytes_out=1000)
        usage = Usage(provider, limits, traffic, self.database, self.told.append, clock=self.clock)
        await usage.begin()
        return usage, traffic


@asynccontextmanager
async def counted(folder: Path) -> AsyncIterator[Counted]:
    database = await open_database(f"sqlite://{folder}/homeport.sqlite3")
    try:
        yield Counted(database)
    finally:
        await database.close()


async def test_a_month_is_kept_over_restarts_and_each_provider_has_its_own(tmp_path: Path) -> None:
    async with counted(tmp_path) as scene:
        usage, traffic = await scene.begin()
        traffic.requests, traffic.bytes_out = 3, 50
        assert (usage.now.requests, usage.now.bytes_out) == (3, 50)
        await usage.keep()
        await usage.keep()
        traffic.requests = 1
        assert usage.now.requests == 4
        again, _ = await scene.begin()
        assert (again.now.requests, again.now.bytes_out) == (3, 50)
        other, _ = await scene.begin("cloudflared")
        assert other.now.requests == 0


async def test_a_new_month_begins_at_zero(tmp_path: Path) -> None:
    async with counted(tmp_path) as scene:
        usage, traffic = await scene.begin()
        traffic.requests = 7
        await usage.keep()
        month = usage.now.month
        scene.clock.now += 32 * DAY
        assert (usage.now.month != month, usage.now.requests) == (True, 0)
        traffic.requests = 2
        await usage.keep()
        assert usage.now.requests == 2


async def test_each_limit_is_said_to_be_near_once_a_month(tmp_path: Path) -> None:
    async with counted(tmp_path) as scene:
        usage, traffic = await scene.begin()
        for requests, sent in ((79, 0), (1, 0), (5, 0), (0, 800)):
            traffic.requests, traffic.bytes_out = requests, sent
            await usage.keep()
        again, more = await scene.begin()
        more.requests = 5
        await again.keep()
        scene.clock.now += 32 * DAY
        more.requests = 90
        await again.keep()
        said = [(event.what, event.used, event.limit) for event in scene.told if isinstance(event, TunnelLimitNear)]
        assert said == [("requests", 80, 100), ("bytes", 800, 1000), ("requests", 90, 100)]


async def test_what_could_not_be_written_down_is_not_forgotten(tmp_path: Path) -> None:
    async with counted(tmp_path) as scene:
        usage, traffic = await scene.begin()
        traffic.requests = 9
    with pytest.raises(Exception, match="closed"):
        await usage.keep()
    assert usage.now.requests == 9
