"""PostgreSQL: a few threads, each with its own connection, run the works; one more connection listens.

Works are SERIALIZABLE and run again when they met another one, so that the rooms need no other thinking than on SQLite.
Nothing is kept in this process that another replica could not do without.
"""

from __future__ import annotations

import asyncio
import queue
import random
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import psycopg

from homeport.clock import Clock
from homeport.errors import MigrationFailed, StoreError
from homeport.store.database import Migration, Row, Transaction, Value
from homeport.store.migrate import apply_migrations, pending_migrations
from homeport.store.notify import Callback, Listeners, Notice, checked_notice
from homeport.store.postgres_connection import CONFLICTS, Connection, Place, connect, explain
from homeport.store.postgres_listener import CHANNEL, PostgresListener, envelope
from homeport.store.statements import plain_values, to_pyformat
from homeport.store.work import Outcome, Pending, call_in_loop, deliver_and_settle, run_work, settle

T = TypeVar("T")

CONNECTIONS = 8
"""Threads, and connections once they are needed, for each replica."""

ATTEMPTS = 30
"""How often a work runs before it is given up because others always came in between."""

_MIGRATION_LOCK = 5_276_113_901_187_204
"""Any fixed number: replicas that start together migrate one after another."""


class PostgresTransaction:
    """The statements of one work on one connection."""

    def __init__(self, connection: Connection, place: Place, translations: dict[str, str]) -> None:
        self._connection: Connection | None = connection
        self._place = place
        self._translations = translations
        self.failure: psycopg.Error | None = None
        self.notices: dict[Notice, None] = {}

    def execute(self, sql: str, /, **parameters: Value) -> int:
        return max(self._run(sql, parameters).rowcount, 0)

    def one(self, sql: str, /, **parameters: Value) -> Row | None:
        return self._run(sql, parameters).fetchone()

    def all(self, sql: str, /, **parameters: Value) -> list[Row]:
        return [*self._run(sql, parameters).fetchall()]

    def notify(self, channel: str, payload: str) -> None:
        self.notices[checked_notice(channel, payload)] = None

    def end(self) -> None:
        self._connection = None

    def _run(self, sql: str, parameters: dict[str, Value]) -> psycopg.Cursor[dict[str, Any]]:
        if self._connection is None:
            raise StoreError("A transaction was used after its work had returned.")
        translated = self._translations.get(sql)
        if translated is None:
            translated = self._translations[sql] = to_pyformat(sql)
        values = plain_values(parameters)
        try:
            return self._connection.execute(translated.encode(), values)
        except psycopg.Error as error:
            self.failure = self.failure or error
            raise explain(error, self._place) from None
        except UnicodeEncodeError:
            raise StoreError("A value cannot be stored: UnicodeEncodeError.") from None


class PostgresDatabase:
    """A database on a server. Opened with `open`, in the event loop it then belongs to."""

    def __init__(self, place: Place, loop: asyncio.AbstractEventLoop) -> None:
        self._place = place
        self._loop = loop
        self._replica = secrets.token_hex(8)
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._listeners = Listeners()
        self._listener = PostgresListener(place, self._listeners, loop, replica=self._replica)
        self._closing = False
        self._closed: asyncio.Future[None] = loop.create_future()
        self._alive = 0
        self._threads: list[threading.Thread] = []

    @classmethod
    async def open(cls, url: str, *, clock: Clock, migrations: Sequence[Migration]) -> PostgresDatabase:
        """Raises DatabaseTooNew, MigrationFailed, StoreError."""
        loop = asyncio.get_running_loop()
        database = cls(Place.parse(url), loop)
        database._start_threads()
        try:
            await database.transaction(lambda tx: _migrate(tx, clock, migrations))
            await database._listener.start()
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
        return self._listener.listening

    def describe(self) -> str:
        return f"PostgreSQL, {self._place.description}"

    async def close(self) -> None:
        if not self._closing:
            self._closing = True
            for _ in self._threads:
                self._queue.put(None)
        await self._listener.stop()
        await asyncio.shield(self._closed)
        for thread in self._threads:
            thread.join()

    def _start_threads(self) -> None:
        self._alive = CONNECTIONS
        for number in range(CONNECTIONS):
            thread = threading.Thread(target=self._live, name=f"homeport-postgres-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _thread_ended(self) -> None:
        self._alive -= 1
        if not self._alive:
            settle(self._closed, None, None)

    # What follows runs in the threads.

    def _live(self) -> None:
        worker = _Worker(self._place, self._replica)
        try:
            while (pending := self._queue.get()) is not None:
                self._carry_out(worker, pending)
        finally:
            worker.close()
            call_in_loop(self._loop, self._thread_ended)

    def _carry_out(self, worker: _Worker, pending: Pending) -> None:
        notices: dict[Notice, None] = {}
        try:
            result, notices = worker.run(pending.work)
            outcome = Outcome(pending, result)
        except BaseException as error:
            outcome = Outcome(pending, error=error)
        call_in_loop(self._loop, lambda: deliver_and_settle(self._listeners, notices, [outcome]))


class _Worker:
    """One connection, made when it is first needed and again when it is lost. Belongs to one thread."""

    def __init__(self, place: Place, replica: str) -> None:
        self._place = place
        self._replica = replica
        self._connection: Connection | None = None
        self._translations: dict[str, str] = {}

    def run(self, work: Callable[[Transaction], T]) -> tuple[T, dict[Notice, None]]:
        """The work's result and notifications, committed. Raises what the work raised, or StoreError."""
        for attempt in range(ATTEMPTS):
            try:
                return self._run_once(work)
            except _Conflict:
                # A random pause, so that the two do not meet again.
                time.sleep(random.uniform(0, 0.001 * 2 ** min(attempt, 6)))
        raise StoreError(f"Other works came in between {ATTEMPTS} times.", hint="Try again in a moment.")

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _run_once(self, work: Callable[[Transaction], T]) -> tuple[T, dict[Notice, None]]:
        connection = self._begin()
        tx = PostgresTransaction(connection, self._place, self._translations)
        try:
            result: T = run_work(work, tx)
            for channel, payload in tx.notices:
                tx.execute(
                    "SELECT pg_notify(:channel, :told)", channel=CHANNEL, told=envelope(self._replica, channel, payload)
                )
            if tx.failure is not None:
                # COMMIT would answer ROLLBACK without an error: a work must not swallow a failed statement.
                raise explain(tx.failure, self._place)
        except BaseException:
            self._undo(connection)
            if isinstance(tx.failure, CONFLICTS):
                raise _Conflict from None
            raise
        finally:
            tx.end()
        self._commit(connection)
        return result, tx.notices

    def _commit(self, connection: Connection) -> None:
        try:
            connection.execute("COMMIT")
            return
        except CONFLICTS:
            self._undo(connection)
            raise _Conflict from None
        except psycopg.OperationalError:
            failure = StoreError(
                f"The connection to PostgreSQL at {self._place.description} was lost while saving.",
                hint="Whether this change was saved is not known: look before you repeat it.",
            )
        except psycopg.Error as error:
            failure = explain(error, self._place)
        self._undo(connection)
        raise failure

    def _begin(self) -> Connection:
        """An open transaction; a connection that was lost while it was idle is replaced once."""
        if self._connection is not None:
            try:
                self._connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
            except psycopg.OperationalError:
                self.close()
            else:
                return self._connection
        self._connection = connect(self._place)
        try:
            self._connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
            return self._connection
        except psycopg.Error as error:
            failure = explain(error, self._place)
        self.close()
        raise failure

    def _undo(self, connection: Connection) -> None:
        try:
            connection.execute("ROLLBACK")
        except psycopg.Error:
            self.close()


class _Conflict(Exception):
    """Another work was there first; this one has been undone and may run again."""


def _migrate(tx: Transaction, clock: Clock, migrations: Sequence[Migration]) -> None:
    # Not serializable: after waiting for the lock we must see what its holder did.
    tx.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    tx.one("SELECT pg_advisory_xact_lock(:lock)", lock=_MIGRATION_LOCK)
    pending = pending_migrations(tx, migrations)
    try:
        apply_migrations(tx, pending, now=int(clock()))
    except StoreError as error:
        raise MigrationFailed(
            f"{error.message} The database is as it was before.",
            hint="Keep working with the older Homeport and report this.",
        ) from error
