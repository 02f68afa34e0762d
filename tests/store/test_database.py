"""What both databases promise alike."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from typing import Any

import pytest

from homeport.errors import StoreError
from homeport.store import MISSED, Transaction, open_database
from tests.store.opened import add, notes, opened


async def test_a_work_returns_its_result_and_what_it_wrote_is_there_afterwards(database_url: str) -> None:
    async with opened(database_url) as database:

        def write(tx: Transaction) -> str:
            add(tx, "a")
            return "written"

        assert await database.transaction(write) == "written"
        assert await database.transaction(notes) == ["a"]


async def test_rows_survive_closing_and_opening_again(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))
    async with opened(database_url) as database:
        assert await database.transaction(notes) == ["a"]


async def test_an_exception_undoes_its_own_work_and_no_other(database_url: str) -> None:
    async with opened(database_url) as database:

        def fail(tx: Transaction) -> None:
            add(tx, "half")
            raise LookupError("by the room")

        results = await asyncio.gather(
            database.transaction(lambda tx: add(tx, "before")),
            database.transaction(fail),
            database.transaction(lambda tx: add(tx, "after")),
            return_exceptions=True,
        )
        assert isinstance(results[1], LookupError)
        assert await database.transaction(notes) == ["after", "before"]


async def test_a_failed_statement_fails_its_work_only(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))
        results = await asyncio.gather(
            database.transaction(lambda tx: add(tx, "b")),
            database.transaction(lambda tx: add(tx, "a")),
            database.transaction(lambda tx: add(tx, "c")),
            return_exceptions=True,
        )
        assert isinstance(results[1], StoreError)
        assert await database.transaction(notes) == ["a", "b", "c"]


async def test_execute_says_how_many_rows_it_touched(database_url: str) -> None:
    async with opened(database_url) as database:

        def work(tx: Transaction) -> list[int]:
            add(tx, "a", 1)
            add(tx, "b", 1)
            return [
                tx.execute("UPDATE notes SET number = number + :more WHERE number = :n", more=1, n=1),
                tx.execute("UPDATE notes SET number = 0 WHERE number = :n", n=99),
                tx.execute("INSERT INTO notes (id, number) VALUES (:id, 1) ON CONFLICT (id) DO NOTHING", id="a"),
                tx.execute("DELETE FROM notes WHERE number = :n RETURNING id", n=2),
            ]

        assert await database.transaction(work) == [2, 0, 0, 2]


async def test_rows_read_by_column_name_and_a_missing_row_is_none(database_url: str) -> None:
    async with opened(database_url) as database:

        def work(tx: Transaction) -> tuple[Any, Any]:
            row = tx.one("INSERT INTO notes (id, number) VALUES (:id, :n) RETURNING id, number, text", id="a", n=7)
            return row, tx.one("SELECT id FROM notes WHERE id = :id", id="none")

        row, missing = await database.transaction(work)
        assert dict(row) == {"id": "a", "number": 7, "text": None}
        assert row.get("text") is None
        assert missing is None


async def test_values_come_back_as_they_went_in(database_url: str) -> None:
    async with opened(database_url) as database:
        text = "100% 'quoted' \"double\" :name ; -- ünïcode 😀\n"
        largest = 2**63 - 1

        def work(tx: Transaction) -> Any:
            tx.execute("INSERT INTO notes (id, number, text) VALUES (:id, :n, :t)", id="a", n=largest, t=text)
            return tx.one("SELECT number, text FROM notes WHERE text LIKE '100%' AND id <> ':id'")

        assert dict(await database.transaction(work)) == {"number": largest, "text": text}


async def test_a_bool_is_stored_as_zero_or_one(database_url: str) -> None:
    async with opened(database_url) as database:

        def work(tx: Transaction) -> Any:
            tx.execute("INSERT INTO notes (id, number) VALUES ('a', :yes)", yes=True)
            row = tx.one("SELECT number FROM notes")
            return row and row["number"]

        assert await database.transaction(work) == 1


async def test_a_sum_is_a_whole_number(database_url: str) -> None:
    async with opened(database_url) as database:

        def work(tx: Transaction) -> Any:
            add(tx, "a", 2)
            add(tx, "b", 3)
            row = tx.one("SELECT sum(number) AS total, count(*) AS many FROM notes")
            return row and (row["total"], type(row["total"]), row["many"])

        assert await database.transaction(work) == (5, int, 2)


@pytest.mark.parametrize("value", ["nul\x00", "surrogate\ud800", 2**63, object(), b"bytes"])
async def test_what_no_column_can_hold_is_an_error_that_does_not_quote_it(database_url: str, value: Any) -> None:
    async with opened(database_url) as database:
        with pytest.raises(StoreError) as caught:
            await database.transaction(
                lambda tx: tx.execute("INSERT INTO notes (id, number, text) VALUES (:v, :v, :v)", v=value)
            )
        assert "surrogate" not in str(caught.value)
        assert await database.transaction(notes) == []


async def test_sixteen_that_read_and_then_write_lose_no_update(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "counter", 0))

        def increment(tx: Transaction) -> None:
            row = tx.one("SELECT number FROM notes WHERE id = 'counter'")
            assert row is not None
            tx.execute("UPDATE notes SET number = :n WHERE id = 'counter'", n=row["number"] + 1)

        async def client() -> None:
            for _ in range(10):
                await database.transaction(increment)

        await asyncio.gather(*(client() for _ in range(16)))
        row = await database.transaction(lambda tx: tx.one("SELECT number FROM notes"))
        assert row is not None
        assert row["number"] == 160


async def test_a_transaction_is_dead_once_its_work_has_returned(database_url: str) -> None:
    async with opened(database_url) as database:
        kept = await database.transaction(lambda tx: tx)
        with pytest.raises(StoreError, match="after its work had returned"):
            kept.one("SELECT 1 AS one")


async def test_an_async_work_is_refused_because_it_would_run_outside(database_url: str) -> None:
    async with opened(database_url) as database:

        async def work(tx: Transaction) -> None:
            add(tx, "a")

        with pytest.raises(TypeError, match="plain function"):
            await database.transaction(work)  # type: ignore[unused-coroutine]


async def test_a_work_that_raises_stop_iteration_does_not_hang_its_caller(database_url: str) -> None:
    async with opened(database_url) as database:

        def work(tx: Transaction) -> None:
            raise StopIteration

        with pytest.raises(RuntimeError, match="StopIteration"):
            await database.transaction(work)


async def test_a_work_that_swallows_a_failed_statement_is_never_half_saved(database_url: str) -> None:
    async with opened(database_url) as database:
        await database.transaction(lambda tx: add(tx, "a"))

        def work(tx: Transaction) -> None:
            add(tx, "b")
            try:
                add(tx, "a")
            except StoreError:
                return

        try:
            await database.transaction(work)
        except StoreError:
            assert await database.transaction(notes) == ["a"]
        else:
            assert await database.transaction(notes) == ["a", "b"]


async def test_a_cancelled_caller_does_not_stop_its_work_or_the_next_one(database_url: str) -> None:
    async with opened(database_url) as database:
        entered, leave = threading.Event(), threading.Event()

        def slow(tx: Transaction) -> None:
            add(tx, "slow")
            entered.set()
            assert leave.wait(10)

        caller = asyncio.create_task(database.transaction(slow))
        await asyncio.to_thread(entered.wait, 10)
        caller.cancel()
        leave.set()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await database.transaction(lambda tx: add(tx, "next"))
    async with opened(database_url) as database:
        assert await database.transaction(notes) == ["next", "slow"]


async def test_closing_fulfils_what_was_asked_before(database_url: str) -> None:
    async with opened(database_url) as database:
        asked = [asyncio.create_task(database.transaction(partial(add, note=f"{number:03d}"))) for number in range(300)]
        # Each task has run up to its question to the database after one turn of the loop.
        await asyncio.sleep(0)
        await database.close()
        assert all(task.done() and task.exception() is None for task in asked)
    async with opened(database_url) as database:
        assert len(await database.transaction(notes)) == 300


async def test_a_closed_database_says_so_and_closing_twice_is_once(database_url: str) -> None:
    async with opened(database_url) as database:
        await asyncio.gather(database.close(), database.close())
        with pytest.raises(StoreError, match="closed"):
            await database.transaction(notes)


async def test_opening_and_closing_many_times_leaves_no_thread_behind(database_url: str) -> None:
    before = set(threading.enumerate())
    for _ in range(10):
        async with opened(database_url) as database:
            await database.transaction(notes)
    assert set(threading.enumerate()) <= before


async def test_a_database_that_cannot_be_opened_leaves_no_thread_behind(tmp_path: Any) -> None:
    before = set(threading.enumerate())
    folder = tmp_path / "taken"
    folder.write_text("a file where a folder should be")
    for url in (f"sqlite://{folder}/homeport.sqlite3", "postgresql://homeport:canary@127.0.0.1:1/none"):
        with pytest.raises(StoreError) as caught:
            await open_database(url)
        assert "canary" not in str(caught.value)
    assert set(threading.enumerate()) <= before


async def test_a_listener_hears_what_was_committed_before_the_caller_goes_on(database_url: str) -> None:
    async with opened(database_url) as database:
        heard: list[str] = []
        database.listen("grants", heard.append)
        database.listen("other", lambda payload: heard.append(f"other {payload}"))

        def work(tx: Transaction) -> None:
            tx.notify("grants", "g1")
            tx.notify("grants", "g1")
            tx.notify("grants", "g2 with spaces")

        await database.transaction(work)
        assert heard == ["g1", "g2 with spaces"]


async def test_a_notification_of_an_undone_work_is_never_heard(database_url: str) -> None:
    async with opened(database_url) as database:
        heard: list[str] = []
        database.listen("grants", heard.append)

        def work(tx: Transaction) -> None:
            tx.notify("grants", "g1")
            raise LookupError

        with pytest.raises(LookupError):
            await database.transaction(work)
        await database.transaction(notes)
        assert heard == []


async def test_a_listener_that_ended_hears_nothing_and_a_failing_one_hurts_nobody(database_url: str) -> None:
    async with opened(database_url) as database:
        heard: list[str] = []

        def fail(payload: str) -> None:
            raise RuntimeError(payload)

        database.listen("grants", fail)
        unlisten = database.listen("grants", heard.append)
        await database.transaction(lambda tx: tx.notify("grants", "first"))
        unlisten()
        unlisten()
        await database.transaction(lambda tx: tx.notify("grants", "second"))
        assert heard == ["first"]


@pytest.mark.parametrize(
    ("channel", "payload"), [("grants", MISSED), ("grants", "ü" * 4_000), ("with space", "x"), ("", "x")]
)
async def test_a_notification_that_cannot_travel_is_refused(database_url: str, channel: str, payload: str) -> None:
    async with opened(database_url) as database:
        with pytest.raises(ValueError):
            await database.transaction(lambda tx: tx.notify(channel, payload))


async def test_it_listens_while_it_is_open(database_url: str) -> None:
    async with opened(database_url) as database:
        assert database.listening


async def test_its_description_says_where_it_is_without_the_password(database_url: str) -> None:
    async with opened(database_url) as database:
        described = database.describe()
    assert described.startswith(("SQLite, /", "PostgreSQL, 127.0.0.1:"))
    assert "canary-password" not in described


@pytest.mark.parametrize(
    "url",
    [
        "",
        "homeport.sqlite3",
        "sqlite://relative.sqlite3",
        "sqlite:///",
        "mysql://user:canary@host/db",
        "postgresql://%%canary",
    ],
)
async def test_a_url_that_cannot_be_used_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(StoreError) as caught:
        await open_database(url)
    assert "canary" not in f"{caught.value!r} {caught.value}"
