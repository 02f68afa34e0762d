"""Privy's side of a sign-in without a network: its keys, tokens of any shape, and an API that answers as told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import jwt

from homeport.keys.remote import RemoteKeys
from homeport.people.privy import Privy
from homeport.people.privy_api import PrivyApi
from tests.keys.fetching import FakeClock, OtherSide, jwks
from tests.privy.keys import SigningKey, base64url

APP = "cm0homeport0emulator00001"
ALICE = "did:privy:cmalice0000000000000000001"
BOB = "did:privy:cmbob000000000000000000001"
NOW = 1_800_000_000
SECRET = "canary-app-secret"

Answering = Callable[[httpx2.Request], httpx2.Response]


def nobody(request: httpx2.Request) -> httpx2.Response:
    """A Privy whose API is away."""
    raise httpx2.ConnectError("refused", request=request)


class PrivySide:
    """One app at Privy. `answer` is what its API says, `asked` what it was asked; `keys` serves the JWKS."""

    def __init__(self, *, secret: str | None = None, client_id: str | None = None) -> None:
        self.key = SigningKey("first")
        self.clock = FakeClock(NOW)
        self.keys = OtherSide(jwks(self.key.jwk))
        self.secret = secret
        self.client_id = client_id
        self.answer: Answering = nobody
        self.asked: list[httpx2.Request] = []

    def api(self, *, deadline: float = 5.0) -> PrivyApi:
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(self._answer), trust_env=False)
        return PrivyApi(APP, lambda: self.secret, http, self.client_id, deadline=deadline)

    def privy(self, folder: Path) -> Privy:
        keys = RemoteKeys(fetch=self.keys, folder=folder / "keys", clock=self.clock)
        return Privy(APP, client_id=self.client_id, api=self.api(), keys=keys, folder=folder, clock=self.clock)

    def access_claims(self, **other: Any) -> dict[str, Any]:
        now = int(self.clock())
        claims = {
            "sid": "cmsession",
            "iss": "privy.io",
            "iat": now,
            "aud": APP,
            "sub": ALICE,
            "exp": now + 3600,
            **other,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *, header: dict[str, Any] | None = None, key: SigningKey | None = None, **claims: Any) -> str:
        """An access token; a claim that is None is left out."""
        return (key or self.key).sign(self.access_claims(**claims), **(header or {}))

    def identity_token(self, accounts: object, **claims: Any) -> str:
        text = accounts if isinstance(accounts, str) else json.dumps(accounts)
        return self.token(sid=None, cr=str(NOW), linked_accounts=text, **claims)

    def sign_parts(self, header: str, payload: str) -> str:
        """A token of exactly these encoded parts, whatever they hold."""
        algorithm = jwt.algorithms.ECAlgorithm(jwt.algorithms.ECAlgorithm.SHA256)
        signature = algorithm.sign(f"{header}.{payload}".encode(), self.key._private)
        return f"{header}.{payload}.{base64url(signature)}"

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        return self.answer(request)


def saying(value: object, status: int = 200) -> Answering:
    return lambda _: httpx2.Response(status, json=value)
