"""What a Privy token must look like, and that nothing else is ever read."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest

from homeport.people.privy_tokens import CLOCK_LEEWAY, LEEWAY, LONGEST, PrivyRefused, PrivyToken, accounts_of
from tests.keys.fetching import ec_key
from tests.people.privy_side import ALICE, APP, NOW, PrivySide
from tests.privy.keys import SigningKey

SIDE = PrivySide()


def read(token: str) -> PrivyToken:
    found = PrivyToken.read(token, APP)
    found.require_access_token()
    return found


def refusal(token: str) -> str:
    with pytest.raises(PrivyRefused) as caught:
        read(token)
    return caught.value.code


def test_a_token_of_this_app_is_read() -> None:
    token = read(SIDE.token())
    assert (token.did, token.session_id, token.issued_at, token.expires_at) == (ALICE, "cmsession", NOW, NOW + 3600)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "privy.example"}, "token_invalid"),
        ({"iss": None}, "token_invalid"),
        ({"iss": ["privy.io"]}, "token_invalid"),
        ({"aud": "cm0anotherapp000000000001"}, "other_app"),
        ({"aud": [APP]}, "token_invalid"),
        ({"aud": None}, "token_invalid"),
        ({"sub": None}, "token_invalid"),
        ({"sub": "alice"}, "token_invalid"),
        ({"sub": "did:privy:"}, "token_invalid"),
        ({"sub": "did:privy:a\r\nX-Admin: 1"}, "token_invalid"),
        ({"sub": "did:privy:" + "a" * 200}, "token_invalid"),
        ({"sub": "did:web:example.com"}, "token_invalid"),
        ({"sub": 5}, "token_invalid"),
        ({"sid": None}, "token_invalid"),
        ({"sid": ""}, "token_invalid"),
        ({"sid": 5}, "token_invalid"),
        ({"iat": None}, "token_invalid"),
        ({"iat": "1800000000"}, "token_invalid"),
        ({"iat": True}, "token_invalid"),
        ({"exp": None}, "token_invalid"),
        ({"exp": 10**400}, "token_invalid"),
        ({"exp": -1}, "token_invalid"),
        ({"exp": {}}, "token_invalid"),
        ({"nbf": "soon"}, "token_invalid"),
        ({"linked_accounts": "[]"}, "wrong_kind"),
        ({"linked_accounts": 5}, "wrong_kind"),
        ({"att": "pat"}, "wrong_kind"),
        ({"att": 5}, "wrong_kind"),
        ({"aud": "auth.privy.io", "att": "pat", "aid": APP}, "wrong_kind"),
        ({"aud": "auth.privy.io"}, "wrong_kind"),
    ],
)
def test_a_token_with_other_claims_is_refused(claims: dict[str, Any], code: str) -> None:
    assert refusal(SIDE.token(**claims)) == code


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "jwt"},
        {"typ": None},
        {"crit": ["x"], "x": 1},
        {"b64": False},
        {"kid": ""},
        {"kid": "k" * 300},
    ],
)
def test_a_token_with_another_header_is_refused(header: dict[str, Any]) -> None:
    own = json.loads(json.dumps({"alg": "ES256", "typ": "JWT", "kid": "first", **header}))
    _, payload, signature = SIDE.token().split(".")
    encoded = base64.urlsafe_b64encode(json.dumps(own).encode()).rstrip(b"=").decode()
    assert refusal(f"{encoded}.{payload}.{signature}") == "token_invalid"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384", "ES256K", "EdDSA"])
def test_no_other_algorithm_counts(algorithm: str) -> None:
    _, payload, signature = SIDE.token().split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT", "kid": "first"}).encode()
    encoded = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
    assert refusal(f"{encoded}.{payload}.{signature}") == "token_invalid"


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused() -> None:
    token = jwt.encode(SIDE.access_claims(), "0" * 64, algorithm="HS256", headers={"kid": "first"})
    assert refusal(token) == "token_invalid"


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "ü.b.c", "x" * (LONGEST + 1)])
def test_what_is_no_jwt_is_refused(text: str) -> None:
    assert refusal(text) == "token_invalid"


@pytest.mark.parametrize("added", ["\n", " ", "=", "\r\nX-Admin: 1", "\u00a0", "!"])
def test_a_token_holds_nothing_that_a_decoder_would_skip(added: str) -> None:
    assert refusal(SIDE.token() + added) == "token_invalid"


def test_a_signature_of_another_key_does_not_hold() -> None:
    stranger = SigningKey("first")
    token = read(SIDE.token(key=stranger))
    with pytest.raises(PrivyRefused, match="signature"):
        token.check_signature(jwt.PyJWK(SIDE.key.jwk, "ES256"))
    token.check_signature(jwt.PyJWK(stranger.jwk, "ES256"))


def test_a_changed_claim_breaks_the_signature() -> None:
    header, payload, signature = SIDE.token().split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["sub"] = "did:privy:cmsomebodyelse"
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(PrivyRefused, match="signature"):
        read(f"{header}.{changed}.{signature}").check_signature(jwt.PyJWK(SIDE.key.jwk, "ES256"))


def test_a_key_inside_the_token_is_never_used() -> None:
    own = ec_key()
    numbers = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    text = jwt.encode(SIDE.access_claims(), own, algorithm="ES256", headers={"kid": "first", "jwk": numbers})
    with pytest.raises(PrivyRefused, match="signature"):
        read(text).check_signature(jwt.PyJWK(SIDE.key.jwk, "ES256"))


@pytest.mark.parametrize(
    ("later", "code"),
    [
        (0, None),
        (3600 + LEEWAY - 1, None),
        (3600 + LEEWAY, "token_expired"),
        (-CLOCK_LEEWAY, None),
        (-CLOCK_LEEWAY - 1, "clock_wrong"),
    ],
)
def test_a_token_counts_from_its_issue_to_its_end(later: int, code: str | None) -> None:
    token = read(SIDE.token())
    if code is None:
        token.check_times(NOW + later)
        return
    with pytest.raises(PrivyRefused) as caught:
        token.check_times(NOW + later)
    assert caught.value.code == code
    assert "clock of this computer" in str(caught.value)


def test_a_token_that_is_not_valid_yet_says_that_the_clock_is_wrong() -> None:
    with pytest.raises(PrivyRefused) as caught:
        read(SIDE.token(nbf=NOW + 600)).check_times(NOW)
    assert caught.value.code == "clock_wrong"


def test_an_access_token_is_no_identity_token() -> None:
    with pytest.raises(PrivyRefused) as caught:
        accounts_of(PrivyToken.read(SIDE.token(), APP))
    assert caught.value.code == "wrong_kind"


@pytest.mark.parametrize("accounts", ["", "[", "{}", "null", "[NaN]", "[" * 6_000])
def test_accounts_that_cannot_be_read_are_refused(accounts: str) -> None:
    token = PrivyToken.read(SIDE.identity_token(accounts), APP)
    with pytest.raises(PrivyRefused) as caught:
        accounts_of(token)
    assert caught.value.code == "token_invalid"


def test_a_refusal_and_the_token_itself_show_nothing_of_it() -> None:
    secret = SIDE.token(sub="canary")
    with pytest.raises(PrivyRefused) as caught:
        PrivyToken.read(secret, APP)
    assert "canary" not in str(caught.value)
    shown = repr(PrivyToken.read(SIDE.token(), APP))
    assert SIDE.token().split(".")[1] not in shown
