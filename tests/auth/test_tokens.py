"""What is in our tokens, and that each kind counts only where it belongs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest

from homeport.auth.assertions import ASSERTION_TYPE, ClientAuthenticator
from homeport.auth.errors import InvalidClient
from homeport.auth.tokens import ACCESS_TYPE, ID_TOKEN_SECONDS, ID_TYPE, Tokens
from homeport.clock import system_randomness
from homeport.keys.signing import InvalidToken, SigningKeys
from homeport.people.person import Person
from homeport.vault import open_vault
from tests.auth.grants_at_work import NoKeys, office
from tests.auth.outside import HandClock

ISSUER, RESOURCE = "https://home.example", "https://home.example/mcp"
PERSON = Person("per_1", "privy", "one@example.com", "One")


@asynccontextmanager
async def mint(folder: Path, seconds: int = 3600) -> AsyncIterator[tuple[Tokens, SigningKeys, HandClock]]:
    clock = HandClock()
    keys = await SigningKeys.load(await open_vault(data_dir=folder, environ={}), clock=clock)
    yield Tokens(keys, lifetime_seconds=seconds, clock=clock, random=system_randomness), keys, clock


def access(tokens: Tokens, clock: HandClock, **changes: Any) -> tuple[str, int]:
    fields: dict[str, Any] = {
        "issuer": ISSUER,
        "resource": RESOURCE,
        "person_id": "per_1",
        "client_id": "client",
        "scope": "read",
        "grant_id": "gr_1",
        "not_after": int(clock()) + 10**7,
    }
    return tokens.access_token(**{**fields, **changes})


async def test_an_access_token_is_at_jwt_with_exactly_these_claims(tmp_path: Path) -> None:
    async with mint(tmp_path) as (tokens, _, clock):
        token, seconds = access(tokens, clock)
        header = jwt.get_unverified_header(token)
        assert set(header) == {"alg", "typ", "kid"}
        assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
        claims = jwt.decode(token, options={"verify_signature": False})
        assert set(claims) == {"iss", "aud", "sub", "client_id", "scope", "jti", "iat", "exp", "gid"}
        assert (claims["iat"], claims["exp"]) == (int(clock()), int(clock()) + 3600)
        assert seconds == 3600
        assert jwt.decode(access(tokens, clock)[0], options={"verify_signature": False})["jti"] != claims["jti"]


async def test_an_access_token_never_outlives_its_grant(tmp_path: Path) -> None:
    async with mint(tmp_path) as (tokens, _, clock):
        token, seconds = access(tokens, clock, not_after=int(clock()) + 60)
        assert seconds == 60
        clock.now += 59
        assert tokens.read_access_token(token, issuer=ISSUER) is not None
        clock.now += 1
        assert tokens.read_access_token(token, issuer=ISSUER) is None


async def test_a_token_counts_for_exactly_its_issuer_and_resource(tmp_path: Path) -> None:
    async with mint(tmp_path) as (tokens, _, clock):
        token, _ = access(tokens, clock)
        assert tokens.verify_access_token(token, issuer=ISSUER, resource=RESOURCE).grant_id == "gr_1"
        for issuer, resource in (
            ("https://other.example", RESOURCE),
            (ISSUER, "https://home.example/other"),
            (f"{ISSUER}/", RESOURCE),
            (ISSUER, f"{RESOURCE}/"),
        ):
            with pytest.raises(InvalidToken):
                tokens.verify_access_token(token, issuer=issuer, resource=resource)


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "client_id", "scope", "jti", "iat", "exp", "gid"])
@pytest.mark.parametrize("value", [None, ["a"], {"a": 1}, True, 1.5, ...], ids=repr)
async def test_a_claim_that_is_missing_or_of_another_type_is_refused(tmp_path: Path, name: str, value: Any) -> None:
    async with mint(tmp_path) as (tokens, keys, clock):
        token, _ = access(tokens, clock)
        claims = {**jwt.decode(token, options={"verify_signature": False}), name: value}
        changed = keys.sign({k: v for k, v in claims.items() if v is not ...}, typ=ACCESS_TYPE)
        assert tokens.read_access_token(changed, issuer=ISSUER) is None


async def test_an_id_token_is_only_for_a_verified_email_and_echoes_the_nonce(tmp_path: Path) -> None:
    async with mint(tmp_path) as (tokens, keys, clock):
        assert tokens.id_token(issuer=ISSUER, client_id="c", person=Person("per_2"), nonce="n") is None
        token = tokens.id_token(issuer=ISSUER, client_id="c", person=PERSON, nonce="nonce")
        assert token is not None
        assert keys.verify(token, typ=ID_TYPE) == {
            "iss": ISSUER,
            "aud": "c",
            "sub": "per_1",
            "iat": int(clock()),
            "exp": int(clock()) + ID_TOKEN_SECONDS,
            "email": "one@example.com",
            "email_verified": True,
            "name": "One",
            "nonce": "nonce",
        }


async def test_each_kind_of_jwt_passes_at_its_own_verifier_only(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        access_token = (await at.signed_in())["access_token"]
        id_token = at.tokens.id_token(issuer="http://localhost:3002", client_id=at.client_id, person=PERSON, nonce=None)
        assert id_token is not None
        keys = at.tokens._keys
        assertion = keys.sign({"iss": at.client_id, "sub": at.client_id}, typ="JWT")
        assert await at.call(access_token) is not None
        for other in (id_token, assertion):
            assert await at.call(other) is None
        for token, typ in ((access_token, ID_TYPE), (id_token, ACCESS_TYPE)):
            with pytest.raises(InvalidToken):
                keys.verify(token, typ=typ)
        authenticator = ClientAuthenticator(at.server.clients, NoKeys(), clock=at.clock)
        for token in (access_token, id_token):
            form = {"client_id": at.client_id, "client_assertion": token, "client_assertion_type": ASSERTION_TYPE}
            with pytest.raises(InvalidClient):
                await authenticator.authenticate(form, authorization=None, issuer="i", token_endpoint="t", used_for="x")
