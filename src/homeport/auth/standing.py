"""Whether a grant still counts for its person: may they enter today, and does the Privy session behind it live?

Asked where a client comes for tokens, never on a tool call. Knows no HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from homeport.auth import grant_tables, request_tables
from homeport.auth.errors import InvalidGrant, TemporarilyUnavailable
from homeport.clock import Clock
from homeport.people import privy_session_table
from homeport.people.admission import Admission
from homeport.people.tables import PersonRecord
from homeport.store import Database, Transaction

if TYPE_CHECKING:
    from homeport.people.privy_sessions import PrivySessions

RENEW_BEFORE = 10 * 60
"""Seconds before its end in which a Privy session that may be renewed is renewed along with the client's tokens."""


class GrantStanding:
    """One per engine. `sessions` is None where tools need no live Privy session."""

    def __init__(
        self, database: Database, admission: Admission, sessions: PrivySessions | None, *, clock: Clock
    ) -> None:
        self._database = database
        self._admission = admission
        self._sessions = sessions
        self._clock = clock

    def admitted(self, tx: Transaction, record: PersonRecord) -> bool:
        return self._admission.still_admitted(tx, record)

    def ends_at(self, tx: Transaction, grant_id: str) -> int | None:
        """When the Privy session of this grant ends (epoch seconds); None: nothing bounds the grant.

        Raises InvalidGrant when it needs one and has none any more (SECURITY, backend and Privy).
        """
        if self._sessions is None:
            return None
        ends_at = self._sessions.expires_at(tx, grant_id)
        if ends_at is None or ends_at <= self._clock():
            raise InvalidGrant("The sign-in behind this has expired: the person must sign in again.")
        return ends_at

    @property
    def renews(self) -> bool:
        """Whether Privy sessions are renewed here at all."""
        return self._sessions is not None and self._sessions.stay_signed_in

    async def keep_alive(self, grant_id: str) -> None:
        """Renew the Privy session where that is allowed and due. Raises TemporarilyUnavailable while Privy is away
        and the session is over: a refusal would log the person out for an outage."""
        sessions = self._sessions
        if sessions is None or not self.renews:
            return
        ends_at = await self._database.transaction(lambda tx: sessions.expires_at(tx, grant_id))
        if ends_at is None or ends_at > self._clock() + RENEW_BEFORE:
            return
        from homeport.people.privy_api import PrivyUnreachable

        try:
            await sessions.renew(grant_id)
        except PrivyUnreachable:
            if ends_at <= self._clock():
                raise TemporarilyUnavailable("Privy does not answer. Try again.") from None

    def issued(self, tx: Transaction, request_id: str, grant_id: str) -> None:
        """The Privy session that began with an authorization request goes on with its grant."""
        if self._sessions is not None:
            self._sessions.move(tx, request_id, grant_id)

    def ended(self, tx: Transaction, holder: str) -> None:
        """A grant or authorization request ended: what it held is wiped."""
        privy_session_table.delete(tx, holder)

    def purge(self, tx: Transaction, now: int) -> None:
        """Wipe the sessions that are over, those of requests and grants that ended by themselves, and all of them once
        tools need none any more (SECURITY, backend and Privy)."""
        held = privy_session_table.holders(tx)
        if not held:
            return
        if self._sessions is None:
            over = held
        else:
            self._sessions.purge(tx, now)
            over = held - request_tables.live_ids(tx, now) - grant_tables.live_ids(tx, now)
        for holder in over:
            privy_session_table.delete(tx, holder)
