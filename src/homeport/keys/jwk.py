"""Keys as JSON (RFC 7517): the public half for a JWKS, the private half for the vault, and the
thumbprint that names both. Must not decide which key is used for what.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

_P256_BYTES = 32
MINIMUM_RSA_BITS = 2048
_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("e", "n")}
"""What identifies a key of each kind (RFC 7638 3.2), besides `kty`."""


def algorithm_of(key: PublicKey | PrivateKey) -> str:
    """ES256 or RS256. Raises ValueError for another curve or a short RSA key."""
    if isinstance(key, (rsa.RSAPublicKey, rsa.RSAPrivateKey)):
        if key.key_size < MINIMUM_RSA_BITS:
            raise ValueError(f"an RSA key of {key.key_size} bits; {MINIMUM_RSA_BITS} is the least")
        return "RS256"
    if not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"an elliptic curve key on {key.curve.name}; only P-256 is used")
    return "ES256"


def public_jwk(key: PublicKey) -> dict[str, str]:
    """The public key with `kty`, `use`, `alg` and `kid`, ready for a JWKS."""
    jwk = _public_members(key)
    return {**jwk, "use": "sig", "alg": algorithm_of(key), "kid": thumbprint(jwk)}


def private_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The whole key, for the vault only."""
    return {**_public_members(key.public_key()), "d": _encode(key.private_numbers().private_value, _P256_BYTES)}


def load_ec_jwk(jwk: Mapping[str, Any]) -> tuple[ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey | None]:
    """Both halves, or the public one alone. Raises ValueError for anything but a P-256 key; it shows no key."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        raise ValueError("not a P-256 key")
    try:
        x, y = _decode(jwk["x"]), _decode(jwk["y"])
        d = _decode(jwk["d"]) if "d" in jwk else None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError("a damaged P-256 key") from None
    numbers = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1())
    if d is None:
        return numbers.public_key(), None
    private = ec.EllipticCurvePrivateNumbers(d, numbers).private_key()
    return private.public_key(), private


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """RFC 7638: SHA-256 over the identifying members in lexical order, without white space."""
    members = {name: jwk[name] for name in (*_MEMBERS[jwk["kty"]], "kty")}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(hashlib.sha256(canonical.encode()).digest()).rstrip(b"=").decode()


def _public_members(key: PublicKey) -> dict[str, str]:
    if isinstance(key, rsa.RSAPublicKey):
        rsa_numbers = key.public_numbers()
        return {"kty": "RSA", "n": _encode(rsa_numbers.n), "e": _encode(rsa_numbers.e)}
    numbers = key.public_numbers()
    # RFC 7518 6.2.1.2: coordinates have the curve's full length.
    return {"kty": "EC", "crv": "P-256", "x": _encode(numbers.x, _P256_BYTES), "y": _encode(numbers.y, _P256_BYTES)}


def _encode(number: int, length: int | None = None) -> str:
    raw = number.to_bytes(length or (number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
