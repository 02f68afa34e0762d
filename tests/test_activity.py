"""What happened is found again, in order, within limits, and never at the cost of what happened."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from homeport.activity import ActivityLog
from homeport.activity.log import FLUSH_ROWS, KEEP_SECONDS, KEPT, MOST_WAITING
from homeport.activity.tables import KINDS
from homeport.errors import StoreError
from homeport.events import (
    AppFailed,
    AppLoaded,
    ApprovalDecided,
    CallDecided,
    Event,
    EventBus,
    GrantCreated,
    GrantRevoked,
    PublicUrlChanged,
    ToolCalled,
)
from homeport.store import Database, Transaction, open_database

T = TypeVar("T")

NOW = 1_700_000_000.0


def called(at: float = NOW, tool: str = "add-item") -> ToolCalled:
    return ToolCalled(at, "grant-1", "client-1", "person-1", tool, 200, 0, "ok", 1.5, '{"title": "(8 characters)"}')


class Watched:
    """A real database that counts its transactions, can be made to fail, and says when one is done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.transactions = 0
        self.fails = False
        self.done = asyncio.Event()

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        self.transactions += 1
        try:
            if self.fails:
                raise StoreError("The disk is full.")
            return await self._database.transaction(work)
        finally:
            self.done.set()

    def listen(self, channel: str, callback: Callable[[str], None]) -> Callable[[], None]:
        return self._database.listen(channel, callback)

    @property
    def listening(self) -> bool:
        return self._database.listening

    def describe(self) -> str:
        return self._database.describe()

    async def close(self) -> None:
        await self._database.close()


@asynccontextmanager
async def database(tmp_path: Path) -> AsyncIterator[Watched]:
    opened = Watched(await open_database(f"sqlite:///{tmp_path}/homeport.sqlite3"))
    try:
        yield opened
    finally:
        await opened.close()


def clock() -> float:
    return NOW


async def test_a_tool_call_is_found_again_with_everything_about_it(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock)
        log.record(called())
        (entry,) = await log.recent(10)
        assert (entry.kind, entry.tool, entry.http, entry.rpc, entry.outcome) == (
            "tool_called",
            "add-item",
            200,
            0,
            "ok",
        )
        assert (entry.grant_id, entry.client_id, entry.person_id) == ("grant-1", "client-1", "person-1")
        assert (entry.at, entry.microseconds) == (int(NOW), 1500)
        assert entry.detail == '{"title": "(8 characters)"}'
        await log.close()


async def test_each_kind_of_event_worth_keeping_is_kept_and_the_others_are_not(tmp_path: Path) -> None:
    events: list[Event] = [
        ApprovalDecided(NOW + 1, 1, "sign-in", "ChatGPT", "approved", "Owner"),
        GrantCreated(NOW + 2, "grant-1", "ChatGPT", "Owner"),
        GrantRevoked(NOW + 3, "grant-1", "the owner revoked it"),
        PublicUrlChanged(NOW + 4, None, "https://h.example.com/mcp"),
        AppFailed(NOW + 5, "Recipes", "app.py, line 3: a name is missing"),
        AppLoaded(NOW + 6, "Recipes", 3),
    ]
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock)
        bus = EventBus()
        bus.subscribe(log.record)
        for event in events:
            bus.publish(event)
        assert [(entry.kind, entry.detail) for entry in await log.recent(10)] == [
            ("app_failed", "Recipes: app.py, line 3: a name is missing"),
            ("public_url_changed", "https://h.example.com/mcp"),
            ("grant_revoked", "the owner revoked it"),
            ("grant_created", "ChatGPT for Owner"),
            ("approval_decided", "sign-in of ChatGPT as Owner"),
        ]
        await log.close()


async def test_events_are_written_together_when_their_time_has_come(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=0.01)
        for number in range(5):
            log.record(called(NOW + number))
        await db.done.wait()
        assert db.transactions == 1
        assert len(await log.recent(10)) == 5
        await log.close()


async def test_many_events_are_written_before_their_time(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=3600)
        for number in range(FLUSH_ROWS):
            log.record(called(NOW + number))
        await db.done.wait()
        assert db.transactions == 1
        await log.close()


async def test_closing_writes_what_waits_and_an_idle_log_writes_nothing(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=3600)
        await log.close()
        assert db.transactions == 0
        log.record(called())
        await log.close()
        assert len(await ActivityLog(db, clock=clock).recent(10)) == 1


async def test_a_database_that_fails_hurts_nobody_and_loses_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=3600)
        db.fails = True
        log.record(called(tool="search"))
        with caplog.at_level(logging.WARNING):
            await log.flush()
        assert "The disk is full" in caplog.text
        db.fails = False
        log.record(called(NOW + 1, tool="fetch"))
        assert [entry.tool for entry in await log.recent(10)] == ["fetch", "search"]
        await log.close()


async def test_while_the_database_fails_only_so_many_events_wait(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=3600)
        for number in range(MOST_WAITING + 7):
            log.record(called(NOW + number))
        with caplog.at_level(logging.WARNING):
            await log.close()
        assert "7 activity entries were dropped" in caplog.text


async def test_only_the_newest_entries_of_a_month_stay(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        first = ActivityLog(db, clock=clock, keep_rows=3)
        first.record(called(NOW - KEEP_SECONDS - 1, tool="ancient"))
        for number in range(5):
            first.record(called(NOW + number, tool=f"tool-{number}"))
        await first.close()
        assert [entry.tool for entry in await first.recent(10)] == ["tool-4", "tool-3", "tool-2"]

        second = ActivityLog(db, clock=lambda: NOW + KEEP_SECONDS + 4, keep_rows=3)
        second.record(called(NOW + KEEP_SECONDS, tool="next-month"))
        await second.close()
        assert [entry.tool for entry in await second.recent(10)] == ["next-month", "tool-4"]


async def test_ten_thousand_tool_calls_do_not_push_out_what_was_approved_and_granted(tmp_path: Path) -> None:
    lasting: list[Event] = [
        ApprovalDecided(NOW + 1, 1, "sign-in", "ChatGPT", "approved", "Owner"),
        GrantCreated(NOW + 2, "grant-1", "ChatGPT", "Owner"),
        GrantRevoked(NOW + 3, "grant-1", "the owner revoked it"),
    ]
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, flush_seconds=3600)
        for event in lasting:
            log.record(event)
        for batch in range(53):
            for number in range(200):
                log.record(called(NOW + 4 + batch + number / 1000))
            await log.flush()
        await log.close()
        kinds = Counter(entry.kind for entry in await log.recent(20_000))
        assert 10_000 <= kinds.pop("tool_called") < 10_600
        assert kinds == {"approval_decided": 1, "grant_created": 1, "grant_revoked": 1}


async def test_each_kind_that_is_written_is_one_that_is_trimmed(tmp_path: Path) -> None:
    events: list[Event] = [
        called(),
        CallDecided(NOW, 3, "forget", "allowed"),
        ApprovalDecided(NOW, 1, "sign-in", "ChatGPT", "approved", "Owner"),
        GrantCreated(NOW, "grant-1", "ChatGPT", "Owner"),
        GrantRevoked(NOW, "grant-1", "the owner revoked it"),
        PublicUrlChanged(NOW, None, "https://h.example.com/mcp"),
        AppFailed(NOW, "Recipes", "a name is missing"),
    ]
    assert {type(event) for event in events} == set(KEPT)
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock, keep_rows=1)
        for event in [*events, *events]:
            log.record(event)
        await log.close()
        assert sorted(entry.kind for entry in await log.recent(100)) == sorted(KINDS)


async def test_entries_of_the_same_moment_keep_apart(tmp_path: Path) -> None:
    async with database(tmp_path) as db:
        log = ActivityLog(db, clock=clock)
        for _ in range(50):
            log.record(called())
        assert len(await log.recent(100)) == 50
        await log.close()
