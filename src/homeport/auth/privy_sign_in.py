"""Sign-in with Privy: binds the person whom Privy vouches for to one browser's authorization request.

The page sends the app token that Privy gave it; nothing it says beside that counts. What follows (consent, a question
to the owner, a refusal) is decided by `people.admission`. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from homeport.auth import request_tables
from homeport.auth.authorization import Authorization
from homeport.auth.authorization_requests import AuthorizationRequest, RequestState
from homeport.auth.browsers import Visitor
from homeport.auth.clients import Clients
from homeport.auth.owner_sign_in import OwnerSignIn
from homeport.clock import Clock
from homeport.events import ApprovalRequested
from homeport.people.admission import Admission, Verdict
from homeport.people.owner import in_full
from homeport.people.privy import Privy, PrivyIdentity, PrivyRefused, PrivyUnreachable
from homeport.people.privy_sessions import PrivySessions, PrivyTokens
from homeport.store import Database, Transaction

logger = logging.getLogger(__name__)


class SignInRefused(Exception):
    """Why this sign-in does not go on, for the page that asked: `code` for its script, the rest for the person."""

    def __init__(self, code: str, message: str, hint: str, *, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status


@dataclass(frozen=True, slots=True)
class PresentedTokens:
    """What the page got from Privy. Refresh and Privy access token come only where Homeport keeps people signed in."""

    token: str
    identity_token: str | None = None
    refresh_token: str | None = None
    privy_access_token: str | None = None


class PrivySignIn:
    """One per engine. `sessions` is None where tools need no Privy session; with `create_wallets` people who have no
    wallet get one."""

    def __init__(
        self,
        database: Database,
        privy: Privy,
        admission: Admission,
        sessions: PrivySessions | None,
        authorization: Authorization,
        owner: OwnerSignIn,
        clients: Clients,
        *,
        create_wallets: bool,
        clock: Clock,
    ) -> None:
        self._database = database
        self._privy = privy
        self._admission = admission
        self._sessions = sessions
        self._authorization = authorization
        self._owner = owner
        self._clients = clients
        self._create_wallets = create_wallets
        self._clock = clock
        self._making_wallets: dict[str, asyncio.Task[None]] = {}

    @property
    def privy(self) -> Privy:
        return self._privy

    @property
    def keeps_sessions(self) -> bool:
        """Whether the server renews sessions, so that the browser must not keep one of its own."""
        return self._sessions is not None and self._sessions.stay_signed_in

    @property
    def bound_to_sessions(self) -> bool:
        """Whether grants end with the Privy session behind them, which nothing renews."""
        return self._sessions is not None and not self._sessions.stay_signed_in

    async def close(self) -> None:
        """End what is still under way at Privy."""
        tasks = tuple(self._making_wallets.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def identify(
        self, find: Callable[[Transaction], AuthorizationRequest], tokens: PresentedTokens, visitor: Visitor
    ) -> None:
        """Verify the tokens and move the request on: to consent, or to the owner's question.

        `find` gives the browser's own live request in a transaction, and is asked again after Privy was. Raises
        SignInRefused.
        """
        if (await self._database.transaction(find)).state is not RequestState.SIGN_IN:
            return  # Another tab was faster: the page shows what is next.
        identity = await self._verified(tokens)

        def work(tx: Transaction) -> tuple[Verdict, str, ApprovalRequested | None] | None:
            request = find(tx)
            if request.state is not RequestState.SIGN_IN:
                return None
            now = int(self._clock())
            verdict, record = self._admission.enter(
                tx, identity, now=now, spare=lambda: request_tables.people_who_wait(tx, now)
            )
            if verdict is Verdict.REFUSE:
                return verdict, in_full(record.person), None
            if self._sessions is not None:
                self._sessions.keep(tx, request.request_id, record.person.id, self._kept(tokens, identity))
            event = None
            if verdict is Verdict.ADMIT:
                self._authorization.identify(tx, request, record.person)
            elif self._authorization.knock(tx, request, record.person):
                client = self._clients.find(tx, request.parameters.client_id)
                event = self._owner.ask_to_admit(tx, request, client, visitor) if client is not None else None
            return verdict, in_full(record.person), event

        done = await self._database.transaction(work)
        if done is None:
            return
        verdict, name, event = done
        if event is not None:
            self._owner.announce(event)
        if verdict is Verdict.REFUSE:
            unknown = "" if identity.emails else " Homeport knows no verified e-mail address of this account."
            raise SignInRefused(
                "not_admitted",
                f"{name} may not use this Homeport.{unknown}",
                "Ask its owner to let this account in, or sign in with another one.",
            )
        if verdict is Verdict.ADMIT and not identity.has_wallet:
            self.admitted(identity.did)

    def admitted(self, did: str) -> None:
        """Somebody may enter now, so they get a wallet where people do. A stranger makes Privy do nothing."""
        if self._create_wallets:
            self._run_create_wallet(did)

    def switch(self, tx: Transaction, request: AuthorizationRequest) -> bool:
        """Forget who signed in, so that somebody else can; False when the request is past that."""
        # What the owner said meanwhile comes first: a no ends this request, whoever signs in for it next.
        request = self._owner.collect(tx, request)
        if request.state is RequestState.ADMISSION:
            self._owner.cancel(tx, request)
        if not self._authorization.switch(tx, request):
            return False
        if self._sessions is not None:
            self._sessions.forget(tx, request.request_id)
        return True

    async def _verified(self, tokens: PresentedTokens) -> PrivyIdentity:
        try:
            return await self._privy.verify(tokens.token, tokens.identity_token)
        except PrivyUnreachable:
            raise SignInRefused(
                "privy_unreachable",
                "Homeport could not reach Privy to check this sign-in.",
                "Try again in a moment. Nothing was changed.",
                status=503,
            ) from None
        except PrivyRefused as error:
            logger.warning("A Privy token was refused (%s): %s", error.code, error)
            if error.code == "clock_wrong":
                raise SignInRefused(
                    "clock_wrong",
                    "The clock of the computer that runs Homeport is wrong, so this sign-in looks as if it were"
                    " from the future.",
                    "Set its date and time, then try again.",
                    status=503,
                ) from None
            expired = error.code == "token_expired"
            raise SignInRefused(
                # Of its own code: the page can tell when it is our clock that is ahead.
                "token_expired" if expired else "token_refused",
                "This sign-in has expired." if expired else "This sign-in is not valid here.",
                "Sign in again.",
                status=401,
            ) from None

    def _kept(self, tokens: PresentedTokens, identity: PrivyIdentity) -> PrivyTokens:
        renewing = self.keeps_sessions
        return PrivyTokens(
            token=tokens.token,
            refresh_token=tokens.refresh_token if renewing else None,
            privy_access_token=tokens.privy_access_token if renewing else None,
            expires_at=identity.token_expires_at,
        )

    def _run_create_wallet(self, did: str) -> None:
        async def create() -> None:
            try:
                await self._privy.create_wallet(did)
            except (PrivyUnreachable, PrivyRefused) as error:
                logger.warning("Privy made no wallet for %s: %s", did, error)

        # Two sign-ins at once would each find none and make one.
        if did not in self._making_wallets:
            task = asyncio.create_task(create())
            self._making_wallets[did] = task
            task.add_done_callback(lambda _: self._making_wallets.pop(did, None))
