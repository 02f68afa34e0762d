"""Puts the authorization server together: every part once, each given what it needs. Holds no rule of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.routing import Route

from homeport.approvals import ApprovalDesk
from homeport.auth import grant_tables, request_tables
from homeport.auth.access import Access
from homeport.auth.assertions import ClientAuthenticator, ClientKeys
from homeport.auth.authorization import Authorization
from homeport.auth.clients import Clients
from homeport.auth.endpoints.authorize import AuthorizeEndpoint
from homeport.auth.endpoints.front import FrontEndpoint
from homeport.auth.endpoints.registration import RegistrationEndpoint
from homeport.auth.endpoints.token import TokenEndpoints
from homeport.auth.endpoints.well_known import WellKnownEndpoints
from homeport.auth.exchanges import Exchanges
from homeport.auth.fetch import Fetcher
from homeport.auth.introspection import Introspection
from homeport.auth.owner_sign_in import OwnerSignIn
from homeport.auth.pages import Pages
from homeport.auth.resources import ServedApps
from homeport.auth.tokens import Tokens
from homeport.clock import Clock, Randomness
from homeport.events import EventBus
from homeport.origins import Origins
from homeport.store import Database, Transaction


@dataclass(frozen=True, slots=True)
class AuthKeys:
    """The vault keys: `refresh` derives codes and successors, `approval` the codes people type."""

    refresh: bytes
    approval: bytes


class AuthorizationServer:
    """All parts, by name; `routes` is their HTTP face."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        keys: AuthKeys,
        fetcher: Fetcher,
        client_keys: ClientKeys,
        origins: Origins,
        apps: ServedApps,
        events: EventBus,
        *,
        own_network: Callable[[], str | None],
        pasted_without_path: Callable[[], None],
        identity: bool,
        clock: Clock,
        random: Randomness,
    ) -> None:
        def has_live_grant(tx: Transaction, client_id: str) -> bool:
            return grant_tables.has_live_grant(tx, client_id, int(clock()))

        def has_live_request(tx: Transaction, client_id: str) -> bool:
            return request_tables.count_open(tx, client_id, int(clock())) > 0

        self._database = database
        self._clock = clock
        self.clients = Clients(
            database,
            fetcher,
            has_live_grant=has_live_grant,
            has_live_request=has_live_request,
            events=events,
            clock=clock,
        )
        self.authorization = Authorization(
            database, self.clients, apps, events, code_key=keys.refresh, clock=clock, random=random
        )
        self.sign_in = OwnerSignIn(
            database,
            ApprovalDesk(keys.approval, events, clock=clock, random=random),
            self.authorization,
            self.clients,
            own_network=own_network,
            reachable=lambda: origins.public is not None,
            clock=clock,
            random=random,
        )
        self.exchanges = Exchanges(database, tokens, events, refresh_key=keys.refresh, clock=clock, random=random)
        self.access = Access(database, tokens, self.clients, origins, apps, clock=clock)
        self._pages = Pages()
        self._endpoints = (
            FrontEndpoint(self._pages, pasted_without_path),
            WellKnownEndpoints(apps, tokens, identity=identity),
            RegistrationEndpoint(self.clients),
            AuthorizeEndpoint(
                database,
                self.authorization,
                self.sign_in,
                self.clients,
                apps,
                self._pages,
                identity=identity,
                clock=clock,
                random=random,
            ),
            TokenEndpoints(
                ClientAuthenticator(self.clients, client_keys, clock=clock),
                self.exchanges,
                Introspection(database, tokens, clock=clock),
                self.access,
            ),
        )

    def routes(self) -> list[Route]:
        return [route for endpoint in self._endpoints for route in endpoint.routes()]

    async def housekeeping(self) -> None:
        """Forget what is over, and write down which grants were used."""
        touched = self.access.take_touched()

        def work(tx: Transaction) -> None:
            self.clients.expire(tx, self._clock())
            self.authorization.purge(tx)
            self.sign_in.purge(tx)
            for grant_id, at in touched.items():
                grant_tables.touch(tx, grant_id, int(at))

        await self._database.transaction(work)

    def close(self) -> None:
        self.access.close()
