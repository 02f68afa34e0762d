"""What happens at /token and /revoke: a code or refresh token in, tokens out. Knows no HTTP.

Each exchange is one database transaction with the replay check of the client's assertion in it. A verdict that
changes rows (a revoked family, a consumed code) is returned from the transaction and raised after it, so that it stays.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeport.auth import grant_tables, grants, scopes
from homeport.auth.assertions import AuthenticatedClient
from homeport.auth.errors import InvalidGrant, InvalidScope, InvalidTarget, OAuthError
from homeport.auth.grants import CodeVerdict, Grant, RefreshToken, RefreshVerdict
from homeport.auth.standing import GrantStanding
from homeport.auth.tokens import Tokens
from homeport.clock import Clock, Randomness
from homeport.events import EventBus, GrantRevoked
from homeport.origins import normal_resource
from homeport.people import tables as people_tables
from homeport.people.person import Person
from homeport.store import Database, Transaction

_BAD_CODE = "The authorization code is not valid: it was used, has expired, or belongs to another request."
SESSION_OVER = "its sign-in has expired"
_BAD_TOKEN = "The refresh token is not valid: it was replaced, revoked, or has expired."


@dataclass(frozen=True, slots=True)
class CodeExchange:
    """The form of grant_type=authorization_code at one origin; `resource` is as it was sent, or None."""

    code: str
    verifier: str
    redirect_uri: str | None
    resource: str | None
    issuer: str


@dataclass(frozen=True, slots=True)
class RefreshExchange:
    """The form of grant_type=refresh_token at one origin."""

    refresh_token: str
    scope: str | None
    resource: str | None
    issuer: str


@dataclass(frozen=True, slots=True)
class _Issued:
    grant: Grant
    person: Person
    refresh_token: str
    not_after: int
    """No access token of this grant lives longer, epoch seconds."""


@dataclass(frozen=True, slots=True)
class _Refused:
    error: OAuthError
    revoked: str | None = None
    because: str = "a code or refresh token was used twice"


class Exchanges:
    """One per engine. `refresh_key` is the vault key that successors of refresh tokens derive from."""

    def __init__(
        self,
        database: Database,
        tokens: Tokens,
        standing: GrantStanding,
        events: EventBus,
        *,
        refresh_key: bytes,
        clock: Clock,
        random: Randomness,
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._standing = standing
        self._events = events
        self._refresh_key = refresh_key
        self._clock = clock
        self._random = random

    async def exchange_code(self, client: AuthenticatedClient, form: CodeExchange) -> dict[str, Any]:
        """Tokens for a code. Raises InvalidGrant, InvalidTarget, InvalidClient (a replayed assertion)."""
        issued = await self._run(lambda tx: self._consume(tx, client, form))
        grant = issued.grant
        answer = self._answer(issued, grant.scope)
        if scopes.OPENID in scopes.parse(grant.scope):
            id_token = self._tokens.id_token(
                issuer=grant.issuer, client_id=grant.client_id, person=issued.person, nonce=grant.nonce
            )
            if id_token is not None:
                answer["id_token"] = id_token
        return answer

    async def refresh(self, client: AuthenticatedClient, form: RefreshExchange) -> dict[str, Any]:
        """The successor of a refresh token and a new access token.

        Raises InvalidGrant, InvalidScope, InvalidTarget, and TemporarilyUnavailable while Privy must be asked and is
        away.
        """
        asked = scopes.parse(form.scope) if form.scope else None
        await self._keep_alive(form.refresh_token)
        issued = await self._run(lambda tx: self._rotate(tx, client, form, asked))
        scope = issued.grant.scope if asked is None else scopes.join(asked)
        return self._answer(issued, scope)

    async def revoke(self, client: AuthenticatedClient, token: str, issuer: str) -> None:
        """RFC 7009: either token ends its grant; a foreign or unknown one changes nothing and is no error."""

        def work(tx: Transaction) -> str | None:
            client.record(tx)
            grant = self._grant_of(tx, token, issuer)
            if grant is None or grant.client_id != client.client.client_id or grant.issuer != issuer:
                return None
            # SECURITY, clients: a grant begun with private_key_jwt never revokes with none.
            if grant.auth_method is not None and grant.auth_method != client.method:
                return None
            return grant.grant_id if self._end(tx, grant.grant_id, "revoked by the client") else None

        self._tell(await self._database.transaction(work), "revoked by the client")

    async def revoke_grant(self, grant_id: str, because: str) -> bool:
        """The owner ends a grant; False when it had ended or never was."""
        done = await self._database.transaction(lambda tx: self._end(tx, grant_id, because))
        self._tell(grant_id if done else None, because)
        return done

    async def revoke_issuer(self, issuer: str, because: str) -> int:
        """End every grant of one origin, and say how many there were."""

        def work(tx: Transaction) -> list[str]:
            return [g for g in grant_tables.unrevoked_of_issuer(tx, issuer) if self._end(tx, g, because)]

        ended = await self._database.transaction(work)
        for grant_id in ended:
            self._tell(grant_id, because)
        return len(ended)

    async def revoke_person(
        self, person_id: str, because: str, *, first: Callable[[Transaction], object] | None = None
    ) -> int:
        """End every grant of one person, and say how many there were; what `first` does is in the same transaction."""

        def work(tx: Transaction) -> list[str]:
            if first is not None:
                first(tx)
            return [g for g in grant_tables.unrevoked_of_person(tx, person_id) if self._end(tx, g, because)]

        ended = await self._database.transaction(work)
        for grant_id in ended:
            self._tell(grant_id, because)
        return len(ended)

    async def _run(self, work: Callable[[Transaction], _Issued | _Refused]) -> _Issued:
        outcome = await self._database.transaction(work)
        if isinstance(outcome, _Refused):
            self._tell(outcome.revoked, outcome.because)
            raise outcome.error
        return outcome

    def _consume(self, tx: Transaction, client: AuthenticatedClient, form: CodeExchange) -> _Issued | _Refused:
        client.record(tx)
        now = int(self._clock())
        code_digest = grants.digest(form.code)
        found = grant_tables.consume_code(tx, code_digest, now)
        if found is None:
            return _Refused(InvalidGrant(_BAD_CODE))
        code, first = found
        grant = grant_tables.lock_grant(tx, code.grant_id)
        redirect_holds = form.redirect_uri == code.redirect_uri or (
            form.redirect_uri is None and not code.redirect_uri_given
        )
        bindings_hold = (
            code.client_id == client.client.client_id
            and code.issuer == form.issuer
            and redirect_holds
            and _same_resource(form.resource, code.resource)
            and grants.challenge_holds(code.code_challenge, form.verifier)
            # Whoever repeats without the proof that came first is somebody else.
            and (grant is None or grant.auth_method in (None, client.method))
        )
        verdict = grants.judge_code(code, first=first, bindings_hold=bindings_hold, now=now)
        if verdict is CodeVerdict.REFUSE_AND_REVOKE:
            done = self._end(tx, code.grant_id, "its code was used twice")
            return _Refused(InvalidGrant(_BAD_CODE), revoked=code.grant_id if done else None)
        person = people_tables.find(tx, grant.person_id) if grant is not None else None
        if verdict is not CodeVerdict.EXCHANGE or grant is None or grant.revoked_at is not None:
            if first and not _same_resource(form.resource, code.resource):
                return _Refused(InvalidTarget("resource is not the one that was authorized."))
            return _Refused(InvalidGrant(_BAD_CODE))
        if person is None or not self._standing.admitted(tx, person):
            return _Refused(InvalidGrant(_BAD_CODE))
        try:
            not_after = self._standing.ends_at(tx, grant.grant_id)
        except InvalidGrant as error:
            return self._over(tx, grant, error)
        expires_at = now + grants.REFRESH_SECONDS
        grant_tables.begin_use(tx, grant.grant_id, auth_method=client.method, now=now, expires_at=expires_at)
        grant_tables.mark_exchanged(tx, code_digest)
        refresh_token = base64.urlsafe_b64encode(self._random(32)).rstrip(b"=").decode()
        first_link = RefreshToken(grant.grant_id, generation=0, issued_at=now, rotated_at=None)
        grant_tables.insert_refresh_token(tx, grants.digest(refresh_token), first_link)
        grant = grant_tables.find_grant(tx, grant.grant_id) or grant
        return _issued(grant, person.person, refresh_token, not_after)

    def _rotate(
        self,
        tx: Transaction,
        client: AuthenticatedClient,
        form: RefreshExchange,
        asked: tuple[str, ...] | None,
    ) -> _Issued | _Refused:
        client.record(tx)
        now = int(self._clock())
        token_digest = grants.digest(form.refresh_token)
        token = grant_tables.find_refresh_token(tx, token_digest)
        grant = grant_tables.lock_grant(tx, token.grant_id) if token is not None else None
        if token is None or grant is None:
            return _Refused(InvalidGrant(_BAD_TOKEN))
        if grant.client_id != client.client.client_id or grant.issuer != form.issuer or not grant.lives(now):
            return _Refused(InvalidGrant(_BAD_TOKEN))
        if grant.auth_method != client.method:
            return _Refused(InvalidGrant("This grant was begun with another way to authenticate the client."))
        person = people_tables.find(tx, grant.person_id)
        if person is None or not self._standing.admitted(tx, person):
            return _Refused(InvalidGrant(_BAD_TOKEN))
        # Read again under the lock: a parallel request may have rotated it meanwhile.
        token = grant_tables.find_refresh_token(tx, token_digest) or token
        newest = grant_tables.newest_generation(tx, grant.grant_id)
        verdict = grants.judge_refresh(token, newest_generation=newest, now=now)
        successor = grants.derive_successor(self._refresh_key, form.refresh_token)
        if verdict is RefreshVerdict.REPLAY:
            done = self._end(tx, grant.grant_id, "an old refresh token was used again")
            return _Refused(InvalidGrant(_BAD_TOKEN), revoked=grant.grant_id if done else None)
        if verdict is RefreshVerdict.EXPIRED:
            return _Refused(InvalidGrant(_BAD_TOKEN))
        # After the verdict: whatever else is asked for, an old token ends its family.
        if not _same_resource(form.resource, grant.resource):
            return _Refused(InvalidTarget("resource is not the one of this grant."))
        if asked is not None and not set(asked) <= scopes.effective(scopes.parse(grant.scope)):
            return _Refused(InvalidScope("The scope is wider than what was granted."))
        try:
            not_after = self._standing.ends_at(tx, grant.grant_id)
        except InvalidGrant as error:
            return self._over(tx, grant, error)
        if verdict is RefreshVerdict.ROTATE:
            link = RefreshToken(grant.grant_id, token.generation + 1, issued_at=now, rotated_at=None)
            grant_tables.mark_rotated(tx, token_digest, now)
            grant_tables.insert_refresh_token(tx, grants.digest(successor), link)
            grant_tables.extend_use(tx, grant.grant_id, now=now, expires_at=now + grants.REFRESH_SECONDS)
        return _issued(grant_tables.find_grant(tx, grant.grant_id) or grant, person.person, successor, not_after)

    async def _keep_alive(self, refresh_token: str) -> None:
        """Before the exchange, and outside its transaction: Privy may have to be asked."""
        if not self._standing.renews:
            return
        token_digest = grants.digest(refresh_token)
        token = await self._database.transaction(lambda tx: grant_tables.find_refresh_token(tx, token_digest))
        if token is not None:
            await self._standing.keep_alive(token.grant_id)

    def _over(self, tx: Transaction, grant: Grant, error: InvalidGrant) -> _Refused:
        """The session behind a grant is over, and nothing brings it back: the grant ends too."""
        done = self._end(tx, grant.grant_id, SESSION_OVER)
        return _Refused(error, revoked=grant.grant_id if done else None, because=SESSION_OVER)

    def _grant_of(self, tx: Transaction, token: str, issuer: str) -> Grant | None:
        found = grant_tables.find_refresh_token(tx, grants.digest(token))
        if found is not None:
            return grant_tables.find_grant(tx, found.grant_id)
        claims = self._tokens.read_access_token(token, issuer=issuer)
        return grant_tables.find_grant(tx, claims.grant_id) if claims is not None else None

    def _end(self, tx: Transaction, grant_id: str, because: str) -> bool:
        self._standing.ended(tx, grant_id)
        return grant_tables.revoke(tx, grant_id, because=because, now=int(self._clock()))

    def _tell(self, grant_id: str | None, because: str) -> None:
        if grant_id is not None:
            self._events.publish(GrantRevoked(at=self._clock(), grant_id=grant_id, reason=because))

    def _answer(self, issued: _Issued, scope: str) -> dict[str, Any]:
        grant = issued.grant
        access_token, expires_in = self._tokens.access_token(
            issuer=grant.issuer,
            resource=grant.resource,
            person_id=grant.person_id,
            client_id=grant.client_id,
            scope=scope,
            grant_id=grant.grant_id,
            not_after=issued.not_after,
        )
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": expires_in,
            "refresh_token": issued.refresh_token,
            "scope": scope,
        }


def _issued(grant: Grant, person: Person, refresh_token: str, not_after: int | None) -> _Issued:
    ends_at = grant.expires_at if not_after is None else min(grant.expires_at, not_after)
    return _Issued(grant, person, refresh_token, ends_at)


def _same_resource(sent: str | None, bound: str) -> bool:
    """RFC 8707 2.2; scheme and host without case, nothing else normalised. Not sent means the authorized one."""
    if sent is None:
        return True
    return normal_resource(sent) == bound
