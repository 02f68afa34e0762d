"""A client with a metadata document, its keys, and the place where it proves itself."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from homeport.auth.assertions import ASSERTION_TYPE, AuthenticatedClient, ClientAuthenticator
from homeport.keys.remote import RemoteKeys
from tests.auth.clients_at_work import House, clients_at_work
from tests.auth.outside import document

CLIENT = "https://client.example/app.json"
JWKS = "https://client.example/jwks.json"
ISSUER = "https://home.example"
TOKEN = "https://home.example/token"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())


def jwk_of(key: Any, kid: str, alg: str) -> dict[str, Any]:
    kind = jwt.algorithms.RSAAlgorithm if alg == "RS256" else jwt.algorithms.ECAlgorithm
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": alg}


def key_set() -> dict[str, Any]:
    return {"keys": [jwk_of(ec_key(), "ec", "ES256"), jwk_of(rsa_key(2048), "rsa", "RS256")]}


@dataclass
class Desk:
    """Where clients prove themselves."""

    house: House
    authenticator: ClientAuthenticator
    keys: RemoteKeys

    async def present(
        self, assertion: str | None = None, *, used_for: str = "code-1", record: bool = True, **changes: Any
    ) -> AuthenticatedClient:
        form = {"client_id": CLIENT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        given = {name: value for name, value in {**form, **changes}.items() if isinstance(value, str)}
        return await self.authenticate(given, used_for=used_for, record=record)

    async def authenticate(
        self, form: Mapping[str, str], *, authorization: str | None = None, used_for: str = "x", record: bool = True
    ) -> AuthenticatedClient:
        found = await self.authenticator.authenticate(
            form, authorization=authorization, issuer=ISSUER, token_endpoint=TOKEN, used_for=used_for
        )
        if record:
            await self.house.database.transaction(found.record)
        return found

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.house.clock.now)
        base = {"iss": CLIENT, "sub": CLIENT, "aud": TOKEN, "exp": now + 300, "iat": now, "jti": "jti-1"}
        return {name: value for name, value in {**base, **changes}.items() if value is not ...}

    def sign(self, *, header: dict[str, Any] | None = None, key: Any = None, alg: str = "ES256", **changes: Any) -> str:
        names = {"kid": "ec" if alg == "ES256" else "rsa", **(header or {})}
        return jwt.encode(self.claims(**changes), key or ec_key(), algorithm=alg, headers=names)


@asynccontextmanager
async def desk(folder: Path, **members: Any) -> AsyncIterator[Desk]:
    async with clients_at_work(folder) as house:
        keys = RemoteKeys(fetch=house.fetcher.keys, folder=folder / "keys", clock=house.clock)
        house.web.answers[JWKS] = document(key_set())
        house.web.answers[CLIENT] = document(
            {
                "client_id": CLIENT,
                "client_name": "Some app",
                "redirect_uris": ["https://client.example/cb"],
                "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
                "jwks_uri": JWKS,
                **members,
            }
        )
        await house.clients.resolve(CLIENT)
        await house.approve(CLIENT)
        yield Desk(house, ClientAuthenticator(house.clients, keys, clock=house.clock), keys)
        await keys.close()


def encode(claims: dict[str, Any], header: dict[str, Any] | None = None) -> str:
    """A JWT signed with the client's P-256 key whatever it says, also what PyJWT would refuse to write."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part(header or {'alg': 'ES256', 'kid': 'ec'})}.{part(claims)}"
    r, s = decode_dss_signature(ec_key().sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=").decode()
    return f"{signed}.{signature}"
