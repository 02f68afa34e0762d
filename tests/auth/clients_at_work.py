"""The client service over a real database and a real TLS server, with a clock the test moves."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from homeport.auth import request_tables
from homeport.auth.authorization_requests import AuthorizationParameters, AuthorizationRequest, RequestState
from homeport.auth.clients import Clients
from homeport.auth.errors import MatchedRedirect
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

    async def approve(self, client_id: str) -> None:
        """A person approves this client."""
        await self.database.transaction(lambda tx: self.clients.mark_used(tx, client_id))

    async def open_page(self, client_id: str, *, seconds: int) -> None:
        """A browser stands at the authorization page for this client, for so long."""
        now = int(self.clock())
        request = AuthorizationRequest(
            request_id=f"request for {client_id}",
            browser_digest="",
            parameters_digest="",
            state=RequestState.SIGN_IN,
            parameters=AuthorizationParameters(
                client_id=client_id,
                redirect_uri=MatchedRedirect("https://chatgpt.com/cb"),
                redirect_uri_given=True,
                client_state=None,
                code_challenge="",
                issuer="",
                resource="",
                scope="",
                nonce=None,
            ),
            created_at=now,
            expires_at=now + seconds,
        )
        await self.database.transaction(lambda tx: request_tables.insert(tx, request, network="unknown"))

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
    granted = set[str]()
    bus.subscribe(events.append)
    database = await open_database(f"sqlite:///{folder}/homeport.sqlite3", clock=clock)
    try:
        async with Web() as web:
            fetcher = guard(web, clock=clock)
            clients = Clients(
                database,
                fetcher,
                has_live_grant=lambda tx, client_id: client_id in granted,
                has_live_request=lambda tx, client_id: request_tables.count_open(tx, client_id, int(clock())) > 0,
                events=bus,
                clock=clock,
            )
            yield House(database, web, fetcher, clients, clock, events, granted)
            await fetcher.aclose()
    finally:
        await database.close()
