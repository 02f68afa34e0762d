"""A call from a real Homeport passes at the verifiers of docs/backend.md; whatever else is presented there does not.

Access token, id token and assertion: each passes at its own verifier only (SECURITY, grants and tokens).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from homeport import App, Backend, Person
from homeport.auth.tokens import Tokens
from homeport.clock import system_clock, system_randomness
from homeport.engine.assertions import ASSERTION_TYPE
from homeport.engine.protocol import BackendKeyInfo
from homeport.errors import HomeportError
from homeport.keys.signing import SigningKeys
from tests.auth.door import Door, Signed, open_door
from tests.auth.outside import HandClock
from tests.backend.reference import ReferenceBackend, reachable
from tests.backend.verifiers import PAGE, VERIFIERS, Verifier, express, express_lines_for_pem, fastapi
from tests.judges.node import needs_judges
from tests.program import free_ports
from tests.test_docs import ROOT

PERSON = Person("did:privy:one", provider="privy", email="one@example.com")


def asking_app() -> App:
    app = App("Asking")

    @app.tool(effect="read")
    async def me(backend: Backend) -> dict[str, str]:
        """Ask the backend who this is."""
        return await backend.get("me", into=dict[str, str])

    return app


@dataclass(slots=True)
class Live:
    """A Homeport with a person signed in, and a backend that verifies."""

    door: Door
    signed: Signed
    key: BackendKeyInfo
    port: int

    @property
    def assertion_keys(self) -> SigningKeys:
        keys = self.door.engine.rooms.backend._keys
        assert keys is not None
        return keys

    def claims(self, **changes: object) -> dict[str, object]:
        now = int(time.time())
        claims = {"iss": self.key.issuer_claim, "aud": self.key.audience, "sub": PERSON.id, "iat": now, "exp": now + 60}
        return {name: value for name, value in {**claims, "jti": "1", **changes}.items() if value is not None}

    def assertion(self, *, typ: str = ASSERTION_TYPE, **changes: object) -> str:
        return self.assertion_keys.sign(self.claims(**changes), typ=typ)

    def id_token(self) -> str:
        tokens = Tokens(
            self.door.engine.rooms.signing, lifetime_seconds=60, clock=system_clock, random=system_randomness
        )
        made = tokens.id_token(issuer=self.door.local, client_id=self.signed.app.client_id, person=PERSON, nonce=None)
        assert made is not None
        return made

    async def at_backend(self, token: str, scheme: str = "Bearer") -> int:
        async with httpx2.AsyncClient(trust_env=False) as client:
            headers = {"authorization": f"{scheme} {token}".strip(), "x-privy-user-id": PERSON.id}
            return (await client.get(f"http://127.0.0.1:{self.port}/v1/me", headers=headers)).status_code

    async def at_mcp(self, token: str) -> int:
        return (await self.signed.app.call(token)).status_code

    async def at_client(self, token: str) -> int:
        """As a client verifies an id token (OpenID Connect Core 3.1.3.7)."""
        published = (await self.door.get("/.well-known/jwks.json")).json()["keys"]
        header = jwt.get_unverified_header(token)
        key = next((key for key in published if key["kid"] == header["kid"]), None)
        if key is None or header["typ"] != "JWT":
            return 401
        try:
            jwt.decode(
                token,
                jwt.PyJWK(key),
                algorithms=["ES256"],
                issuer=self.door.local,
                audience=self.signed.app.client_id,
            )
        except jwt.InvalidTokenError:
            return 401
        return 200


@asynccontextmanager
async def live(folder: Path, verifier: Verifier) -> AsyncIterator[Live]:
    (port,) = free_ports(1)
    options = {"backend_url": f"http://127.0.0.1:{port}/v1"}
    async with open_door(folder, app=asking_app(), clock=HandClock(time.time()), options=options) as door:
        key = await door.engine.backend_key()
        async with verifier(folder, key, port):
            yield Live(door, await door.sign_in(), key, port)


def name(verifier: Verifier) -> str:
    return verifier.__name__


@needs_judges
@pytest.mark.parametrize("verifier", VERIFIERS, ids=name)
async def test_a_tools_call_tells_the_backend_who_the_person_is(tmp_path: Path, verifier: Verifier) -> None:
    async with live(tmp_path, verifier) as at:
        answer = await at.signed.app.call(at.signed.access, "me")
        (person,) = await at.door.engine.people()
        assert answer.json()["result"]["structuredContent"] == {"person": person.person_id}
        assert not [warning for warning in (await at.door.engine.status()).warnings if "backend" in warning]


async def test_a_backend_that_does_not_verify_is_a_warning_in_the_status(tmp_path: Path) -> None:
    backend = ReferenceBackend(lambda seen: None)
    async with reachable(backend) as url:
        options = {"backend_url": f"{url}/v1"}
        async with open_door(tmp_path, app=asking_app(), options=options) as door:
            signed = await door.sign_in()
            result = (await signed.app.call(signed.access, "me")).json()["result"]
            assert result["isError"] is True
            assert result["content"][0]["text"].startswith("proof_refused: ")
            (warning,) = [each for each in (await door.engine.status()).warnings if "assertion" in each]
            assert "snippet: homeport backend key" in warning
            assert signed.access not in str(backend.seen)


async def test_without_a_backend_the_status_names_the_tools_that_want_one_and_no_key_is_published(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path, app=asking_app()) as door:
        assert [each for each in (await door.engine.status()).warnings if each.startswith("me: every call is refused")]
        assert (await door.get("/.well-known/backend-jwks.json")).json() == {"keys": []}
        with pytest.raises(HomeportError, match="No backend is set"):
            await door.engine.backend_key()


@needs_judges
@pytest.mark.parametrize("verifier", [express, fastapi], ids=name)
async def test_each_of_the_three_kinds_of_jwt_passes_at_its_own_verifier_only(
    tmp_path: Path, verifier: Verifier
) -> None:
    async with live(tmp_path, verifier) as at:
        tokens = {"access": at.signed.access, "id": at.id_token(), "assertion": at.assertion()}
        passed = {
            (kind, where): await check(token)
            for kind, token in tokens.items()
            for where, check in (("access", at.at_mcp), ("id", at.at_client), ("assertion", at.at_backend))
        }
        assert passed == {(kind, where): 200 if kind == where else 401 for kind in tokens for where in tokens}
        ours = {key["kid"] for key in (await at.door.get("/.well-known/jwks.json")).json()["keys"]}
        backends = {key["kid"] for key in (await at.door.get("/.well-known/backend-jwks.json")).json()["keys"]}
        assert ours
        assert backends
        assert not ours & backends


@needs_judges
@pytest.mark.parametrize("verifier", VERIFIERS, ids=name)
async def test_nothing_but_a_good_assertion_passes_at_the_backend(tmp_path: Path, verifier: Verifier) -> None:
    async with live(tmp_path, verifier) as at:
        good, now = at.assertion(), int(time.time())
        head, body, signature = good.split(".")
        other = ec.generate_private_key(ec.SECP256R1())
        named = {"typ": ASSERTION_TYPE, "kid": at.key.jwk["kid"]}
        unsigned = base64.urlsafe_b64encode(json.dumps({"alg": "none", **named}).encode()).rstrip(b"=").decode()
        own: Any = json.loads(ECAlgorithm.to_jwk(other.public_key()))
        presented = {
            "for another backend": at.assertion(aud="https://other.example"),
            "for this one and another": at.assertion(aud=[at.key.audience + "/x"]),
            "from another installation": at.assertion(iss="inst_other"),
            "without an issuer": at.assertion(iss=None),
            "without an audience": at.assertion(aud=None),
            "without a person": at.assertion(sub=None),
            "without an end": at.assertion(exp=None),
            "over": at.assertion(iat=now - 120, exp=now - 60),
            "of another kind": at.assertion(typ="JWT"),
            "an access token by its kind": at.assertion(typ="at+jwt"),
            "signed by our other keys": at.door.engine.rooms.signing.sign(at.claims(), typ=ASSERTION_TYPE),
            "signed by a stranger": jwt.encode(at.claims(), other, algorithm="ES256", headers=named),
            "with a key of its own": jwt.encode(at.claims(), other, algorithm="ES256", headers={**named, "jwk": own}),
            "not signed": f"{unsigned}.{body}.",
            "signed with the public key as a secret": forged(at, named),
            "with half a signature": f"{head}.{body}.{signature[:40]}",
            "nothing": "",
            "words": "not a token",
        }
        answers = {what: await at.at_backend(token) for what, token in presented.items()}
        assert {what: status for what, status in answers.items() if status != 401} == {}
        assert await at.at_backend(good, scheme="Basic") == 401
        assert await at.at_backend(good) == 200


def forged(at: Live, named: dict[str, str]) -> str:
    """HS256 over the PEM that everybody may know (RFC 8725 2.1)."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    signed = f"{part({'alg': 'HS256', **named})}.{part(at.claims())}"
    mac = hmac.new(at.key.pem.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_the_page_says_which_lines_to_replace_for_a_pem() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert f"`{express_lines_for_pem()[1]}`" in page
    assert '`os.environ["ASSERTION_KEY"],` in place of `keys.get_signing_key_from_jwt(token).key,`' in page
