"""The client service over a real database and a real TLS server, with a clock the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from homeport.auth.clients import Clients
from homeport.auth.fetch import Fetcher
from homeport.events import Event, EventBus
from homeport.store import Database, Transaction, open_database
from tests.auth.outside import HandClock, Web, guard


@dataclass
class House:
    database: Database
    web: Web
    fetcher: Fetcher
    clients: Clients
    clock: HandClock
    events: list[Event]
    granted: set[str] = field(default_factory=set)
    requested: set[str] = field(default_factory=set)

    async def approve(self, client_id: str) -> None:
        """A person approves this client."""
        await self.database.transaction(lambda tx: self.clients.mark_used(tx, client_id))

    async def expire(self) -> int:
        return await self.database.transaction(lambda tx: self.clients.expire(tx, self.clock()))

    async def count(self, table: str) -> int:
        def work(tx: Transaction) -> int:
            row = tx.one(f"SELECT COUNT(*) AS n FROM {table}")
            assert row is not None
            return int(row["n"])

        return await self.database.transaction(work)


@asynccontextmanager
async def clients_at_work(folder: Path) -> AsyncIterator[House]:
    clock, bus, events = HandClock(), EventBus(), list[Event]()
    granted, requested = set[str](), set[str]()
    bus.subscribe(events.append)
    database = await open_database(f"sqlite:///{folder}/homeport.sqlite3", clock=clock)
    try:
        async with Web() as web:
            fetcher = guard(web, clock=clock)
            clients = Clients(
                database,
                fetcher,
                has_live_grant=lambda tx, client_id: client_id in granted,
                has_live_request=lambda tx, client_id: client_id in requested,
                events=bus,
                clock=clock,
            )
            yield House(database, web, fetcher, clients, clock, events, granted, requested)
            await fetcher.aclose()
    finally:
        await database.close()
