"""The one bearer check (RFC 6750) for /mcp, /userinfo and /introspect: a token counts only while its grant lives.

Verified tokens are remembered, so that a tool call costs no signature check and no query. A revoked grant leaves that
memory before the revocation is acknowledged, on every replica that hears; while this replica cannot hear, the
database is asked on every request (SECURITY, grants and tokens).
"""

from __future__ import annotations

from dataclasses import dataclass

from homeport.auth import grant_tables, scopes
from homeport.auth.challenges import Challenge, invalid_token
from homeport.auth.client import Client
from homeport.auth.clients import Clients
from homeport.auth.grants import Grant
from homeport.auth.redirects import redirect_host
from homeport.auth.resources import ServedApps
from homeport.auth.tokens import AccessClaims, Tokens
from homeport.clock import Clock
from homeport.keys.signing import InvalidToken
from homeport.origins import Origin, Origins
from homeport.people import tables as people_tables
from homeport.people.person import Person
from homeport.store import MISSED, Database, Transaction

REMEMBERED = 10_000
CHATGPT_HOSTS = frozenset({"chatgpt.com", "chat.openai.com"})
MAX_TOKEN_BYTES = 8_192


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who calls: the person, their client and grant, and what the token allows. `expires_at`: epoch seconds.

    `chatgpt` means that the grant's redirect leads to ChatGPT, whose sign-in needs a tool result, not an HTTP 403.
    """

    person: Person
    client_id: str
    client_name: str
    grant_id: str
    scopes: frozenset[str]
    chatgpt: bool
    resource: str
    token_id: str
    expires_at: int
    issued_at: int = 0


class Access:
    """One per engine."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        clients: Clients,
        origins: Origins,
        apps: ServedApps,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._clients = clients
        self._origins = origins
        self._apps = apps
        self._tokens = tokens
        self._clock = clock
        self._remembered: dict[tuple[bytes, str], Bearer] = {}
        self._of_grant: dict[str, set[tuple[bytes, str]]] = {}
        self._touched: dict[str, float] = {}
        # A grant may end between our question and its answer; what ended must not be remembered afterwards.
        self._ended: dict[str, None] = {}
        self._missed = 0
        self._unlisten = database.listen(grant_tables.GRANTS_CHANNEL, self._forget)

    def close(self) -> None:
        self._unlisten()

    def cached(self, authorization: bytes | None, resource: str) -> Bearer | None:
        """The bearer of an Authorization header verified before, without I/O; None: ask `check`."""
        if authorization is None:
            return None
        bearer = self._remembered.get((authorization, resource))
        if bearer is None or not self._database.listening:
            return None
        now = self._clock()
        if now >= bearer.expires_at:
            return None
        self._touched[bearer.grant_id] = now
        return bearer

    async def check(self, authorization: bytes | None, resource: str) -> Bearer:
        """The bearer of a token for exactly this resource. Raises Challenge with status 401."""
        if (bearer := self.cached(authorization, resource)) is not None:
            return bearer
        origin, path, needed = self._place(resource)
        token = bearer_token(authorization)
        if token is None:
            raise invalid_token(origin, path, needed, "Sign in to use this.")
        try:
            claims = self._tokens.verify_access_token(token, issuer=origin.issuer, resource=resource)
        except InvalidToken as error:
            raise invalid_token(origin, path, needed, "The access token is not valid here, or has expired.") from error
        missed_before = self._missed
        bearer = await self._bearer(claims)
        if bearer is None or bearer.grant_id in self._ended:
            raise invalid_token(origin, path, needed, "The access token was revoked.")
        assert authorization is not None
        if missed_before == self._missed:
            self._remember((authorization, resource), bearer)
        return bearer

    async def of_any_resource(self, authorization: bytes | None, origin: Origin) -> Bearer | None:
        """The bearer of a token for any app of this origin, for /userinfo and /introspect."""
        token = bearer_token(authorization)
        claims = self._tokens.read_access_token(token, issuer=origin.issuer) if token is not None else None
        return await self._bearer(claims) if claims is not None else None

    def take_touched(self) -> dict[str, float]:
        """When grants were last used since the last time this was asked, for lists."""
        touched, self._touched = self._touched, {}
        return touched

    async def _bearer(self, claims: AccessClaims) -> Bearer | None:
        client_id = claims.client_id

        def work(tx: Transaction) -> tuple[Grant | None, people_tables.PersonRecord | None, Client | None]:
            grant = grant_tables.find_grant(tx, claims.grant_id)
            return grant, people_tables.find(tx, claims.person_id), self._clients.find(tx, client_id)

        grant, record, client = await self._database.transaction(work)
        if grant is None or record is None or record.blocked or not grant.lives(self._clock()):
            return None
        if (grant.client_id, grant.person_id, grant.resource) != (client_id, claims.person_id, claims.resource):
            return None
        return Bearer(
            person=record.person,
            client_id=client_id,
            client_name=client.name if client is not None else client_id,
            grant_id=grant.grant_id,
            scopes=scopes.effective(scopes.parse(claims.scope)),
            chatgpt=redirect_host(grant.redirect_uri) in CHATGPT_HOSTS,
            resource=grant.resource,
            token_id=claims.token_id,
            expires_at=claims.expires_at,
            issued_at=claims.issued_at,
        )

    def _place(self, resource: str) -> tuple[Origin, str, tuple[str, ...]]:
        """Origin, path and scopes behind a resource built from an allowed origin and a served path."""
        for origin in self._origins.allowed():
            for app in self._apps().values():
                if origin.resource(app.path) == resource:
                    return origin, app.path, app.needed
        origin = self._origins.preferred
        return origin, resource.removeprefix(origin.url), (scopes.READ,)

    def _remember(self, key: tuple[bytes, str], bearer: Bearer) -> None:
        while len(self._remembered) >= REMEMBERED:
            oldest = next(iter(self._remembered))
            self._drop(oldest, self._remembered[oldest].grant_id)
        self._remembered[key] = bearer
        self._of_grant.setdefault(bearer.grant_id, set()).add(key)

    def _drop(self, key: tuple[bytes, str], grant_id: str) -> None:
        self._remembered.pop(key, None)
        keys = self._of_grant.get(grant_id)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._of_grant[grant_id]

    def _forget(self, grant_id: str) -> None:
        if grant_id == MISSED:
            self._missed += 1
            self._remembered.clear()
            self._of_grant.clear()
            return
        self._ended[grant_id] = None
        while len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        for key in tuple(self._of_grant.get(grant_id, ())):
            self._drop(key, grant_id)


def bearer_token(authorization: bytes | None) -> str | None:
    """The token of an `Authorization: Bearer` header (RFC 6750 2.1); the scheme is without case."""
    if authorization is None or len(authorization) > MAX_TOKEN_BYTES:
        return None
    scheme, _, token = authorization.strip().partition(b" ")
    token = token.strip()
    if scheme.lower() != b"bearer" or not token or not token.isascii():
        return None
    return token.decode("ascii")


__all__ = ["Access", "Bearer", "Challenge", "bearer_token"]
