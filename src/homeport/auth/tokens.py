"""Access tokens (RFC 9068) and id tokens (OpenID Connect): what is in them and what makes one count. No I/O.

Signatures are `keys.signing`'s; whether the grant behind a token lives is `access`'s question.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from homeport.clock import Clock, Randomness
from homeport.keys.signing import InvalidToken, SigningKeys
from homeport.people.person import Person

ACCESS_TYPE = "at+jwt"
ID_TYPE = "JWT"
ID_TOKEN_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """The claims of an access token; times are seconds since the epoch."""

    issuer: str
    resource: str
    person_id: str
    client_id: str
    scope: str
    token_id: str
    issued_at: int
    expires_at: int
    grant_id: str


class Tokens:
    """Signs and verifies our tokens. `lifetime_seconds` is how long an access token counts."""

    def __init__(self, keys: SigningKeys, *, lifetime_seconds: int, clock: Clock, random: Randomness) -> None:
        self._keys = keys
        self._clock = clock
        self._random = random
        self.lifetime_seconds = lifetime_seconds

    @property
    def algorithm(self) -> str:
        return self._keys.algorithm

    def jwks(self) -> dict[str, object]:
        return self._keys.jwks()

    def access_token(
        self, *, issuer: str, resource: str, person_id: str, client_id: str, scope: str, grant_id: str, not_after: int
    ) -> tuple[str, int]:
        """A signed access token and its life in seconds; it never outlives the grant (`not_after`)."""
        now = int(self._clock())
        expires_at = min(now + self.lifetime_seconds, not_after)
        claims = {
            "iss": issuer,
            "aud": resource,
            "sub": person_id,
            "client_id": client_id,
            "scope": scope,
            "jti": base64.urlsafe_b64encode(self._random(15)).decode(),
            "iat": now,
            "exp": expires_at,
            "gid": grant_id,
        }
        return self._keys.sign(claims, typ=ACCESS_TYPE), expires_at - now

    def verify_access_token(self, token: str, *, issuer: str, resource: str | None) -> AccessClaims:
        """The claims of a token of ours for exactly this issuer and resource (None: any of this issuer's).

        Raises InvalidToken, also for one that has expired.
        """
        claims = self._keys.verify(token, typ=ACCESS_TYPE)
        try:
            found = AccessClaims(
                issuer=_text(claims, "iss"),
                resource=_text(claims, "aud"),
                person_id=_text(claims, "sub"),
                client_id=_text(claims, "client_id"),
                scope=_text(claims, "scope"),
                token_id=_text(claims, "jti"),
                issued_at=_number(claims, "iat"),
                expires_at=_number(claims, "exp"),
                grant_id=_text(claims, "gid"),
            )
        except (KeyError, TypeError) as error:
            raise InvalidToken("a claim is missing or of the wrong type") from error
        if found.issuer != issuer or resource not in (None, found.resource):
            raise InvalidToken("the token is for another resource")
        if self._clock() >= found.expires_at:
            raise InvalidToken("the token has expired")
        return found

    def read_access_token(self, token: str, *, issuer: str) -> AccessClaims | None:
        """The claims of a token of ours, for any resource of this issuer, or None."""
        try:
            return self.verify_access_token(token, issuer=issuer, resource=None)
        except InvalidToken:
            return None

    def id_token(self, *, issuer: str, client_id: str, person: Person, nonce: str | None) -> str | None:
        """An id token, only for a person whose sign-in yielded a verified e-mail (SECURITY, three kinds of JWT)."""
        if person.email is None:
            return None
        now = int(self._clock())
        claims: dict[str, object] = {
            "iss": issuer,
            "aud": client_id,
            "sub": person.id,
            "iat": now,
            "exp": now + ID_TOKEN_SECONDS,
            "email": person.email,
            "email_verified": True,
        }
        if person.name is not None:
            claims["name"] = person.name
        if nonce is not None:
            claims["nonce"] = nonce
        return self._keys.sign(claims, typ=ID_TYPE)


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _number(claims: dict[str, Any], name: str) -> int:
    value = claims[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(name)
    return value
