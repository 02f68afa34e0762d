"""The signing keys of one emulated app: ES256, published as JWKS and PEM, and replaced when a test says so."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises ValueError for padding, foreign characters, and bits that say nothing."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise ValueError("not base64url")
    return data


class SigningKey:
    """One ES256 key with its id."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self._private = ec.generate_private_key(ec.SECP256R1())

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token with these claims; `header` replaces or, with None, removes what its header says."""
        wanted = {"alg": "ES256", "typ": "JWT", "kid": self.kid, **header}
        parts = ({name: value for name, value in wanted.items() if value is not None}, claims)
        text = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        # Raw (r, s) as RFC 7518 3.4 wants it. Not by PyJWT, which refuses to write claims that a test needs wrong.
        r, s = decode_dss_signature(self._private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"

    @property
    def pem(self) -> str:
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._private.public_key().public_bytes(encoding, form).decode()

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self._private.public_key().public_numbers()
        x, y = (base64url(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": self.kid}

    def claims(self, token: str, audiences: list[str], *, now: float, expired_too: bool = False) -> dict[str, Any]:
        """The claims of a token that this key signed. Raises jwt.InvalidTokenError."""
        options: Any = {"require": ["exp", "iat", "sub", "sid", "iss", "aud"], "verify_exp": False, "verify_iat": False}
        found: dict[str, Any] = jwt.decode(
            token, self._private.public_key(), algorithms=["ES256"], audience=audiences, issuer="privy.io",
            options=options,
        )  # fmt: skip
        if not expired_too and found["exp"] <= now:
            raise jwt.ExpiredSignatureError("expired")
        return found


class Keys:
    """The keys of an app: the newest signs, the published ones are in the JWKS."""

    def __init__(self) -> None:
        self._made = 0
        self.published: list[SigningKey] = []
        self.rotate()

    @property
    def current(self) -> SigningKey:
        return self.published[-1]

    def rotate(self, *, keep_old: bool = False) -> SigningKey:
        """Sign with a new key from now on; the old ones leave the JWKS unless told otherwise."""
        self._made += 1
        new = SigningKey(f"emulated-{self._made}")
        self.published = [*(self.published if keep_old else []), new]
        return new

    def jwks(self) -> dict[str, Any]:
        return {"keys": [key.jwk for key in self.published]}

    def claims(self, token: str, audiences: list[str], *, now: float, expired_too: bool = False) -> dict[str, Any]:
        """The claims of a token of ours. Raises jwt.InvalidTokenError."""
        kid = jwt.get_unverified_header(token).get("kid")
        key = next((key for key in self.published if key.kid == kid), None)
        if key is None:
            raise jwt.InvalidTokenError("signed with a key that is not ours")
        return key.claims(token, audiences, now=now, expired_too=expired_too)
