"""A token with which Homeport lists its own tools through its own public URL, once, for a minute at most.

It is a token like any other: its grant is present and lives, and goes when the check is over (SECURITY, grants and
tokens). It can list tools and read widget pages; it calls no tool, and no refresh token belongs to it. What a killed
process leaves behind ends by itself: the grant within the minute, the person with the next housekeeping.
"""

from __future__ import annotations

from homeport.auth import grant_tables, scopes
from homeport.auth.grants import Grant
from homeport.auth.tokens import Tokens
from homeport.clock import Clock, Randomness
from homeport.engine.answers import SELF_CHECK_CLIENT as CLIENT_ID
from homeport.engine.answers import SELF_CHECK_PROVIDER as PROVIDER
from homeport.engine.rooms import Rooms
from homeport.origins import Origin
from homeport.people import tables as people_tables
from homeport.people.person import Person
from homeport.store import Transaction

SECONDS = 60


class SelfCheckAccess:
    """For one check. `close` it afterwards, whatever happened."""

    def __init__(self, rooms: Rooms, origin: Origin, *, clock: Clock, random: Randomness) -> None:
        self._rooms = rooms
        self._origin = origin
        self._clock = clock
        self._random = random
        self._tokens = Tokens(rooms.signing, lifetime_seconds=SECONDS, clock=clock, random=random)
        self._grant: Grant | None = None

    async def token(self, resource: str) -> str:
        """An access token for this resource of ours; empty for one that we do not serve."""
        if resource not in [self._origin.resource(path) for path in self._rooms.served.sources]:
            return ""
        now = int(self._clock())
        name = self._random(16).hex()
        person = Person(id=f"{PROVIDER}-{name}", provider=PROVIDER, name="Homeport itself")
        grant = Grant(
            grant_id=f"{PROVIDER}-{name}",
            client_id=CLIENT_ID,
            person_id=person.id,
            issuer=self._origin.issuer,
            resource=resource,
            scope=scopes.SELF_CHECK,
            auth_method="none",
            redirect_uri="https://self-check.invalid/",
            nonce=None,
            created_at=now,
            last_used_at=now,
            expires_at=now + SECONDS,
            revoked_at=None,
        )

        def work(tx: Transaction) -> None:
            people_tables.insert(tx, person, subject=name, now=now)
            people_tables.update_identity(tx, person.id, email=None, name=person.name, emails=(), now=now)
            grant_tables.insert_grant(tx, grant, [])
            grant_tables.begin_use(tx, grant.grant_id, auth_method="none", now=now, expires_at=now + SECONDS)

        # Before it is there: whoever breaks this off must find what to take away again.
        self._grant = grant
        await self._rooms.database.transaction(work)
        token, _ = self._tokens.access_token(
            issuer=grant.issuer,
            resource=resource,
            person_id=person.id,
            client_id=CLIENT_ID,
            scope=grant.scope,
            grant_id=grant.grant_id,
            not_after=grant.expires_at,
        )
        return token

    async def close(self) -> None:
        """Take grant and person away: the token counts no longer, on no replica."""
        grant, self._grant = self._grant, None
        if grant is None:
            return

        def work(tx: Transaction) -> None:
            grant_tables.forget(tx, grant.grant_id)
            people_tables.remove(tx, grant.person_id)

        await self._rooms.database.transaction(work)
