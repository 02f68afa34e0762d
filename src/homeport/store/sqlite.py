"""SQLite: one thread owns the connection and commits the works that wait together, one fsync for many.

Must not be used from two processes that write at once for long: each waits for the other at most `BUSY_SECONDS`.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from homeport.clock import Clock
from homeport.errors import StoreError
from homeport.store.database import Migration, Row, Transaction, Value
from homeport.store.notify import Callback, Listeners, Notice, checked_notice
from homeport.store.sqlite_file import connect, explain, migrate
from homeport.store.statements import plain_values
from homeport.store.work import Outcome, Pending, call_in_loop, deliver_and_settle, run_work, settle

T = TypeVar("T")

BATCH = 128
"""Works committed together at most, so that the first one does not wait for a never-ending queue."""


class SQLiteTransaction:
    """The statements of one work on the writer's connection."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection: sqlite3.Connection | None = connection
        self._path = path
        self.notices: dict[Notice, None] = {}

    def execute(self, sql: str, /, **parameters: Value) -> int:
        with closing(self._run(sql, parameters)) as cursor:
            if cursor.description is not None:
                # The count of a RETURNING statement is known only after its last row.
                self._fetch(cursor.fetchall)
            return max(cursor.rowcount, 0)

    def one(self, sql: str, /, **parameters: Value) -> Row | None:
        with closing(self._run(sql, parameters)) as cursor:
            row: Row | None = self._fetch(cursor.fetchone)
            return row

    def all(self, sql: str, /, **parameters: Value) -> list[Row]:
        with closing(self._run(sql, parameters)) as cursor:
            rows: list[Row] = self._fetch(cursor.fetchall)
            return rows

    def notify(self, channel: str, payload: str) -> None:
        # A dict: like PostgreSQL, the same notification twice in a transaction is one.
        self.notices[checked_notice(channel, payload)] = None

    def end(self) -> None:
        self._connection = None

    def _run(self, sql: str, parameters: dict[str, Value]) -> sqlite3.Cursor:
        connection = self._connection
        if connection is None:
            raise StoreError("A transaction was used after its work had returned.")
        values = plain_values(parameters)
        return self._fetch(lambda: connection.execute(sql, values))

    def _fetch(self, step: Callable[[], T]) -> T:
        try:
            return step()
        except sqlite3.Error as error:
            raise explain(error, self._path) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise StoreError(f"A value cannot be stored: {type(error).__name__}.") from None


class SQLiteDatabase:
    """A database in one file. Opened with `open`, in the event loop it then belongs to."""

    def __init__(
        self, path: Path, loop: asyncio.AbstractEventLoop, clock: Clock, migrations: Sequence[Migration]
    ) -> None:
        self._path = path
        self._loop = loop
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._listeners = Listeners()
        self._opened: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._closing = False
        self._thread = threading.Thread(
            target=self._live, args=(clock, migrations), name="homeport-sqlite", daemon=True
        )

    @classmethod
    async def open(cls, path: Path, *, clock: Clock, migrations: Sequence[Migration]) -> SQLiteDatabase:
        """Raises DatabaseTooNew, MigrationFailed, StoreError."""
        database = cls(path, asyncio.get_running_loop(), clock, migrations)
        database._thread.start()
        try:
            await database._opened
        except BaseException:
            await database.close()
            raise
        return database

    async def transaction(self, work: Callable[[Transaction], T]) -> T:
        if self._closing:
            raise StoreError("The database is closed.")
        if asyncio.get_running_loop() is not self._loop:
            raise StoreError("The database was opened in another event loop.")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Pending(work, future))
        return await future

    def listen(self, channel: str, callback: Callback) -> Callable[[], None]:
        return self._listeners.add(channel, callback)

    @property
    def listening(self) -> bool:
        return True

    def describe(self) -> str:
        return f"SQLite, {self._path}"

    async def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._queue.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    # What follows runs in the thread.

    def _live(self, clock: Clock, migrations: Sequence[Migration]) -> None:
        try:
            with closing(connect(self._path)) as connection:
                migrate(connection, self._path, clock, migrations)
                self._tell(self._opened)
                while batch := self._next_batch():
                    while batch:
                        batch = self._commit_together(connection, batch)
        except BaseException as error:
            failure = explain(error, self._path) if isinstance(error, sqlite3.Error) else error
            self._tell(self._opened, failure)
            self._refuse_the_rest(failure)
        finally:
            self._tell(self._ended)

    def _refuse_the_rest(self, failure: BaseException) -> None:
        """Until it is closed: nobody waits for ever for a database that could not be opened or has broken down."""
        while (pending := self._queue.get()) is not None:
            outcome = Outcome(pending, error=failure)
            call_in_loop(self._loop, partial(deliver_and_settle, self._listeners, (), [outcome]))

    def _tell(self, future: asyncio.Future[None], error: BaseException | None = None) -> None:
        call_in_loop(self._loop, lambda: settle(future, None, error))

    def _next_batch(self) -> list[Pending]:
        """Wait for a work and take along those that wait with it; nothing once the database is to close."""
        batch: list[Pending] = []
        try:
            pending = self._queue.get()
            while pending is not None:
                batch.append(pending)
                if len(batch) == BATCH:
                    return batch
                pending = self._queue.get_nowait()
            if batch:
                self._queue.put(None)
        except queue.Empty:
            pass
        return batch

    def _commit_together(self, connection: sqlite3.Connection, batch: list[Pending]) -> list[Pending]:
        """Run works in one transaction and answer them after its commit; returns those it did not get to."""
        outcomes: list[Outcome] = []
        notices: dict[Notice, None] = {}
        failure: StoreError | None = None
        try:
            connection.execute("BEGIN IMMEDIATE")
            for pending in batch:
                outcomes.append(self._run_one(connection, pending, notices))
                if not connection.in_transaction:
                    # A full disk makes SQLite undo the whole transaction, not only the statement.
                    failure = StoreError("The database undid the transaction that this work shared with a failed one.")
                    break
            else:
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            failure = explain(error, self._path)
            failure.__cause__ = error
            outcomes += [Outcome(pending) for pending in batch[len(outcomes) :]]
        if failure is not None:
            _roll_back(connection)
            notices = {}
            outcomes = [o if o.error else Outcome(o.pending, error=failure) for o in outcomes]
        call_in_loop(self._loop, lambda: deliver_and_settle(self._listeners, notices, outcomes))
        return batch[len(outcomes) :]

    def _run_one(self, connection: sqlite3.Connection, pending: Pending, notices: dict[Notice, None]) -> Outcome:
        tx = SQLiteTransaction(connection, self._path)
        connection.execute("SAVEPOINT work")
        try:
            result = run_work(pending.work, tx)
            if connection.in_transaction:
                connection.execute("RELEASE work")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO work")
                connection.execute("RELEASE work")
            return Outcome(pending, error=error)
        finally:
            tx.end()
        notices.update(tx.notices)
        return Outcome(pending, result)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
