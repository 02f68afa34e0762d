"""Puts the authorization server together: every part once, each given what it needs. Holds no rule of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from starlette.routing import Route

from homeport.approvals import ApprovalDesk
from homeport.auth import grant_tables, request_tables
from homeport.auth.access import Access
from homeport.auth.assertions import ClientAuthenticator, ClientKeys
from homeport.auth.authorization import Authorization, Followers
from homeport.auth.clients import Clients
from homeport.auth.endpoints.authorize import AuthorizeEndpoint
from homeport.auth.endpoints.front import FrontEndpoint
from homeport.auth.endpoints.own_requests import OwnRequests
from homeport.auth.endpoints.registration import RegistrationEndpoint
from homeport.auth.endpoints.token import TokenEndpoints
from homeport.auth.endpoints.well_known import WellKnownEndpoints
from homeport.auth.exchanges import Exchanges
from homeport.auth.fetch import Fetcher
from homeport.auth.introspection import Introspection
from homeport.auth.owner_sign_in import OwnerSignIn
from homeport.auth.pages import Pages
from homeport.auth.resources import ServedApps
from homeport.auth.standing import GrantStanding
from homeport.auth.tokens import Tokens
from homeport.clock import Clock, Randomness
from homeport.events import EventBus
from homeport.origins import Origins
from homeport.people.admission import Admission
from homeport.store import Database, Transaction

if TYPE_CHECKING:
    from homeport.auth.endpoints.privy import PrivyEndpoint
    from homeport.auth.privy_sign_in import PrivySignIn
    from homeport.people.privy import Privy
    from homeport.people.privy_sessions import PrivySessions


@dataclass(frozen=True, slots=True)
class AuthKeys:
    """The vault keys: `refresh` derives codes and successors, `approval` the codes people type."""

    refresh: bytes
    approval: bytes


@dataclass(frozen=True, slots=True)
class SignedInPeople:
    """Who may enter, and how they sign in: with Privy, or (None) by the owner's approval. `sessions` are the Privy
    sessions that tools need, where they do."""

    admission: Admission
    privy: Privy | None = None
    sessions: PrivySessions | None = None
    create_wallets: bool = False


class Endpoint(Protocol):
    """A part of the HTTP face."""

    def routes(self) -> list[Route]: ...


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
        people: SignedInPeople,
        backend_jwks: Callable[[], Mapping[str, object]],
        clock: Clock,
        random: Randomness,
    ) -> None:
        def has_live_grant(tx: Transaction, client_id: str) -> bool:
            return grant_tables.has_live_grant(tx, client_id, int(clock()))

        def has_live_request(tx: Transaction, client_id: str) -> bool:
            return request_tables.count_open(tx, client_id, int(clock())) > 0

        self._database = database
        self._clock = clock
        standing = GrantStanding(database, people.admission, people.sessions, clock=clock)
        self._standing = standing
        self.clients = Clients(
            database,
            fetcher,
            has_live_grant=has_live_grant,
            has_live_request=has_live_request,
            events=events,
            clock=clock,
        )
        self.authorization = Authorization(
            database,
            self.clients,
            apps,
            events,
            code_key=keys.refresh,
            followers=Followers(issued=standing.issued, refused=standing.ended),
            clock=clock,
            random=random,
        )
        self.sign_in = OwnerSignIn(
            database,
            ApprovalDesk(keys.approval, events, clock=clock, random=random),
            self.authorization,
            self.clients,
            people.admission,
            own_network=own_network,
            reachable=lambda: origins.public is not None,
            clock=clock,
            random=random,
        )
        self.exchanges = Exchanges(
            database, tokens, standing, events, refresh_key=keys.refresh, clock=clock, random=random
        )
        self.access = Access(database, tokens, self.clients, origins, apps, clock=clock)
        pages = Pages()
        own = OwnRequests(self.authorization, pages, clock=clock)
        self._privy: PrivySignIn | None = None
        privy: PrivyEndpoint | None = None
        if people.privy is not None:
            # Only where it is used: what talks to Privy takes a tenth of the start.
            from homeport.auth.endpoints.privy import PrivyEndpoint
            from homeport.auth.privy_sign_in import PrivySignIn

            self._privy = PrivySignIn(
                database,
                people.privy,
                people.admission,
                people.sessions,
                self.authorization,
                self.sign_in,
                self.clients,
                create_wallets=people.create_wallets,
                clock=clock,
            )
            privy = PrivyEndpoint(database, self._privy, own, pages)
        self._endpoints: tuple[Endpoint, ...] = (
            FrontEndpoint(pages, pasted_without_path),
            WellKnownEndpoints(apps, tokens, identity=privy is not None, backend_jwks=backend_jwks),
            RegistrationEndpoint(self.clients),
            AuthorizeEndpoint(
                database,
                self.authorization,
                self.sign_in,
                self.clients,
                apps,
                pages,
                own,
                privy,
                clock=clock,
                random=random,
            ),
            *([privy] if privy is not None else []),
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
            self._standing.purge(tx, int(self._clock()))
            for grant_id, at in touched.items():
                grant_tables.touch(tx, grant_id, int(at))

        await self._database.transaction(work)

    async def close(self) -> None:
        self.access.close()
        if self._privy is not None:
            await self._privy.close()
