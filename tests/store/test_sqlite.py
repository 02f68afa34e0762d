"""What only a file can do: be private, locked, full, damaged."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from homeport.errors import StoreError
from homeport.store import Database, Transaction, open_database
from homeport.store.sqlite_file import connect
from tests.store.opened import NOTES, add, notes, opened


def file_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite://"))


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def another_user() -> Iterator[None]:
    """Root may do everything: become somebody else for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
async def test_the_file_its_log_and_its_folder_are_private_whatever_the_umask(sqlite_url: str, mask: int) -> None:
    folder = file_of(sqlite_url).parent
    with umask(mask):
        async with opened(sqlite_url) as database:
            await database.transaction(lambda tx: add(tx, "a"))
            modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == dict.fromkeys(("homeport.sqlite3", "homeport.sqlite3-wal", "homeport.sqlite3-shm"), 384)
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_a_file_that_others_could_read_is_closed_to_them(sqlite_url: str) -> None:
    async with opened(sqlite_url):
        pass
    file_of(sqlite_url).chmod(0o644)
    async with opened(sqlite_url):
        assert file_of(sqlite_url).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["homeport.sqlite3", "homeport.sqlite3-wal", "homeport.sqlite3-shm"])
@pytest.mark.parametrize("dangling", [False, True])
async def test_a_link_in_place_of_a_file_is_refused_and_what_it_leads_to_is_not_touched(
    tmp_path: Path, name: str, dangling: bool
) -> None:
    target = tmp_path / "target"
    if not dangling:
        target.write_text("precious")
        target.chmod(0o644)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / name).symlink_to(target)
    with pytest.raises(StoreError, match="is a link"):
        await open_database(f"sqlite://{folder}/homeport.sqlite3")
    assert target.exists() is not dangling
    assert dangling or (target.read_text(), target.stat().st_mode & 0o777) == ("precious", 0o644)


async def test_a_folder_that_was_there_keeps_its_permissions(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    async with opened(f"sqlite://{shared}/homeport.sqlite3"):
        assert shared.stat().st_mode & 0o777 == 0o755


async def test_every_commit_is_flushed_and_deleted_content_is_overwritten(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:

        def settings(tx: Transaction) -> list[object]:
            names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
            return [next(iter((tx.one(f"PRAGMA {name}") or {}).values())) for name in names]

        # synchronous 2 is FULL.
        assert await database.transaction(settings) == ["wal", 2, 1, 1]


def test_four_that_open_a_new_file_at_the_same_moment_all_open_it(tmp_path: Path) -> None:
    """They hinder each other in about one of forty tries."""

    def opens(path: Path, together: threading.Barrier) -> None:
        together.wait()
        connect(path).close()

    with ThreadPoolExecutor(4) as four:
        for number in range(150):
            together = threading.Barrier(4)
            path = tmp_path / str(number) / "homeport.sqlite3"
            for opening in [four.submit(opens, path, together) for _ in range(4)]:
                opening.result()


async def test_works_that_wait_together_share_one_commit(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        entered, leave = threading.Event(), threading.Event()

        def first(tx: Transaction) -> None:
            entered.set()
            assert leave.wait(10)

        holding = asyncio.create_task(database.transaction(first))
        await asyncio.to_thread(entered.wait, 10)
        waiting = [asyncio.create_task(database.transaction(partial(add, note=str(n)))) for n in range(50)]
        await asyncio.sleep(0)
        log = file_of(sqlite_url).with_name("homeport.sqlite3-wal")
        before = log.stat().st_size
        leave.set()
        await asyncio.gather(holding, *waiting)
        pages = (log.stat().st_size - before) / (4096 + 24)
        # Fifty commits would have written at least two pages each.
        assert pages < 20


async def test_an_outside_reader_sees_whole_works_and_stops_nobody(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        with closing(sqlite3.connect(f"file:{file_of(sqlite_url)}?mode=ro", uri=True)) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM notes").fetchone() == (0,)
            for number in range(20):
                await database.transaction(partial(add, note=str(number)))
            assert reader.execute("SELECT count(*) FROM notes").fetchone() == (0,)
            reader.execute("COMMIT")
            assert reader.execute("SELECT count(*) FROM notes").fetchone() == (20,)


async def test_a_write_waits_for_another_program_that_holds_the_file(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(database.transaction(lambda tx: add(tx, "a")))
            await asyncio.sleep(0)
            assert not writing.done()
            other.execute("COMMIT")
            await writing
            assert await database.transaction(notes) == ["a"]


async def test_a_program_that_never_lets_go_is_an_error_and_the_next_write_works(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            with pytest.raises(StoreError, match="Another program has held"):
                await database.transaction(lambda tx: add(tx, "a"))
            assert time.monotonic() - begun > 4
            other.execute("ROLLBACK")
        await database.transaction(lambda tx: add(tx, "b"))
        assert await database.transaction(notes) == ["b"]


async def fill(database: Database) -> None:
    """Let the file grow by a few pages at most, as on a disk that is nearly full."""

    def limit(tx: Transaction) -> None:
        row = tx.one("PRAGMA page_count")
        assert row is not None
        tx.one(f"PRAGMA max_page_count = {row['page_count'] + 2}")

    await database.transaction(limit)


async def test_a_full_disk_fails_what_did_not_fit_and_nothing_that_was_saved_is_lost(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        await database.transaction(lambda tx: add(tx, "before"))
        await fill(database)
        heard: list[str] = []
        database.listen("notes", heard.append)

        def with_it(tx: Transaction) -> None:
            add(tx, "with it")
            tx.notify("notes", "with it")

        def too_much(tx: Transaction) -> None:
            tx.execute("INSERT INTO notes (id, number, text) VALUES ('big', 1, :text)", text="x" * 100_000)

        together = await asyncio.gather(
            database.transaction(with_it),
            database.transaction(too_much),
            database.transaction(lambda tx: add(tx, "after it")),
            return_exceptions=True,
        )
        assert isinstance(together[1], StoreError)
        assert "disk is full" in str(together[1])
        said_to_be_saved = {
            name for name, result in zip(("with it", "", "after it"), together, strict=True) if result is None
        }
        assert set(await database.transaction(notes)) == {"before", *said_to_be_saved}
        assert set(heard) == said_to_be_saved & {"with it"}


async def test_a_file_that_is_no_database_is_refused_and_left_alone(sqlite_url: str) -> None:
    file = file_of(sqlite_url)
    file.parent.mkdir()
    file.write_bytes(b"a letter to somebody, not a database\n" * 100)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="is not an SQLite database"):
        await open_database(sqlite_url, migrations=[NOTES])
    assert file.read_bytes() == before


async def test_a_damaged_file_is_an_error_that_names_it(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        for number in range(300):
            await database.transaction(partial(add, note=f"{number} {'x' * 100}"))
    with file_of(sqlite_url).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (file_of(sqlite_url).stat().st_size - 4096))
    with pytest.raises(StoreError, match=r"homeport\.sqlite3 is damaged"):
        async with opened(sqlite_url) as database:
            await database.transaction(notes)


async def test_a_file_that_may_not_be_written_is_an_error_that_names_it() -> None:
    # Not pytest's folder, which is closed to the other user.
    folder = Path(os.path.realpath(os.environ.get("TMPDIR", "/tmp"))) / f"homeport-read-only-{os.getpid()}"
    folder.mkdir()
    file = folder / "homeport.sqlite3"
    try:
        file.touch()
        file.chmod(0o444)
        folder.chmod(0o555)
        with another_user(), pytest.raises(StoreError, match="Permission denied") as caught:
            await open_database(f"sqlite://{file}", migrations=[NOTES])
        assert str(file) in caught.value.message
        assert caught.value.hint
    finally:
        folder.chmod(0o700)
        file.unlink()
        folder.rmdir()


async def test_a_crash_in_one_work_of_many_undoes_that_one_only(sqlite_url: str) -> None:
    class Crash(BaseException):
        pass

    def crash(tx: Transaction) -> None:
        add(tx, "crashed")
        raise Crash

    async with opened(sqlite_url) as database:
        results = await asyncio.gather(
            *(database.transaction(crash if n % 5 == 0 else partial(add, note=f"{n:02d}")) for n in range(25)),
            return_exceptions=True,
        )
        assert [isinstance(result, Crash) for result in results] == [n % 5 == 0 for n in range(25)]
        assert await database.transaction(notes) == [f"{n:02d}" for n in range(25) if n % 5]


async def test_a_work_that_ends_the_transaction_itself_fails(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        with pytest.raises(StoreError):
            await database.transaction(lambda tx: tx.execute("ROLLBACK"))
        await database.transaction(lambda tx: add(tx, "a"))
        assert await database.transaction(notes) == ["a"]


async def test_it_belongs_to_the_event_loop_that_opened_it(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:

        def elsewhere() -> None:
            asyncio.run(database.transaction(notes))

        with pytest.raises(StoreError, match="another event loop"):
            await asyncio.to_thread(elsewhere)


async def test_sixteen_clients_reach_six_hundred_durable_transactions_a_second(sqlite_url: str) -> None:
    async with opened(sqlite_url) as database:
        numbers = iter(range(1_200))

        def four_statements(tx: Transaction, note: str) -> None:
            assert tx.one("SELECT id FROM notes WHERE id = :id", id=note) is None
            add(tx, note)
            tx.execute("UPDATE notes SET number = number + 1 WHERE id = :id", id=note)
            assert tx.one("SELECT number FROM notes WHERE id = :id", id=note) == {"number": 1}

        async def client() -> None:
            for number in numbers:
                await database.transaction(partial(four_statements, note=str(number)))

        begun = time.monotonic()
        await asyncio.gather(*(client() for _ in range(16)))
        assert 1_200 / (time.monotonic() - begun) >= 600
