"""What only a server can do: serve several replicas, and go away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from homeport.errors import StoreError
from homeport.store import MISSED, Database, Transaction, open_database
from tests.postgres_server import PostgresServer, running_postgres
from tests.store.opened import NOTES, add, notes, opened


class Heard:
    """Collects payloads and lets a test wait for the next one."""

    def __init__(self, database: Database, channel: str = "grants") -> None:
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        database.listen(channel, self._queue.put_nowait)

    async def next(self, seconds: float = 20) -> str:
        async with asyncio.timeout(seconds):
            return await self._queue.get()

    @property
    def nothing(self) -> bool:
        return self._queue.empty()


def kill_backends(server_url: str, which: str) -> int:
    """End server processes of the database whose last query contains `which`, as a failing network would."""
    with psycopg.connect(server_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s",
            [f"%{which}%"],
        ).fetchall()
    return len(rows)


async def reaches(condition: Callable[[], bool]) -> None:
    """Returns once the condition holds; each turn gives the loop to the threads' answers."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def two_replicas(url: str) -> AsyncIterator[tuple[Database, Database]]:
    async with opened(url) as first, opened(url) as second:
        yield first, second


async def test_another_replica_hears_a_notification_within_a_second(postgres_url: str) -> None:
    async with two_replicas(postgres_url) as (first, second):
        here, there = Heard(first), Heard(second)
        await first.transaction(lambda tx: tx.notify("grants", "g1 revoked"))
        assert await here.next(seconds=0) == "g1 revoked"
        assert await there.next(seconds=1) == "g1 revoked"
        await second.transaction(lambda tx: tx.notify("grants", "g2"))
        assert await here.next(seconds=1) == "g2"
        # What a replica said itself it has heard once, not again from the server.
        assert here.nothing


async def test_what_one_replica_wrote_another_one_reads(postgres_url: str) -> None:
    async with two_replicas(postgres_url) as (first, second):
        await first.transaction(lambda tx: add(tx, "a"))
        assert await second.transaction(notes) == ["a"]


async def test_two_replicas_that_read_and_then_write_lose_no_update(postgres_url: str) -> None:
    def increment(tx: Transaction) -> None:
        row = tx.one("SELECT number FROM notes WHERE id = 'counter'")
        assert row is not None
        tx.execute("UPDATE notes SET number = :n WHERE id = 'counter'", n=row["number"] + 1)

    async with two_replicas(postgres_url) as (first, second):
        await first.transaction(lambda tx: add(tx, "counter"))

        async def client(database: Database) -> None:
            for _ in range(10):
                await database.transaction(increment)

        await asyncio.gather(*(client(database) for database in (first, second) for _ in range(4)))
        row = await first.transaction(lambda tx: tx.one("SELECT number FROM notes"))
        assert row is not None
        assert row["number"] == 80


async def test_a_lost_listen_connection_is_known_and_what_was_missed_is_announced(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        heard = Heard(database)
        assert kill_backends(postgres_url, "LISTEN") == 1
        await reaches(lambda: not database.listening)
        assert await heard.next() == MISSED
        assert database.listening
        await database.transaction(lambda tx: tx.notify("grants", "g1"))
        assert await heard.next(seconds=0) == "g1"


async def test_an_idle_connection_that_was_lost_is_replaced_without_an_error(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        for _ in range(3):
            await asyncio.gather(*(database.transaction(notes) for _ in range(16)))
            assert kill_backends(postgres_url, "COMMIT") >= 1
            await asyncio.gather(*(database.transaction(notes) for _ in range(16)))


async def test_a_connection_lost_in_the_middle_saves_nothing_and_says_so(postgres_url: str) -> None:
    async with opened(postgres_url) as database:

        def work(tx: Transaction) -> None:
            add(tx, "half")
            kill_backends(postgres_url, "INSERT INTO notes")
            add(tx, "other half")

        with pytest.raises(StoreError, match="does not answer"):
            await database.transaction(work)
        assert await database.transaction(notes) == []


async def test_it_works_again_after_the_server_was_away(tmp_path: Path) -> None:
    with running_postgres() as server:
        async with opened(server.create_database()) as database:
            heard = Heard(database)
            await database.transaction(lambda tx: add(tx, "before"))
            server.stop()
            await reaches(lambda: not database.listening)
            with pytest.raises(StoreError, match="cannot be reached"):
                await database.transaction(lambda tx: add(tx, "lost"))
            server.start()
            assert await heard.next() == MISSED
            assert database.listening
            await database.transaction(lambda tx: add(tx, "after"))
            assert await database.transaction(notes) == ["after", "before"]


async def test_closing_while_the_server_is_away_does_not_wait_for_it(tmp_path: Path) -> None:
    with running_postgres() as server:
        async with opened(server.create_database()) as database:
            server.stop()
            await reaches(lambda: not database.listening)
            async with asyncio.timeout(5):
                await database.close()
            assert not database.listening


async def test_a_database_that_is_not_there_is_named_without_the_password(postgres_server: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r"cannot be reached: .*missing\" does not exist") as caught:
        await open_database(postgres_server.url("missing"), migrations=[NOTES])
    assert "canary" not in f"{caught.value} {caught.value!r}"


async def test_a_refused_value_is_not_quoted_in_the_error(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        await database.transaction(lambda tx: add(tx, "canary-id"))
        with pytest.raises(StoreError) as duplicate:
            await database.transaction(lambda tx: add(tx, "canary-id"))
        with pytest.raises(StoreError) as wrong_type:
            await database.transaction(
                lambda tx: tx.execute("INSERT INTO notes (id, number) VALUES ('b', :n)", n="canary-number")
            )
    for caught in (duplicate, wrong_type):
        assert "canary" not in str(caught.value)
        assert caught.value.__cause__ is None


async def test_a_work_waits_for_another_replica_that_has_not_decided_yet(postgres_url: str) -> None:
    async with opened(postgres_url) as database:
        with psycopg.connect(postgres_url) as other:
            other.execute("INSERT INTO notes (id, number) VALUES ('shared', 1)")
            writing = asyncio.create_task(database.transaction(partial(add, note="shared")))
            await asyncio.sleep(0)
            other.rollback()
        await writing
        assert await database.transaction(notes) == ["shared"]
