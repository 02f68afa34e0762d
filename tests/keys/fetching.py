"""Keys of other parties and an other side that serves them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from homeport.keys.jwk import PrivateKey, public_jwk


class FakeClock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2_048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=bits)


def jwk(key: PrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    return {**public_jwk(key.public_key()), "kid": kid, **more}


def jwks(*keys: Any) -> bytes:
    return json.dumps({"keys": list(keys)}).encode()


def signed(key: PrivateKey, alg: str) -> str:
    return jwt.encode({"sub": "x"}, key, algorithm=alg)


class OtherSide:
    """Serves one document, counts who asks, and can be down or slow."""

    def __init__(self, document: bytes) -> None:
        self.document: bytes | Exception = document
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None

    async def __call__(self, uri: str) -> bytes:
        self.asked.append(uri)
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.document, Exception):
            raise self.document
        return self.document
