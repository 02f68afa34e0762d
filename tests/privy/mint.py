"""Tokens for tests that nobody signed in for: good ones, and every kind that must be refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from tests.privy.keys import SigningKey, base64url
from tests.privy.sessions import PRIVY_ITSELF
from tests.privy.tenant import Tenant, new_id


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in gave: the fields of Privy's answer, and whose session it is."""

    did: str
    session_id: str
    token: str
    privy_access_token: str | None
    refresh_token: str
    identity_token: str | None
    is_new_user: bool


class Mint:
    """Signs with the app's current key unless said otherwise. `claims` replace or, with None, remove."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    def app_token(self, did: str, **claims: Any) -> str:
        return self._signed(self._app_claims(did), claims)

    def privy_access_token(self, did: str, **claims: Any) -> str:
        return self._signed(self._tenant.sessions.privy_claims(did, new_id()), claims)

    def identity_token(self, did: str, **claims: Any) -> str:
        """Raises LookupError for a user that does not exist."""
        user = self._tenant.users.get(did)
        if user is None:
            raise LookupError(did)
        return self._signed(self._tenant.sessions.identity_claims(user), claims)

    def bad_app_tokens(self, did: str) -> dict[str, str]:
        """By what is wrong with it: tokens that no verifier of app tokens may accept. The user must exist."""
        app_id, now = self._tenant.app.app_id, int(self._tenant.clock())
        good = self._app_claims(did)
        current = self._tenant.keys.current
        stranger = SigningKey(current.kid)
        changed: dict[str, dict[str, Any]] = {
            "expired": {"iat": now - 7200, "exp": now - 3600},
            "expired two minutes ago": {"iat": now - 3600, "exp": now - 120},
            "issued tomorrow": {"iat": now + 86_400, "exp": now + 90_000},
            "not valid before tomorrow": {"nbf": now + 86_400},
            "for another app": {"aud": "cm0some0other0app00000001"},
            "for Privy itself": {"aud": PRIVY_ITSELF},
            "for two audiences": {"aud": [app_id, PRIVY_ITSELF]},
            "from another issuer": {"iss": "https://privy.io"},
            "marked as Privy's own": {"att": "pat"},
            "with linked accounts": {"linked_accounts": "[]"},
            "of no DID": {"sub": did.removeprefix("did:privy:")},
            "of an empty DID": {"sub": "did:privy:"},
            "of a number": {"sub": 7},
            "session is a number": {"sid": 7},
            "expiry is text": {"exp": str(now + 3600)},
            **{f"without {name}": {name: None} for name in good},
        }
        return {
            **{name: self._signed(good, claims) for name, claims in changed.items()},
            "a Privy access token": self.privy_access_token(did),
            "an identity token": self.identity_token(did),
            "signed by a stranger": stranger.sign(good),
            "with an unknown key id": current.sign(good, kid="unknown"),
            "with no key id": current.sign(good, kid=None),
            "with another type": current.sign(good, typ="at+jwt"),
            "with no type": current.sign(good, typ=None),
            "signed with HS256 and the public key": _hs256(good, current),
            "not signed": _joined({"alg": "none", "typ": "JWT", "kid": current.kid}, good, b""),
            "with its signature cut off": current.sign(good).rpartition(".")[0] + ".",
            "with its claims exchanged": self._exchanged(good),
            "with a critical extension": current.sign(good, crit=["unheard"], unheard=True),
            "not a token": "not.a.token",
            "empty": "",
        }

    def _app_claims(self, did: str) -> dict[str, Any]:
        return self._tenant.sessions.app_claims(did, new_id())

    def _signed(self, claims: dict[str, Any], changed: dict[str, Any]) -> str:
        wanted = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return self._tenant.keys.current.sign(wanted)

    def _exchanged(self, claims: dict[str, Any]) -> str:
        head, _, signature = self._tenant.keys.current.sign(claims).split(".")
        return f"{head}.{base64url(json.dumps({**claims, 'sub': 'did:privy:somebody'}).encode())}.{signature}"


def _joined(header: dict[str, Any], claims: dict[str, Any], signature: bytes) -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64url(part) for part in parts)


def _hs256(claims: dict[str, Any], key: SigningKey) -> str:
    """The confusion of algorithms: the public key, which everybody has, as the secret of an HMAC."""
    text = _joined({"alg": "HS256", "typ": "JWT", "kid": key.kid}, claims, b"").rstrip(".")
    return f"{text}.{base64url(hmac.new(key.pem.encode(), text.encode(), hashlib.sha256).digest())}"
