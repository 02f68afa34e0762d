"""LISTEN on a connection of its own, in a thread. Must not deliver what this replica
said itself: it knows that already.
"""

from __future__ import annotations

import asyncio
import random
import selectors
import socket
import threading
from contextlib import closing
from functools import partial

import psycopg

from homeport.errors import StoreError
from homeport.store.notify import Listeners
from homeport.store.postgres_connection import Connection, Place, connect, explain
from homeport.store.work import call_in_loop, settle

CHANNEL = "homeport"
"""PostgreSQL's channel; ours travel inside its payload, so that one LISTEN serves all."""

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 3.0
"""Seconds between attempts to connect again."""


def envelope(replica: str, channel: str, payload: str) -> str:
    """What travels: who says it, on which channel, and what."""
    return f"{replica} {channel} {payload}"


class PostgresListener:
    """Hears other replicas from `start` to `stop`; `listening` says whether it can right now."""

    def __init__(self, place: Place, listeners: Listeners, loop: asyncio.AbstractEventLoop, *, replica: str) -> None:
        self._place = place
        self._listeners = listeners
        self._loop = loop
        self._replica = replica
        self._started: asyncio.Future[None] = loop.create_future()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._waker: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.listening = False

    async def start(self) -> None:
        """Returns once it listens. Raises StoreError when the first attempt fails."""
        self._waker, wake = socket.socketpair()
        self._thread = threading.Thread(target=self._live, args=(wake,), name="homeport-postgres-listen", daemon=True)
        self._thread.start()
        await self._started

    async def stop(self) -> None:
        if self._thread is None:
            return
        if self._waker is not None:
            # Closing our end makes the other one readable.
            self._waker.close()
            self._waker = None
        await asyncio.shield(self._ended)
        self._thread.join()
        self.listening = False

    # What follows runs in the event loop, called from the thread.

    def _resumed(self) -> None:
        # What was said while nobody listened is lost: caches start afresh before anyone trusts them again.
        if self._started.done():
            self._listeners.deliver_missed()
        self.listening = True
        settle(self._started, None, None)

    def _lost(self, failure: StoreError) -> None:
        self.listening = False
        settle(self._started, None, failure)

    def _heard(self, message: str) -> None:
        replica, _, rest = message.partition(" ")
        channel, separator, payload = rest.partition(" ")
        if separator and replica != self._replica:
            self._listeners.deliver(channel, payload)

    # What follows runs in the thread.

    def _live(self, wake: socket.socket) -> None:
        pause = FIRST_PAUSE
        with wake, selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            while True:
                try:
                    with closing(connect(self._place)) as connection:
                        connection.execute(f"LISTEN {CHANNEL}")
                        call_in_loop(self._loop, self._resumed)
                        pause = FIRST_PAUSE
                        self._hear_until_woken(connection, wake)
                        break
                except (StoreError, psycopg.Error, OSError) as error:
                    failure = _explain(error, self._place)
                    call_in_loop(self._loop, partial(self._lost, failure))
                if selector.select(pause * random.uniform(0.5, 1.5)):
                    break
                pause = min(pause * 2, LONGEST_PAUSE)
        call_in_loop(self._loop, lambda: settle(self._ended, None, None))

    def _hear_until_woken(self, connection: Connection, wake: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(wake, selectors.EVENT_READ)
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while True:
                # Once before waiting: some may have come together with the answer to LISTEN.
                for notify in connection.notifies(timeout=0):
                    call_in_loop(self._loop, partial(self._heard, notify.payload))
                if any(key.fileobj is wake for key, _ in selector.select()):
                    return


def _explain(error: StoreError | psycopg.Error | OSError, place: Place) -> StoreError:
    if isinstance(error, StoreError):
        return error
    if isinstance(error, psycopg.Error):
        return explain(error, place)
    return StoreError(f"PostgreSQL at {place.description} does not answer ({type(error).__name__}).")
