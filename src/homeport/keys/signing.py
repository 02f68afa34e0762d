"""The keys we sign with: made once, kept in the vault, replaced every 90 days without anybody noticing.

Checks signature, `typ`, `alg` and `kid` and nothing else: who issued a token for whom and until when is its reader's
business. Headers that point at keys (`jku`, `jwk`, `x5u`, `x5c`) are never looked at.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from homeport.clock import Clock
from homeport.errors import VaultError
from homeport.keys.imported import ImportedPair
from homeport.keys.jwk import PrivateKey, PublicKey, load_ec_jwk, private_jwk, public_jwk
from homeport.vault import Vault

DAY = 86_400
ROTATE_AFTER = 90 * DAY
ANNOUNCE_BEFORE = DAY
"""Seconds between a key's appearance in the JWKS and its first signature: verifiers cache a JWKS for hours."""
KEEP_AFTER = 100 * DAY
"""Seconds a public key stays after its last signature: longer than any token lives."""
TOKEN_LIMIT = 8_192
"""Characters of a token worth parsing; ours have about 700."""


class InvalidToken(Exception):
    """The token was not signed here for this purpose. The message is for the log and quotes nothing from the token."""


@dataclass(frozen=True, slots=True)
class _Key:
    """One key of ours. It signs from `signs_from` (seconds since the epoch) until the next one does."""

    kid: str
    algorithm: str
    jwk: Mapping[str, str]
    public: PublicKey = field(repr=False)
    private: PrivateKey | None = field(repr=False)
    signs_from: int

    @classmethod
    def of(cls, public: PublicKey, private: PrivateKey | None, signs_from: int) -> _Key:
        jwk = public_jwk(public)
        return cls(jwk["kid"], jwk["alg"], jwk, public, private, signs_from)

    @classmethod
    def new(cls, signs_from: int) -> _Key:
        private = ec.generate_private_key(ec.SECP256R1())
        return cls.of(private.public_key(), private, signs_from)


class SigningKeys:
    """One set of keys of ours, ES256; or an imported pair beside the keys that were used before it."""

    def __init__(
        self, keys: list[_Key], *, vault: Vault, name: str, clock: Clock, imported: ImportedPair | None = None
    ) -> None:
        self._keys = keys
        self._vault = vault
        self._name = name
        self._clock = clock
        self._imported = (
            _Key.of(imported.private_key.public_key(), imported.private_key, 0) if imported is not None else None
        )
        # Two rotations at once would each announce a key, and one of them would be forgotten again.
        self._rotating = asyncio.Lock()
        self._jws = PyJWS(algorithms=["ES256", "RS256"])

    @classmethod
    async def load(
        cls, vault: Vault, *, clock: Clock, imported: ImportedPair | None = None, name: str = "signing-keys"
    ) -> SigningKeys:
        """The keys that the vault holds under `name`; the first one is made on first use. Raises VaultError."""
        if imported is not None:
            text = vault.get(name)
        else:
            text = await vault.ensure(name, lambda: new_signing_keys(clock=clock))
        keys = _from_text(text, name) if text is not None else []
        return cls(keys, vault=vault, name=name, clock=clock, imported=imported)

    @property
    def algorithm(self) -> str:
        """What the next token is signed with: ES256 or RS256."""
        return self._signer()[0].algorithm

    @property
    def signing_jwk(self) -> Mapping[str, str]:
        """The public key of what the next token is signed with."""
        return self._signer()[0].jwk

    def sign(self, claims: Mapping[str, object], *, typ: str) -> str:
        """A JWT whose header holds `alg`, `kid` and this `typ` (RFC 8725 3.11)."""
        key, private = self._signer()
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return self._jws.encode(payload, private, algorithm=key.algorithm, headers={"typ": typ, "kid": key.kid})

    def verify(self, token: str, *, typ: str) -> dict[str, Any]:
        """The claims of a token we signed as `typ`; whether they still hold is not checked. Raises InvalidToken."""
        if len(token) > TOKEN_LIMIT:
            raise InvalidToken("the token is too long")
        try:
            header = self._jws.get_unverified_header(token)
            key = self._find(header.get("kid"))
            if key is None:
                raise InvalidToken("the token names no key of ours")
            if header.get("alg") != key.algorithm or header.get("typ") != typ or "crit" in header:
                raise InvalidToken("the token is of another kind")
            claims = json.loads(self._jws.decode(token, key.public, algorithms=[key.algorithm]))
        except (PyJWTError, ValueError, RecursionError) as error:
            raise InvalidToken(f"the token is not valid: {type(error).__name__}") from None
        if not isinstance(claims, dict):
            raise InvalidToken("the token holds no claims")
        return claims

    def jwks(self) -> dict[str, object]:
        """The public keys: the announced one, the current one, and former ones while tokens of theirs may live."""
        return {"keys": [dict(key.jwk) for key in self._all()]}

    async def rotate_if_due(self) -> None:
        """Announce a new key when the current one is near its end; forget what is no longer needed. Raises VaultError.

        To be called at least once a day; nothing is lost when it was not. Keys that are imported or given by the
        environment stay as they are.
        """
        if self._imported is not None or self._vault.is_fixed(self._name):
            return
        async with self._rotating:
            await self._rotate(int(self._clock()))

    async def _rotate(self, now: int) -> None:
        keys = [key for key in self._keys if key.signs_from <= now + ANNOUNCE_BEFORE]
        if len(keys) < len(self._keys):
            # Announced while the clock was far ahead.
            keys = keys or [self._keys[0]]
        if now >= keys[-1].signs_from + ROTATE_AFTER - ANNOUNCE_BEFORE:
            keys.append(_Key.new(now + ANNOUNCE_BEFORE))
        kept = _without_what_is_over(keys, now)
        if kept != self._keys:
            await self._vault.set(self._name, _to_text(kept))
            self._keys = kept

    def _signer(self) -> tuple[_Key, PrivateKey]:
        now = self._clock()
        able = [(key, key.private) for key in self._all() if key.private is not None]
        # Newest first. The last resort: the clock went back to before the first key was made.
        return next((pair for pair in able if pair[0].signs_from <= now), able[-1])

    def _all(self) -> list[_Key]:
        return [*([self._imported] if self._imported else []), *reversed(self._keys)]

    def _find(self, kid: object) -> _Key | None:
        return next((key for key in self._all() if key.kid == kid), None)


def new_signing_keys(*, clock: Clock) -> str:
    """A fresh set with one key, as the vault stores it and as HOMEPORT_SECRET_SIGNING_KEYS takes it. A secret."""
    return _to_text([_Key.new(int(clock()))])


def _without_what_is_over(keys: list[_Key], now: int) -> list[_Key]:
    """Former keys lose their private half, and go once no token of theirs can live."""
    kept: list[_Key] = []
    for key, successor in zip(keys, [*keys[1:], None], strict=True):
        if successor is None or successor.signs_from > now:
            kept.append(key)
        elif now < successor.signs_from + KEEP_AFTER:
            kept.append(_Key(key.kid, key.algorithm, key.jwk, key.public, None, key.signs_from))
    return kept


def _to_text(keys: list[_Key]) -> str:
    return json.dumps({"version": 1, "keys": [{"signs_from": key.signs_from, "jwk": _stored(key)} for key in keys]})


def _stored(key: _Key) -> Mapping[str, str]:
    return private_jwk(key.private) if isinstance(key.private, ec.EllipticCurvePrivateKey) else key.jwk


def _from_text(text: str, name: str) -> list[_Key]:
    keys: list[_Key] = []
    try:
        for entry in json.loads(text)["keys"]:
            public, private = load_ec_jwk(entry["jwk"])
            keys.append(_Key.of(public, private, int(entry["signs_from"])))
    except (ValueError, KeyError, TypeError):
        keys = []
    if not any(key.private is not None for key in keys):
        raise VaultError(
            f"The secret {name} does not hold signing keys.",
            hint=f"Delete it to begin with new ones: homeport secrets delete {name}",
        )
    return sorted(keys, key=lambda key: key.signs_from)
