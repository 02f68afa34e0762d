"""The authorization server without its HTTP face, over a real database: for what needs thousands of steps."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from homeport.auth.access import Access, Bearer
from homeport.auth.assertions import AuthenticatedClient
from homeport.auth.authorization_requests import AuthorizationParameters
from homeport.auth.challenges import Challenge
from homeport.auth.errors import MatchedRedirect
from homeport.auth.exchanges import CodeExchange, RefreshExchange
from homeport.auth.resources import ServedApp, ToolMark
from homeport.auth.server import AuthKeys, AuthorizationServer, SignedInPeople
from homeport.auth.tokens import Tokens
from homeport.clock import system_randomness
from homeport.events import Event, EventBus
from homeport.keys.signing import SigningKeys
from homeport.origins import Origins
from homeport.people.admission import Admission, AdmissionPolicy
from homeport.people.owner import person_named
from homeport.store import Database, Transaction, open_database
from homeport.vault import open_vault
from tests.auth.outside import HandClock, Web, guard

PORT = 3002
ISSUER = f"http://localhost:{PORT}"
RESOURCE = f"{ISSUER}/mcp"
REDIRECT = "http://127.0.0.1:4567/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BROWSER = "b" * 43
ACCESS_SECONDS = 12 * 3600

APP = ServedApp(
    "Tiny",
    "/mcp",
    (
        ToolMark("hello", "Hello", "read"),
        ToolMark("note", "Note", "write"),
        ToolMark("publish", "Publish", "write", "publish"),
    ),
)


class NoKeys:
    """No client of these tests has keys."""

    async def key(self, jwks_uri: str, kid: str | None, alg: str) -> Any:
        raise AssertionError(jwks_uri)


@dataclass
class Office:
    """One replica: the server, and shortcuts for what browsers and clients do."""

    server: AuthorizationServer
    database: Database
    tokens: Tokens
    clock: HandClock
    origins: Origins
    events: list[Event]
    client_id: str = ""
    _count: int = field(default=0)

    @property
    def access(self) -> Access:
        return self.server.access

    async def register(self, name: str = "Strict") -> str:
        body = {"redirect_uris": [REDIRECT], "client_name": name, "token_endpoint_auth_method": "none"}
        return str((await self.server.clients.register(body))["client_id"])

    async def client(self, client_id: str = "") -> AuthenticatedClient:
        found = await self.server.clients.known(client_id or self.client_id)
        assert found is not None
        return AuthenticatedClient(found, "none")

    async def authorize(
        self, scope: str = "read write offline_access", *, client_id: str = "", who: str = "me", issuer: str = ISSUER
    ) -> str:
        """A person said yes: returns the code."""
        self._count += 1
        if not client_id:
            await self.register()  # one that nobody approved yet lives an hour
        parameters = AuthorizationParameters(
            client_id=client_id or self.client_id,
            redirect_uri=MatchedRedirect(REDIRECT),
            redirect_uri_given=True,
            client_state=str(self._count),
            code_challenge=CHALLENGE,
            issuer=issuer,
            resource=f"{issuer}/mcp",
            scope=scope,
            nonce=None,
        )
        authorization = self.server.authorization

        def allow(tx: Transaction) -> str:
            request, _ = authorization.find_or_open(tx, parameters, BROWSER, network="unknown")
            person = person_named(tx, who, now=int(self.clock()), random=system_randomness)
            assert authorization.allow(tx, request, person.id, scope)
            return request.request_id

        request_id = await self.database.transaction(allow)
        request = await self.database.transaction(lambda tx: authorization.find(tx, request_id, BROWSER))
        assert request is not None
        answer = await authorization.answer(request, BROWSER)
        assert answer is not None
        return answer["code"]

    async def exchange(self, code: str, *, client: AuthenticatedClient | None = None, **changes: Any) -> dict[str, Any]:
        form: dict[str, Any] = {"redirect_uri": REDIRECT, "resource": RESOURCE, "issuer": ISSUER, "verifier": VERIFIER}
        return await self.server.exchanges.exchange_code(
            client or await self.client(), CodeExchange(**{"code": code, **form, **changes})
        )

    async def refresh(self, token: str, *, client: AuthenticatedClient | None = None, **changes: Any) -> dict[str, Any]:
        form: dict[str, Any] = {"scope": None, "resource": None, "issuer": ISSUER}
        return await self.server.exchanges.refresh(
            client or await self.client(), RefreshExchange(**{"refresh_token": token, **form, **changes})
        )

    async def signed_in(self, scope: str = "read write offline_access") -> dict[str, Any]:
        return await self.exchange(await self.authorize(scope))

    async def call(self, access_token: str, resource: str = RESOURCE) -> Bearer | None:
        """Who an access token says calls at the resource; None when it is refused."""
        header = b"Bearer " + access_token.encode()
        try:
            return self.access.cached(header, resource) or await self.access.check(header, resource)
        except Challenge:
            return None

    async def rows(self, sql: str, **parameters: str | int) -> list[dict[str, Any]]:
        return await self.database.transaction(lambda tx: [dict(row) for row in tx.all(sql, **parameters)])


@asynccontextmanager
async def office(folder: Path, clock: HandClock | None = None, *, url: str = "") -> AsyncIterator[Office]:
    """Open what is in `folder`; what was there before is still there."""
    clock = clock or HandClock()
    bus, events = EventBus(), list[Event]()
    bus.subscribe(events.append)
    database = await open_database(url or f"sqlite:///{folder}/homeport.sqlite3", clock=clock)
    try:
        vault = await open_vault(data_dir=folder, environ={})
        refresh_key = bytes.fromhex(await vault.ensure("refresh-key", lambda: system_randomness(32).hex()))
        tokens = Tokens(
            await SigningKeys.load(vault, clock=clock),
            lifetime_seconds=ACCESS_SECONDS,
            clock=clock,
            random=system_randomness,
        )
        origins = Origins(PORT)
        fetcher = guard(NO_WEB, clock=clock)
        server = AuthorizationServer(
            database,
            tokens,
            AuthKeys(refresh=refresh_key, approval=b"a" * 32),
            fetcher,
            NoKeys(),
            origins,
            lambda: {APP.path: APP},
            bus,
            own_network=lambda: None,
            pasted_without_path=lambda: None,
            people=SignedInPeople(Admission(lambda: AdmissionPolicy.parse((), serve=False))),
            backend_jwks=lambda: {"keys": []},
            clock=clock,
            random=system_randomness,
        )
        one = Office(server, database, tokens, clock, origins, events)
        one.client_id = await one.register()
        yield one
        await server.close()
        await fetcher.aclose()
    finally:
        await database.close()


NO_WEB = Web()
"""Never entered: a fetch in these tests would fail."""
