"""Privy's two signed tokens: what they must look like before anything in them counts (SECURITY, backend and Privy).

Everything is refused with PrivyRefused, whatever was sent; headers that point at keys (`jku`, `jwk`, `x5u`, `x5c`) are
never looked at.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from jwt import PyJWK, PyJWS
from jwt.exceptions import PyJWTError

from homeport.people.privy_accounts import LinkedAccounts

ISSUER = "privy.io"
LONGEST = 16_384
"""Characters of a token worth reading: an app token has about 600, an identity token at most a few thousand."""
LEEWAY = 5
"""Seconds by which an expiry may have passed."""
CLOCK_LEEWAY = 60
"""Seconds by which our clock may be behind Privy's: a token from further in the future means that ours is wrong."""
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)
"""Decoders skip what is not base64; a token goes into headers as it is."""
_DID = re.compile(r"did:privy:[A-Za-z0-9._-]{1,128}", re.ASCII)
"""Narrower than a DID may be: it goes into a header for the backend."""
_LONGEST_ID = 256
_LATEST = 2**53


class PrivyRefused(Exception):
    """Privy's word does not count here; the message is for the log and quotes nothing that was sent.

    Codes: token_invalid, token_expired, clock_wrong, other_app, wrong_kind, other_person, user_gone, and from making a
    wallet no_app_secret, wallet_refused.
    """

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class PrivyToken:
    """A token of the right form for this app. It proves nothing until its signature has been checked."""

    did: str
    session_id: str
    """Empty in an identity token."""
    expires_at: int
    issued_at: int
    kid: str
    claims: Mapping[str, Any] = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def read(cls, text: str, app_id: str) -> PrivyToken:
        """Raises PrivyRefused. Nothing is fetched for a token that could not count anyway."""
        header, claims = _parts(text)
        # RFC 8725 3.1, 3.11: one algorithm and one type, whatever the token would like.
        if header.get("alg") != "ES256" or header.get("typ") != "JWT" or "crit" in header or "b64" in header:
            _invalid("it is not an ES256 JWT")
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_ID:
            _invalid("it does not name its key")
        if claims.get("iss") != ISSUER:
            _invalid("Privy did not issue it")
        audience = claims.get("aud")
        if "att" in claims or audience == "auth.privy.io":
            raise PrivyRefused("wrong_kind", "it is a token for Privy's own services")
        if audience != app_id:
            if isinstance(audience, str):
                raise PrivyRefused(
                    "other_app", "it was issued for another Privy app; compare the app id in the settings"
                )
            _invalid("it is for nobody or for many")
        did, session_id = claims.get("sub"), claims.get("sid")
        if not isinstance(did, str) or not _DID.fullmatch(did):
            _invalid("it does not name a Privy user")
        if session_id is not None and not (isinstance(session_id, str) and 0 < len(session_id) <= _LONGEST_ID):
            _invalid("its session has no proper name")
        if "nbf" in claims:
            _time(claims, "nbf")
        return cls(did, session_id or "", _time(claims, "exp"), _time(claims, "iat"), kid, claims, text)

    def require_access_token(self) -> None:
        """An identity token has the same key, issuer and audience, but proves no session. Raises PrivyRefused."""
        if "linked_accounts" in self.claims:
            raise PrivyRefused("wrong_kind", "it is an identity token, not an access token")
        if not self.session_id:
            _invalid("it names no session")

    def check_signature(self, key: PyJWK) -> None:
        """Raises PrivyRefused."""
        try:
            PyJWS(algorithms=["ES256"]).decode(self.text, key.key, algorithms=["ES256"])
        except (PyJWTError, ValueError, TypeError, RecursionError) as error:
            _invalid(f"its signature does not hold ({type(error).__name__})")

    def check_times(self, now: float) -> None:
        """Raises PrivyRefused: token_expired, clock_wrong."""
        ahead = max(self.issued_at, int(self.claims.get("nbf", 0))) - now
        if ahead > CLOCK_LEEWAY:
            raise PrivyRefused(
                "clock_wrong",
                f"Privy issued it {ahead:.0f} seconds from now, so the clock of this computer is behind: set it",
            )
        if now >= self.expires_at + LEEWAY:
            raise PrivyRefused(
                "token_expired",
                f"it expired {now - self.expires_at:.0f} seconds ago; when fresh sign-ins end like this, the clock of"
                " this computer is ahead",
            )


def accounts_of(token: PrivyToken) -> LinkedAccounts:
    """What an identity token says of its person. Raises PrivyRefused for any other token."""
    text = token.claims.get("linked_accounts")
    if not isinstance(text, str):
        raise PrivyRefused("wrong_kind", "it is not an identity token")
    try:
        # JSON inside a JSON string: that is how Privy writes it.
        return LinkedAccounts.parse(json.loads(text, parse_constant=_no_constant))
    except (ValueError, RecursionError):
        _invalid("its linked accounts are not readable")


def _parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST or not _JWT.fullmatch(text):
        _invalid("it is not a JWT")
    header, payload, _ = text.split(".")
    return _object(header), _object(payload)


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        _invalid("it is not a JWT")
    return found


def _time(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    # NumericDate may have a fraction (RFC 7519 2); true is a number only in Python.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _LATEST:
        _invalid(f"its {name} is not a time")
    return int(value)


def _invalid(words: str) -> NoReturn:
    raise PrivyRefused("token_invalid", words)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
