"""Keys of ours in a vault of their own."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from homeport.keys.imported import ImportedPair
from homeport.keys.jwk import PrivateKey
from homeport.keys.signing import SigningKeys
from homeport.vault import Vault, open_vault
from tests.keys.fetching import FakeClock

CLAIMS = {"iss": "https://home.example", "sub": "p1", "exp": 1}


async def a_vault(tmp_path: Path, **environ: str) -> Vault:
    return await open_vault(data_dir=tmp_path, environ=environ)


async def fresh(tmp_path: Path, clock: FakeClock, **environ: str) -> SigningKeys:
    return await SigningKeys.load(await a_vault(tmp_path, **environ), clock=clock)


def pem_pair(key: PrivateKey) -> tuple[str, str]:
    """Both halves as JWT_PRIVATE_KEY and JWT_PUBLIC_KEY hold them: base64 of the PEM."""
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(private).decode(), base64.b64encode(public).decode()


def imported(key: PrivateKey) -> ImportedPair:
    return ImportedPair.parse(*pem_pair(key))


def published(keys: SigningKeys) -> list[dict[str, str]]:
    listed: Any = keys.jwks()["keys"]
    return list(listed)


def kids(keys: SigningKeys) -> list[str]:
    return [key["kid"] for key in published(keys)]


def kid_of(token: str) -> str:
    kid: str = jwt.get_unverified_header(token)["kid"]
    return kid
