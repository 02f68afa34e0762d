"""Backend assertions: short-lived JWTs that tell the backend who the person is. No I/O.

The third of our three kinds of JWT (SECURITY, grants and tokens), pinned by its own key set, `typ`, `iss` and `aud`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Protocol

from homeport.clock import Clock, Randomness
from homeport.people.person import Person

ASSERTION_TYPE = "homeport-backend+jwt"
ASSERTION_SECONDS = 60
PRIVY = "privy"
"""The provider of persons whose id is a Privy DID."""


class Signs(Protocol):
    def sign(self, claims: Mapping[str, object], *, typ: str) -> str: ...


class Assertions:
    """`issuer` is the installation id, `audience` the backend's address."""

    def __init__(self, keys: Signs, *, issuer: str, audience: str, clock: Clock, random: Randomness) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._random = random

    def headers(self, person: Person) -> dict[str, str]:
        """What goes to the backend with one request for this person; a new assertion each time."""
        now = int(self._clock())
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": person.id,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": base64.urlsafe_b64encode(self._random(15)).decode(),
        }
        if person.email is not None:
            claims |= {"email": person.email, "email_verified": True}
        headers = {"Authorization": f"Bearer {self._keys.sign(claims, typ=ASSERTION_TYPE)}"}
        if person.provider == PRIVY:
            headers["X-Privy-User-ID"] = person.id
        return headers
