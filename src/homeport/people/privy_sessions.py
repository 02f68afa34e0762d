"""The Privy sessions of people whose backend wants Privy's own token: kept encrypted, per grant, no longer than needed.

Only with `backend_auth = "privy"`. Refresh tokens are kept only where people stay signed in; Privy does not support
that officially, so whatever it answers but a new token ends in signing in again, never in an error for the person.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from homeport.clock import Clock, system_clock
from homeport.keys.columns import ColumnKey, DamagedColumn
from homeport.people import privy_session_table as table
from homeport.people.privy_api import PrivyApi, PrivyApiRefused, PrivyUnreachable, RefreshedSession, is_sendable
from homeport.people.privy_session_table import SessionRow
from homeport.store import Database, Transaction

logger = logging.getLogger(__name__)

RENEW_BEFORE = 60
"""Seconds before its end in which a token is renewed rather than used."""
REFRESH_LIVES = 30 * 86_400
"""Seconds a refresh token lives at Privy by default since it was issued."""
REFRESH_TAKES = 10
"""Seconds after which a refresh by another replica counts as given up; longer than PrivyApi waits for an answer."""
LOOK_AGAIN = 0.1
"""Seconds between two looks whether another replica is done."""
_TABLE = "privy_sessions"


@dataclass(frozen=True, slots=True)
class PrivyTokens:
    """What a sign-in brought: the verified app token, its end (epoch seconds), and perhaps what renews it."""

    token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    privy_access_token: str | None = field(default=None, repr=False)
    expires_at: int = 0


class _Claim(Enum):
    """Who may use a refresh token: Privy ends a session whose token is used twice."""

    OURS = "ours"
    TAKEN = "taken"
    NEEDLESS = "needless"


class PrivySessions:
    """One per engine, in one event loop. A `holder` is an authorization request, then the grant that comes of it.

    The functions that take a transaction run in the store's thread.
    """

    def __init__(
        self,
        database: Database,
        column_key: ColumnKey,
        api: PrivyApi,
        *,
        origin: Callable[[], str],
        stay_signed_in: bool,
        clock: Clock = system_clock,
    ) -> None:
        """`origin` gives the public origin, which Privy must allow for this app to renew anything."""
        self._database = database
        self._key = column_key
        self._api = api
        self._origin = origin
        self._clock = clock
        self._renewing: dict[str, asyncio.Task[int | None]] = {}
        self.stay_signed_in = stay_signed_in

    def keep(self, tx: Transaction, holder: str, person_id: str, tokens: PrivyTokens) -> None:
        """Store a session; one that the holder had before is overwritten."""
        session = _Session(holder, person_id, tokens)
        if not self.stay_signed_in:
            session = replace(session, tokens=replace(tokens, refresh_token=None, privy_access_token=None))
        table.put(tx, self._seal(session, int(self._clock())))

    def move(self, tx: Transaction, old: str, new: str) -> None:
        """The session goes on under another holder; nothing happens when there is none."""
        row = table.find(tx, old)
        if row is None:
            return
        try:
            session = self._open(row)
        except DamagedColumn as error:
            logger.warning("A Privy session was dropped: %s", error)
        else:
            # Sealed anew, since a sealed token belongs to its row.
            table.put(tx, self._seal(replace(session, holder=new), row.changed_at))
        table.delete(tx, old)

    def expires_at(self, tx: Transaction, holder: str) -> int | None:
        """When the app token ends (epoch seconds, perhaps past); None without a session."""
        row = table.find(tx, holder)
        return row.expires_at if row is not None else None

    def forget(self, tx: Transaction, holder: str) -> None:
        table.delete(tx, holder)

    def forget_person(self, tx: Transaction, person_id: str) -> None:
        table.delete_person(tx, person_id)

    def purge(self, tx: Transaction, now: int) -> None:
        """Wipe what has expired; to be called every few minutes."""
        table.purge(tx, now, renewable_since=now - REFRESH_LIVES if self.stay_signed_in else None)

    async def token(self, grant_id: str) -> str | None:
        """The live app token for the backend; None when the person must sign in again.

        Raises PrivyUnreachable when it is over and Privy cannot be asked for a new one.
        """
        row = await self._find(grant_id)
        if row is None:
            return None
        left = row.expires_at - self._clock()
        if left < RENEW_BEFORE and self._renewable(row):
            try:
                await self.renew(grant_id)
            except PrivyUnreachable:
                if left <= 0:
                    raise
            row = await self._find(grant_id)
        now = int(self._clock())
        if row is None or row.expires_at <= now:
            if row is not None and not self._renewable(row):
                await self._database.transaction(lambda tx: table.delete_expired(tx, grant_id, now))
            return None
        try:
            return self._open(row).tokens.token or None
        except DamagedColumn as error:
            await self._drop(grant_id, str(error))
            return None

    async def renew(self, grant_id: str) -> int | None:
        """Get a new app token from Privy, now; its end (epoch seconds). None when Privy renews this session no more.

        Whoever asks for the same grant meanwhile, here or on another replica, gets the same outcome. Raises
        PrivyUnreachable; nothing is lost then.
        """
        task = self._renewing.get(grant_id)
        if task is None:
            task = asyncio.create_task(self._renew(grant_id))
            self._renewing[grant_id] = task
            task.add_done_callback(lambda done: self._renewed(grant_id, done))
        # Shielded: a caller that leaves must not lose the answer, which holds the only valid refresh token.
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Let refreshes under way finish: each takes a few seconds, and its answer is the only valid refresh token."""
        await asyncio.gather(*self._renewing.values(), return_exceptions=True)

    def _renewed(self, grant_id: str, task: asyncio.Task[int | None]) -> None:
        self._renewing.pop(grant_id, None)
        if not task.cancelled():
            task.exception()  # Retrieved here, since everybody who waited for it may have gone away.

    async def _renew(self, holder: str) -> int | None:
        row, ours = await self._claimed(holder)
        if row is None or not ours:
            # No session, one that cannot be renewed, or one that another replica has just renewed.
            return row.expires_at if row is not None and self._renewable(row) else None
        try:
            session = self._open(row)
            renewed = session.after(await self._refreshed(session))
        except (PrivyApiRefused, DamagedColumn, ValueError) as error:
            logger.info("A Privy session is not renewed any more: %s", error)
            await self._database.transaction(lambda tx: table.wipe_refresh(tx, row))
            return None
        except PrivyUnreachable:
            await self._database.transaction(lambda tx: table.release(tx, row))
            raise
        if renewed is None:
            await self._drop(holder, "Privy says that it is over")
            return None
        sealed = self._seal(renewed, int(self._clock()))
        kept = await self._database.transaction(lambda tx: table.renew(tx, row, sealed))
        # The session ended, or the person signed in anew meanwhile: what Privy gave is not stored again.
        return renewed.tokens.expires_at if kept else None

    async def _claimed(self, holder: str) -> tuple[SessionRow | None, bool]:
        """The row, and whether it is reserved for us. While another replica renews it, this waits for the outcome."""
        seen: str | None = None
        while True:
            row, state = await self._database.transaction(functools.partial(self._claim, holder, seen))
            if row is None or state is not _Claim.TAKEN:
                return row, state is _Claim.OURS
            seen = seen or row.refresh_token
            await asyncio.sleep(LOOK_AGAIN)

    def _claim(self, holder: str, seen: str | None, tx: Transaction) -> tuple[SessionRow | None, _Claim]:
        now = int(self._clock())
        row = table.find(tx, holder)
        if row is None or not self._renewable(row) or (seen is not None and row.refresh_token != seen):
            return row, _Claim.NEEDLESS
        ours = table.claim(tx, row, now + REFRESH_TAKES, now)
        return row, _Claim.OURS if ours else _Claim.TAKEN

    async def _refreshed(self, session: _Session) -> RefreshedSession:
        tokens = session.tokens
        return await self._api.refresh_session(
            tokens.refresh_token or "", tokens.privy_access_token or tokens.token, self._origin()
        )

    def _renewable(self, row: SessionRow) -> bool:
        return self.stay_signed_in and row.refresh_token is not None

    async def _find(self, holder: str) -> SessionRow | None:
        return await self._database.transaction(lambda tx: table.find(tx, holder))

    async def _drop(self, holder: str, why: str) -> None:
        logger.warning("A Privy session was dropped: %s", why)
        await self._database.transaction(lambda tx: table.delete(tx, holder))

    def _seal(self, session: _Session, changed_at: int) -> SessionRow:
        def sealed(text: str | None, column: str) -> str | None:
            # What could not be sent in a header is no token, whoever gave it.
            if text is None or not is_sendable(text):
                return None
            return self._key.seal(text, table=_TABLE, column=column, row=session.holder)

        tokens = session.tokens
        return SessionRow(
            holder=session.holder,
            person_id=session.person_id,
            token=sealed(tokens.token, "token") or "",
            refresh_token=sealed(tokens.refresh_token, "refresh_token"),
            privy_access_token=sealed(tokens.privy_access_token, "privy_access_token"),
            expires_at=tokens.expires_at,
            changed_at=changed_at,
        )

    def _open(self, row: SessionRow) -> _Session:
        """Raises DamagedColumn: the vault's key is another one, or the row is damaged."""

        def opened(sealed: str | None, column: str) -> str | None:
            return self._key.unseal(sealed, table=_TABLE, column=column, row=row.holder) if sealed else None

        tokens = PrivyTokens(
            token=opened(row.token, "token") or "",
            refresh_token=opened(row.refresh_token, "refresh_token"),
            privy_access_token=opened(row.privy_access_token, "privy_access_token"),
            expires_at=row.expires_at,
        )
        return _Session(row.holder, row.person_id, tokens)


@dataclass(frozen=True, slots=True)
class _Session:
    """A session in clear."""

    holder: str
    person_id: str
    tokens: PrivyTokens

    def after(self, answer: RefreshedSession) -> _Session | None:
        """The session that Privy's answer leaves, by the rules of Privy's own client; None when it is over.

        Raises ValueError for an answer that is no session of this person.
        """
        if answer.action == "clear":
            return None
        if answer.token is None:
            if answer.action == "set":
                raise ValueError("the answer holds no token")
            return self
        expires_at = _end_of(answer.token, self.person_id)
        if answer.action == "ignore":
            return replace(self, tokens=replace(self.tokens, token=answer.token, expires_at=expires_at))
        tokens = PrivyTokens(answer.token, answer.refresh_token, answer.privy_access_token, expires_at)
        return replace(self, tokens=tokens)


def _end_of(token: str, person_id: str) -> int:
    """The `exp` of a token that came from Privy itself over TLS; its backend verifies it. Raises ValueError."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        subject, end = claims["sub"], claims["exp"]
    except (IndexError, KeyError, TypeError, RecursionError, ValueError):
        raise ValueError("the renewed token is not readable") from None
    if subject != person_id:
        raise ValueError("the renewed token belongs to another person")
    if isinstance(end, bool) or not isinstance(end, int) or not 0 < end < 2**53:
        raise ValueError("the renewed token has no end")
    return end
