"""Sessions of one emulated app: what a sign-in answers, refresh rotation, reuse, logout."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import jwt

from homeport.clock import Clock
from tests.privy.apps import EmulatedApp
from tests.privy.errors import Refused, invalid_token
from tests.privy.keys import Keys
from tests.privy.people import User, Users

PRIVY_ITSELF = "auth.privy.io"


@dataclass(slots=True)
class Session:
    id: str
    user: User
    client_id: str | None
    token: str = ""
    privy_access_token: str | None = None
    refresh_token: str = ""
    refresh_ends_at: float = 0
    spent: set[str] = field(default_factory=set)
    """Refresh tokens that were rotated away: whoever presents one ends the session."""
    live: bool = True

    @property
    def bearer(self) -> str:
        """What authorizes this session at Privy's own client API."""
        return self.privy_access_token or self.token


class Sessions:
    def __init__(self, app: EmulatedApp, keys: Keys, users: Users, clock: Clock, new_id: Callable[[], str]) -> None:
        self._app = app
        self._keys = keys
        self._users = users
        self._clock = clock
        self._new_id = new_id
        self._by_id: dict[str, Session] = {}

    def __len__(self) -> int:
        return sum(session.live for session in self._by_id.values())

    def get(self, session_id: str) -> Session | None:
        return self._by_id.get(session_id)

    @property
    def latest(self) -> Session:
        """The session that began last. Raises StopIteration when none has."""
        return next(reversed(self._by_id.values()))

    def begin(self, user: User, client_id: str | None) -> Session:
        session = Session(self._new_id(), user, client_id)
        self._by_id[session.id] = session
        self._issue(session)
        return session

    def answer(self, session: Session, *, is_new_user: bool = False) -> dict[str, Any]:
        """Privy's AuthenticatedUser."""
        shown = "deprecated" if self._app.custom_api_url else session.refresh_token
        return {
            "user": session.user.view(),
            "token": session.token,
            "privy_access_token": session.privy_access_token,
            "refresh_token": shown,
            "session_update_action": "set",
            "is_new_user": is_new_user,
            **self._identity(session.user),
        }

    def refresh(self, refresh_token: str | None, bearer: str | None, client_id: str | None) -> dict[str, Any]:
        """What POST /sessions answers. Raises Refused."""
        if bearer is None:
            raise Refused(400, "missing_or_invalid_token", "Missing access token")
        if refresh_token is None:
            raise Refused(400, "missing_or_invalid_token", "Missing refresh token")
        session = next((one for one in self._by_id.values() if refresh_token in (one.refresh_token, *one.spent)), None)
        if session is None or not session.live or session.refresh_ends_at <= self._clock():
            raise invalid_token("Invalid refresh token")
        if session.client_id != client_id:
            raise Refused(400, "missing_or_invalid_privy_client_id", "Refresh with the app client that signed in")
        if refresh_token in session.spent:
            session.live = False
            raise invalid_token("Refresh token was used before")
        if bearer != session.bearer:
            raise invalid_token("The access token is not this session's latest")
        if self._app.refresh == "clear":
            session.live = False
            return self._without_tokens(session, "clear")
        if self._app.refresh == "ignore" or (self._app.refresh == "ignore-while-valid" and self._valid(session)):
            return self._without_tokens(session, "ignore")
        session.spent.add(session.refresh_token)
        self._issue(session)
        return self.answer(session)

    def authorized(self, bearer: str | None, client_id: str | None) -> Session:
        """The session that a request of Privy's client API comes from. Raises Refused."""
        if bearer is None:
            raise invalid_token("Missing auth token")
        audience = PRIVY_ITSELF if self._app.privy_access_tokens else self._app.app_id
        try:
            claims = self._keys.claims(bearer, [audience], now=self._clock())
        except jwt.InvalidTokenError as why:
            raise invalid_token(f"Invalid auth token: {why}") from None
        session = self._by_id.get(claims["sid"])
        if session is None or not session.live or session.user.id != claims["sub"] or session.client_id != client_id:
            raise invalid_token("The session is over")
        return session

    def logout(self, refresh_token: str | None, bearer: str | None, client_id: str | None) -> None:
        session = self.authorized(bearer, client_id)
        if refresh_token is not None and refresh_token != session.refresh_token:
            raise Refused(400, "already_logged_out", "That session is over")
        session.live = False

    def revoke(self, session_id: str) -> None:
        self._by_id[session_id].live = False

    def revoke_user(self, did: str) -> None:
        for session in self._by_id.values():
            if session.user.id == did:
                session.live = False

    # Tokens

    def app_claims(self, did: str, session_id: str, client_id: str | None = None) -> dict[str, Any]:
        now = int(self._clock())
        lasting = self._app.app_token_ttl(client_id)
        return {
            "sid": session_id,
            "iss": "privy.io",
            "iat": now,
            "aud": self._app.app_id,
            "sub": did,
            "exp": now + lasting,
        }

    def privy_claims(self, did: str, session_id: str, client_id: str | None = None) -> dict[str, Any]:
        own = self.app_claims(did, session_id, client_id)
        return {**own, "aud": PRIVY_ITSELF, "att": "pat", "aid": self._app.app_id}

    def identity_claims(self, user: User) -> dict[str, Any]:
        now = int(self._clock())
        accounts = [account.in_identity_token() for account in user.accounts]
        metadata = {"custom_metadata": json.dumps(user.custom_metadata)} if user.custom_metadata else {}
        return {
            "cr": str(user.created_at),
            "linked_accounts": json.dumps(accounts, separators=(",", ":")),
            **metadata,
            "iss": "privy.io",
            "iat": now,
            "aud": self._app.app_id,
            "sub": user.id,
            "exp": now + self._app.token_ttl,
        }

    def identity_token(self, user: User) -> str:
        return self._keys.current.sign(self.identity_claims(user))

    def _identity(self, user: User) -> dict[str, str]:
        return {"identity_token": self.identity_token(user)} if self._app.identity_tokens else {}

    def _issue(self, session: Session) -> None:
        who = (session.user.id, session.id, session.client_id)
        session.token = self._keys.current.sign(self.app_claims(*who))
        privy = self._app.privy_access_tokens
        session.privy_access_token = self._keys.current.sign(self.privy_claims(*who)) if privy else None
        session.refresh_token = secrets.token_urlsafe(48)
        session.refresh_ends_at = self._clock() + self._app.refresh_ttl

    def _valid(self, session: Session) -> bool:
        claims = jwt.decode(session.token, options={"verify_signature": False})
        return bool(claims["exp"] > self._clock())

    def _without_tokens(self, session: Session, action: str) -> dict[str, Any]:
        empty = dict.fromkeys(("token", "privy_access_token", "refresh_token"))
        return {"user": session.user.view(), **empty, "session_update_action": action, "is_new_user": False}
