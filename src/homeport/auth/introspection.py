"""What a token means to somebody who may ask (RFC 7662). Everything else is `{"active": false}`, without a reason."""

from __future__ import annotations

from typing import Any

from homeport.auth import grant_tables, grants
from homeport.auth.assertions import AuthenticatedClient
from homeport.auth.grants import Grant, RefreshToken
from homeport.auth.tokens import AccessClaims, Tokens
from homeport.clock import Clock
from homeport.people import tables as people_tables
from homeport.store import Database, Transaction

INACTIVE: dict[str, Any] = {"active": False}


class Introspection:
    """One per engine."""

    def __init__(self, database: Database, tokens: Tokens, *, clock: Clock) -> None:
        self._database = database
        self._tokens = tokens
        self._clock = clock

    async def for_grant(self, token: str, issuer: str, grant_id: str) -> dict[str, Any]:
        """A bearer asks about a token of its own grant."""
        return await self._database.transaction(
            lambda tx: self._describe(tx, token, issuer, grant_id=grant_id, client_id=None)
        )

    async def for_client(self, token: str, issuer: str, client: AuthenticatedClient) -> dict[str, Any]:
        """A client that proved itself asks about a token of its own. Raises InvalidClient for a replayed assertion."""

        def work(tx: Transaction) -> dict[str, Any]:
            client.record(tx)
            return self._describe(tx, token, issuer, grant_id=None, client_id=client.client.client_id)

        return await self._database.transaction(work)

    def _describe(
        self, tx: Transaction, token: str, issuer: str, *, grant_id: str | None, client_id: str | None
    ) -> dict[str, Any]:
        refresh = grant_tables.find_refresh_token(tx, grants.digest(token))
        claims = None if refresh is not None else self._tokens.read_access_token(token, issuer=issuer)
        if refresh is not None:
            found = grant_tables.find_grant(tx, refresh.grant_id)
        else:
            found = grant_tables.find_grant(tx, claims.grant_id) if claims is not None else None
        if found is None or found.issuer != issuer or not found.lives(self._clock()):
            return INACTIVE
        if grant_id not in (None, found.grant_id) or client_id not in (None, found.client_id):
            return INACTIVE
        record = people_tables.find(tx, found.person_id)
        if record is None or record.blocked:
            return INACTIVE
        if refresh is not None:
            return _refresh_token(found, refresh)
        assert claims is not None
        return _access_token(claims)


def _access_token(claims: AccessClaims) -> dict[str, Any]:
    return {
        "active": True,
        "token_type": "Bearer",
        "iss": claims.issuer,
        "aud": claims.resource,
        "sub": claims.person_id,
        "client_id": claims.client_id,
        "scope": claims.scope,
        "jti": claims.token_id,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
    }


def _refresh_token(grant: Grant, token: RefreshToken) -> dict[str, Any]:
    if token.rotated_at is not None:
        return INACTIVE
    return {
        "active": True,
        "iss": grant.issuer,
        "aud": grant.resource,
        "sub": grant.person_id,
        "client_id": grant.client_id,
        "scope": grant.scope,
        "iat": token.issued_at,
        "exp": grant.expires_at,
    }
