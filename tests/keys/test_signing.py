"""The keys we sign with: what they accept and what they show."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest

from homeport.errors import VaultError
from homeport.keys.jwk import PrivateKey, thumbprint
from homeport.keys.signing import ROTATE_AFTER, InvalidToken, SigningKeys, new_signing_keys
from tests.keys.fetching import FakeClock, ec_key, rsa_key
from tests.keys.our_keys import CLAIMS, a_vault, fresh, imported, kid_of, kids, published

RSA = rsa_key()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def with_header(token: str, **changes: Any) -> str:
    """The same token with another header; its signature no longer fits."""
    _, payload, signature = token.split(".")
    header = {**jwt.get_unverified_header(token), **changes}
    return f"{base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip('=')}.{payload}.{signature}"


# Signing and verifying.


async def test_a_token_verifies_with_all_its_claims_and_its_header_names_key_and_kind(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = await fresh(tmp_path, clock)
    token = keys.sign(CLAIMS, typ="at+jwt")
    assert keys.verify(token, typ="at+jwt") == CLAIMS
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "typ": "at+jwt", "kid": kids(keys)[0]}
    assert keys.algorithm == "ES256"


async def test_a_third_party_verifies_a_token_with_the_published_keys(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    token = keys.sign(CLAIMS, typ="at+jwt")
    key = jwt.PyJWKSet.from_dict(keys.jwks())[kid_of(token)]
    assert jwt.decode(token, key, algorithms=["ES256"], options={"verify_exp": False}) == CLAIMS


async def test_the_same_keys_are_there_after_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    token = (await fresh(tmp_path, clock)).sign(CLAIMS, typ="at+jwt")
    assert (await fresh(tmp_path, clock)).verify(token, typ="at+jwt") == CLAIMS


async def test_two_sets_in_one_vault_do_not_accept_each_others_tokens(tmp_path: Path, clock: FakeClock) -> None:
    vault = await a_vault(tmp_path)
    ours = await SigningKeys.load(vault, clock=clock)
    backend = await SigningKeys.load(vault, clock=clock, name="backend-keys")
    with pytest.raises(InvalidToken):
        ours.verify(backend.sign(CLAIMS, typ="at+jwt"), typ="at+jwt")
    assert not set(kids(ours)) & set(kids(backend))


async def test_times_are_not_checked_here(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    claims = {"exp": 1, "nbf": 2**40, "iat": 2**40, "aud": ["x"]}
    assert keys.verify(keys.sign(claims, typ="at+jwt"), typ="at+jwt") == claims


@pytest.mark.parametrize("typ", ["JWT", "AT+JWT", "application/at+jwt", "homeport-backend+jwt", "", None, ["at+jwt"]])
async def test_a_token_of_another_kind_is_refused(tmp_path: Path, clock: FakeClock, typ: Any) -> None:
    keys = await fresh(tmp_path, clock)
    with pytest.raises(InvalidToken):
        keys.verify(keys.sign(CLAIMS, typ=typ), typ="at+jwt")


async def test_a_token_of_somebody_else_with_our_key_name_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    headers = {"typ": "at+jwt", "kid": kids(keys)[0]}
    for key, alg in ((ec_key(), "ES256"), (RSA, "RS256")):
        with pytest.raises(InvalidToken):
            keys.verify(jwt.encode(CLAIMS, key, algorithm=alg, headers=headers), typ="at+jwt")


async def test_a_key_that_the_token_brings_along_is_never_looked_at(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    theirs = ec_key()
    own: Any = jwt.algorithms.ECAlgorithm.to_jwk(theirs.public_key(), as_dict=True)
    for extra in ({"jwk": own}, {"jku": "https://evil.example/jwks"}, {"x5u": "https://evil.example"}, {"x5c": ["AA"]}):
        for kid in (kids(keys)[0], "another"):
            headers = {"typ": "at+jwt", "kid": kid, **extra}
            with pytest.raises(InvalidToken):
                keys.verify(jwt.encode(CLAIMS, theirs, algorithm="ES256", headers=headers), typ="at+jwt")


async def test_unsigned_and_symmetric_tokens_are_refused(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    token = keys.sign(CLAIMS, typ="at+jwt")
    unsigned = with_header(token, alg="none").rpartition(".")[0] + "."
    # The public key as the secret of an HMAC: what a verifier falls for that believes `alg`.
    content = with_header(token, alg="HS256").rpartition(".")[0]
    secret = json.dumps(published(keys)[0]).encode()
    mac = base64.urlsafe_b64encode(hmac.digest(secret, content.encode(), "sha256")).decode().rstrip("=")
    for forged in (unsigned, f"{content}.{mac}"):
        with pytest.raises(InvalidToken):
            keys.verify(forged, typ="at+jwt")


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": "none"},
        {"alg": "RS256"},
        {"alg": "es256"},
        {"alg": None},
        {"kid": "another"},
        {"kid": 7},
        {"kid": None},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"zip": "DEF"},
    ],
)
async def test_a_changed_header_is_refused(tmp_path: Path, clock: FakeClock, changes: dict[str, Any]) -> None:
    keys = await fresh(tmp_path, clock)
    with pytest.raises(InvalidToken):
        keys.verify(with_header(keys.sign(CLAIMS, typ="at+jwt"), **changes), typ="at+jwt")


@pytest.mark.parametrize("extra", [{"crit": ["exp"]}, {"crit": []}, {"crit": ["b64"], "b64": True}])
async def test_a_header_we_would_have_to_understand_is_refused_even_with_our_signature(
    tmp_path: Path, clock: FakeClock, extra: dict[str, Any]
) -> None:
    given = new_signing_keys(clock=clock)
    keys = await fresh(tmp_path, clock, HOMEPORT_SECRET_SIGNING_KEYS=given)
    ours = jwt.PyJWK(json.loads(given)["keys"][0]["jwk"])
    headers: dict[str, Any] = {"typ": "at+jwt", "kid": kids(keys)[0]}
    assert keys.verify(jwt.encode(CLAIMS, ours, algorithm="ES256", headers=headers), typ="at+jwt") == CLAIMS
    with pytest.raises(InvalidToken):
        # RFC 7515 4.1.11.
        keys.verify(jwt.encode(CLAIMS, ours, algorithm="ES256", headers={**headers, **extra}), typ="at+jwt")


@pytest.mark.parametrize(
    "token", ["", ".", "..", "a.b.c", "e30.e30.", "ü.ü.ü", "\ud800", "x" * 100_000, "W10.W10.AA", "bnVsbA.e30.AA"]
)
async def test_what_is_no_token_is_refused_in_the_same_way(tmp_path: Path, clock: FakeClock, token: str) -> None:
    keys = await fresh(tmp_path, clock)
    with pytest.raises(InvalidToken):
        keys.verify(token, typ="at+jwt")


async def test_a_token_cut_or_changed_anywhere_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    token = keys.sign(CLAIMS, typ="at+jwt")
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(len(token))
    ]
    # The last character of a part may hold unused bits: those tokens are the same one, spelled otherwise.
    ends = {len(".".join(token.split(".")[: n + 1])) - 1 for n in range(3)}
    for place, other in enumerate(changed):
        if place not in ends:
            with pytest.raises(InvalidToken):
                keys.verify(other, typ="at+jwt")
    with pytest.raises(InvalidToken):
        keys.verify(token[:-4], typ="at+jwt")


async def test_signed_text_that_holds_no_claims_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    for content in ([1], "text", None):
        with pytest.raises(InvalidToken):
            keys.verify(keys.sign(content, typ="at+jwt"), typ="at+jwt")  # type: ignore[arg-type]


async def test_no_error_quotes_the_token(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    with pytest.raises(InvalidToken) as caught:
        keys.verify("canary.canary.canary", typ="at+jwt")
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


# The published set.


async def test_published_keys_are_public_and_complete(tmp_path: Path, clock: FakeClock) -> None:
    keys = await SigningKeys.load(await a_vault(tmp_path), clock=clock, imported=imported(RSA))
    own = await fresh(tmp_path / "own", clock)
    (rsa_jwk,), (ec_jwk,) = published(keys), published(own)
    assert set(rsa_jwk) == {"kty", "use", "alg", "kid", "n", "e"}
    assert set(ec_jwk) == {"kty", "use", "alg", "kid", "crv", "x", "y"}
    assert (rsa_jwk["kty"], rsa_jwk["use"], rsa_jwk["alg"]) == ("RSA", "sig", "RS256")
    assert (ec_jwk["kty"], ec_jwk["use"], ec_jwk["alg"]) == ("EC", "sig", "ES256")


def test_a_thumbprint_is_that_of_the_rfc() -> None:
    # RFC 7638 3.1.
    n = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    jwk = {"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
    assert thumbprint(jwk) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


# Keys from elsewhere.


async def test_keys_from_the_environment_are_the_same_on_every_replica_and_stay(
    tmp_path: Path, clock: FakeClock
) -> None:
    given = new_signing_keys(clock=clock)
    one = await fresh(tmp_path / "one", clock, HOMEPORT_SECRET_SIGNING_KEYS=given)
    two = await fresh(tmp_path / "two", clock, HOMEPORT_SECRET_SIGNING_KEYS=given)
    clock.advance(ROTATE_AFTER)
    await one.rotate_if_due()
    assert two.verify(one.sign(CLAIMS, typ="at+jwt"), typ="at+jwt") == CLAIMS
    assert kids(one) == kids(two)


@pytest.mark.parametrize("text", ["canary", "{}", '{"keys": []}', '{"keys": [{"jwk": {"kty": "canary"}}]}', "[1]"])
async def test_a_damaged_secret_is_an_error_that_does_not_quote_it(tmp_path: Path, clock: FakeClock, text: str) -> None:
    with pytest.raises(VaultError, match="signing-keys") as caught:
        await fresh(tmp_path, clock, HOMEPORT_SECRET_SIGNING_KEYS=text)
    assert "canary" not in f"{caught.value} {caught.value.__context__!r}"


@pytest.mark.parametrize(("key", "alg"), [(RSA, "RS256"), (ec_key(), "ES256")])
async def test_an_imported_pair_signs_and_is_never_stored_or_replaced(
    tmp_path: Path, clock: FakeClock, key: PrivateKey, alg: str
) -> None:
    keys = await SigningKeys.load(await a_vault(tmp_path), clock=clock, imported=imported(key))
    token = keys.sign(CLAIMS, typ="at+jwt")
    assert keys.algorithm == jwt.get_unverified_header(token)["alg"] == alg
    clock.advance(ROTATE_AFTER)
    await keys.rotate_if_due()
    assert keys.verify(token, typ="at+jwt") == CLAIMS
    assert list(tmp_path.iterdir()) == []


async def test_tokens_from_before_the_import_stay_valid(tmp_path: Path, clock: FakeClock) -> None:
    token = (await fresh(tmp_path, clock)).sign(CLAIMS, typ="at+jwt")
    keys = await SigningKeys.load(await a_vault(tmp_path), clock=clock, imported=imported(RSA))
    assert keys.verify(token, typ="at+jwt") == CLAIMS
    assert [key["alg"] for key in published(keys)] == ["RS256", "ES256"]
