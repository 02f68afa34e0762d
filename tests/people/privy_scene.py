"""Privy sessions between an emulated Privy and a database, with as many replicas as a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from homeport.keys.columns import KEY_BYTES, ColumnKey
from homeport.outbound import http_client
from homeport.people import privy_session_table as table
from homeport.people.privy_api import PrivyApi
from homeport.people.privy_sessions import PrivySessions, PrivyTokens
from homeport.store import Database, open_database
from tests.keys.fetching import FakeClock
from tests.people.privy_side import APP, NOW
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.mint import SignedIn

REFRESH = "POST /api/v1/sessions"
ORIGIN = "https://home.example"
TOKENS = PrivyTokens("canary-token", "canary-refresh", "canary-pat", NOW + 3600)


class Scene:
    """An emulated Privy, a database, and as many replicas as a test wants."""

    def __init__(self, emulator: PrivyEmulator, database: Database, clock: FakeClock, api: PrivyApi) -> None:
        self.emulator = emulator
        self.database = database
        self.clock = clock
        self.api = api
        self.sessions = self.replica()

    def replica(
        self,
        *,
        stay_signed_in: bool = True,
        key: bytes = b"k" * KEY_BYTES,
        origin: str = ORIGIN,
        database: Database | None = None,
        api: PrivyApi | None = None,
    ) -> PrivySessions:
        return PrivySessions(
            database or self.database,
            ColumnKey(key),
            api or self.api,
            origin=lambda: origin,
            stay_signed_in=stay_signed_in,
            clock=self.clock,
        )

    async def keep(self, holder: str, person: str, tokens: PrivyTokens, sessions: PrivySessions | None = None) -> None:
        await self.database.transaction(lambda tx: (sessions or self.sessions).keep(tx, holder, person, tokens))

    async def signed_in(self, holder: str = "grant", *, client_id: str | None = None) -> SignedIn:
        """Somebody signed in at Privy, and the session is kept for this holder."""
        person = self.emulator.sign_in("alice@example.com", client_id=client_id)
        end = int(self.clock()) + self.emulator.app.token_ttl
        tokens = PrivyTokens(person.token, person.refresh_token, person.privy_access_token, end)
        await self.keep(holder, person.did, tokens)
        return person

    async def row(self, holder: str = "grant") -> table.SessionRow | None:
        return await self.database.transaction(lambda tx: table.find(tx, holder))

    async def refreshable(self, holder: str = "grant") -> bool:
        row = await self.row(holder)
        return row is not None and row.refresh_token is not None

    def end_of_token(self) -> None:
        """Let the app token end."""
        self.clock.advance(self.emulator.app.token_ttl)

    def asked(self) -> int:
        return len(self.emulator.asked(REFRESH))


@asynccontextmanager
async def scene(
    folder: Path,
    app: EmulatedApp | None = None,
    *,
    client_id: str | None = None,
    deadline: float = 5.0,
    url: str | None = None,
) -> AsyncIterator[Scene]:
    clock = FakeClock(NOW)
    database = await open_database(url or f"sqlite://{folder}/homeport.sqlite3")
    try:
        async with (
            PrivyEmulator(app or EmulatedApp(allowed_origins=[ORIGIN]), clock=clock) as emulator,
            http_client(emulator.network()) as http,
        ):
            yield Scene(emulator, database, clock, PrivyApi(APP, lambda: None, http, client_id, deadline=deadline))
    finally:
        await database.close()
