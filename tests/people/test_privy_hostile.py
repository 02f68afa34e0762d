"""Whatever is sent as a Privy token is accepted rightly or refused: no other exception, and nobody gets in."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.people.privy import PrivyIdentity, PrivyRefused, PrivyUnreachable
from homeport.people.privy_tokens import LONGEST
from tests.people.privy_side import ALICE, APP, NOW, PrivySide

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
CLAIMS = ("iss", "aud", "sub", "sid", "iat", "exp", "nbf", "att", "linked_accounts", "cr", "x")
HEADERS = ("alg", "typ", "kid", "crit", "b64", "jwk", "jku", "x5c", "zip")
ACCOUNT = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["email", "google_oauth", "wallet"]) | ANY_JSON,
        **dict.fromkeys(("address", "email", "name", "lv", "latest_verified_at"), ANY_JSON),
    },
)
DEEP = "[" * 7_000 + "]" * 1_000


def encoded(part: str | bytes) -> str:
    data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verified(side: PrivySide, token: str, identity_token: str | None = None) -> PrivyIdentity | None:
    async def verify(folder: Path) -> PrivyIdentity | None:
        privy = side.privy(folder)
        try:
            return await privy.verify(token, identity_token)
        except (PrivyRefused, PrivyUnreachable):
            return None
        finally:
            await privy.close()

    with TemporaryDirectory() as folder:
        return asyncio.run(verify(Path(folder)))


@given(st.text() | st.text("abc.-_="))
def test_any_text_is_refused(text: str) -> None:
    assert verified(PrivySide(), text) is None


@given(ANY_JSON, ANY_JSON, st.binary())
def test_any_json_in_the_form_of_a_token_is_refused(header: object, claims: object, signature: bytes) -> None:
    token = ".".join(encoded(part) for part in (json.dumps(header), json.dumps(claims), signature or b"x"))
    assert verified(PrivySide(), token) is None


@given(st.dictionaries(st.sampled_from(CLAIMS), ANY_JSON, min_size=1))
def test_claims_of_any_type_are_refused_or_right_although_privy_signed_them(claims: dict[str, Any]) -> None:
    side = PrivySide()
    text = json.dumps({**side.access_claims(), **claims})
    identity = verified(side, signed(side, {}, text))
    if identity is not None:
        told = {**side.access_claims(), **claims}
        assert (told["iss"], told["aud"], told["sub"]) == ("privy.io", APP, identity.did)
        assert told["exp"] > NOW - 60
        assert "att" not in told
        assert "linked_accounts" not in told


@given(st.dictionaries(st.sampled_from(HEADERS), ANY_JSON, min_size=1))
def test_headers_of_any_type_are_refused_or_change_nothing(header: dict[str, Any]) -> None:
    side = PrivySide()
    identity = verified(side, signed(side, header, json.dumps(side.access_claims())))
    if identity is not None:
        assert identity.did == ALICE
        assert not {"alg", "typ", "kid", "crit", "b64"} & {name for name in header if header[name] != standard(name)}


@given(st.lists(ACCOUNT | ANY_JSON, max_size=6) | ANY_JSON)
def test_accounts_of_any_type_give_proven_emails_or_none(accounts: object) -> None:
    side = PrivySide()
    identity = verified(side, side.token(), side.identity_token(json.dumps(accounts)))
    for email in identity.emails if identity is not None else ():
        assert isinstance(accounts, list)
        assert any(
            isinstance(one, dict) and email in (str(one.get("address")).lower(), str(one.get("email")).lower())
            for one in accounts
        )


@pytest.mark.parametrize(
    "payload",
    [
        DEEP,
        '{"a":' * 2_000,
        '{"exp": ' + "9" * 5_000 + "}",
        '{"exp": NaN}',
        '{"exp": 1e999}',
        "\ud800",
        "\x00",
        b"\xff",
    ],
    ids=["deep list", "deep object", "long number", "NaN", "infinite", "surrogate", "zero", "not UTF-8"],
)
def test_what_breaks_parsers_is_refused(payload: str | bytes) -> None:
    side = PrivySide()
    assert verified(side, signed(side, {}, payload)) is None
    header = f"{encoded(payload)}.{encoded(json.dumps(side.access_claims()))}.AAAA"
    assert verified(side, header) is None


@pytest.mark.parametrize(
    "accounts", [DEEP, "[" + "{}," * 3_000 + "{}]", '[{"type": ' + "[" * 3_000, "[1e999]", "[NaN]"]
)
def test_accounts_that_break_parsers_give_nobody_an_email(accounts: str) -> None:
    side = PrivySide()
    identity = verified(side, side.token(), side.identity_token(accounts))
    assert identity is None or identity.emails == ()


def test_a_huge_token_is_refused_before_it_is_read() -> None:
    side = PrivySide()
    assert verified(side, side.token(x="a" * LONGEST)) is None
    assert side.keys.asked == []


@pytest.mark.parametrize(
    "accounts",
    [
        None,
        "x",
        {},
        DEEP,
        [[]],
        [{"type": "email", "address": {"a": 1}, "latest_verified_at": 1}],
        [{"type": "x" * 10**6}],
    ],
)
def test_an_odd_user_from_privys_api_gives_nobody_an_email(accounts: object) -> None:
    side = PrivySide(secret="a-secret")
    body = json.dumps({"id": ALICE, "linked_accounts": accounts}).encode()
    side.answer = lambda _: httpx2.Response(200, content=body)
    identity = verified(side, side.token())
    assert identity is None or identity.emails == ()


def standard(name: str) -> object:
    return {"alg": "ES256", "typ": "JWT", "kid": "first"}.get(name)


def signed(side: PrivySide, header: dict[str, Any], payload: str | bytes) -> str:
    """Exactly this header and payload, signed by Privy's key."""
    head = encoded(json.dumps({"alg": "ES256", "typ": "JWT", "kid": "first", **header}))
    return side.sign_parts(head, encoded(payload))
