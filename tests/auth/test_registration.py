"""Dynamic registration (RFC 7591): idempotent, bounded, without any secret."""

from __future__ import annotations

import asyncio
import contextlib
import json
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.auth import client_tables as tables
from homeport.auth.client import Kind
from homeport.auth.client_metadata import MAX_REDIRECT_URIS, UNNAMED, read_registration
from homeport.auth.clients import DROP_AT_ONCE, FULL_SECONDS, MAX_UNUSED_REGISTRATIONS
from homeport.auth.errors import InvalidClientMetadata, InvalidRedirectUri, PageError, SlowDown
from homeport.events import ClientSeen
from homeport.store import Transaction
from tests.auth.clients_at_work import House, clients_at_work

REDIRECT = "https://chatgpt.com/connector/oauth/abc"
KEY = {"kty": "EC", "crv": "P-256", "x": "eA", "y": "eQ", "kid": "1"}


def chatgpt(**members: Any) -> dict[str, Any]:
    """What ChatGPT sends."""
    return {
        "client_name": "ChatGPT",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        **members,
    }


async def test_the_answer_is_what_rfc_7591_says_and_holds_no_secret(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        answer = await house.clients.register(chatgpt())
        client_id = answer["client_id"]
        assert answer == {
            "client_id": client_id,
            "client_id_issued_at": int(house.clock.now),
            "client_name": "ChatGPT",
            "redirect_uris": [REDIRECT],
            "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
        }
        assert client_id.startswith("dcr_")
        assert set(client_id) <= set(string.ascii_letters + string.digits + "-_")
        client = await house.clients.resolve(client_id)
        assert (client.kind, client.name, client.verified_host, client.used) == ("dcr", "ChatGPT", None, False)
        assert client.redirect_uris == (REDIRECT,)
        assert house.events == [ClientSeen(at=house.clock.now, client_id=client_id, client="ChatGPT", kind="dcr")]


async def test_the_same_registration_gives_the_same_client(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        first = await house.clients.register(chatgpt())
        house.clock.now += 100
        reordered = dict(reversed(chatgpt().items()))
        again = await house.clients.register({**reordered, "logo_uri": "https://x.example/l.png", "software_id": "7"})
        assert again == first
        assert await house.count("clients") == 1
        assert len(house.events) == 1


@pytest.mark.parametrize(
    "difference",
    [
        {"client_name": "ChatGPT 2"},
        {"redirect_uris": [REDIRECT + "d"]},
        {"redirect_uris": [REDIRECT, REDIRECT + "d"]},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://chatgpt.com/oauth/jwks.json"},
    ],
)
async def test_any_difference_is_a_new_client_without_approval(tmp_path: Path, difference: dict[str, Any]) -> None:
    async with clients_at_work(tmp_path) as house:
        first = (await house.clients.register(chatgpt()))["client_id"]
        await house.approve(first)
        before = await house.clients.known(first)
        other = (await house.clients.register(chatgpt(**difference)))["client_id"]
        assert other != first
        assert (await house.clients.resolve(other)).used is False
        assert await house.clients.known(first) == before


async def test_registering_an_approved_client_again_leaves_it_approved(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client_id = (await house.clients.register(chatgpt()))["client_id"]
        await house.approve(client_id)
        assert (await house.clients.register(chatgpt()))["client_id"] == client_id
        assert (await house.clients.resolve(client_id)).used is True


@pytest.mark.parametrize(
    "method", [None, "client_secret_basic", "client_secret_post", "client_secret_jwt", "tls_client_auth", "x", "none"]
)
async def test_who_asks_for_a_shared_secret_or_for_nothing_gets_none(tmp_path: Path, method: str | None) -> None:
    async with clients_at_work(tmp_path) as house:
        body = chatgpt(token_endpoint_auth_method=method)
        if method is None:
            del body["token_endpoint_auth_method"]
        answer = await house.clients.register(body)
        assert answer["token_endpoint_auth_method"] == "none"
        assert not {"client_secret", "client_secret_expires_at", "registration_access_token"} & answer.keys()
        assert "registration_client_uri" not in answer


@pytest.mark.parametrize(
    ("keys", "method"),
    [
        ({}, "none"),
        ({"jwks": {"keys": [KEY]}}, "private_key_jwt"),
        ({"jwks_uri": "https://client.example/jwks.json"}, "private_key_jwt"),
    ],
)
async def test_private_key_jwt_needs_keys(tmp_path: Path, keys: dict[str, Any], method: str) -> None:
    async with clients_at_work(tmp_path) as house:
        answer = await house.clients.register(chatgpt(token_endpoint_auth_method="private_key_jwt", **keys))
        assert answer["token_endpoint_auth_method"] == method
        assert {name: answer[name] for name in ("jwks", "jwks_uri") if name in answer} == keys
        assert (await house.clients.resolve(answer["client_id"])).auth_methods == {method}


@pytest.mark.parametrize(
    "members",
    [
        {"client_name": 7},
        {"token_endpoint_auth_method": 7},
        {"grant_types": "authorization_code"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": []},
        {"response_types": ["token"]},
        {"response_types": {}},
        {"jwks": {"keys": [{**KEY, "d": "private"}]}},
        {"jwks": "x"},
        {"jwks_uri": "http://client.example/jwks.json"},
        {"jwks_uri": "https://127.0.0.1/jwks.json"},
        {"jwks_uri": "https://client.example/j", "jwks": {"keys": [KEY]}},
    ],
)
def test_metadata_of_the_wrong_kind_is_invalid(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidClientMetadata):
        read_registration(chatgpt(**members))


@pytest.mark.parametrize(
    "uris",
    [
        None,
        [],
        "https://chatgpt.com/cb",
        {"0": "https://chatgpt.com/cb"},
        [None],
        [REDIRECT, "javascript:alert(1)"],
        ["http://evil.example/cb"],
        ["https://user@chatgpt.com/cb"],
        [f"https://chatgpt.com/{n}" for n in range(MAX_REDIRECT_URIS + 1)],
    ],
)
def test_every_redirect_uri_of_a_registration_must_be_a_good_one(uris: Any) -> None:
    with pytest.raises(InvalidRedirectUri):
        read_registration(chatgpt(redirect_uris=uris))


def test_null_means_left_out() -> None:
    given = chatgpt(jwks=None, jwks_uri=None, client_uri=None, grant_types=None, token_endpoint_auth_method=None)
    assert read_registration(given) == read_registration(chatgpt())


def test_a_registration_without_redirect_uris_is_refused() -> None:
    with pytest.raises(InvalidRedirectUri):
        read_registration({"client_name": "x"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = st.sampled_from(
    ["client_name", "redirect_uris", "grant_types", "response_types", "token_endpoint_auth_method", "jwks", "jwks_uri"]
)


@given(st.dictionaries(MEMBERS, JSON, max_size=4))
def test_no_body_breaks_the_parser(members: dict[str, Any]) -> None:
    with contextlib.suppress(InvalidClientMetadata, InvalidRedirectUri):
        tables.canonical(read_registration(chatgpt(**members)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("\u202egnp.exe", "gnp.exe"),
        ("Chat\u200bGPT\x00\x1b]0;x\x07", "ChatGPT]0;x"),
        ("A" * 10_000, "A" * 63 + "…"),
        ("two\r\nlines", "two lines"),
        ("\ud800", UNNAMED),
        ("", UNNAMED),
    ],
)
async def test_a_hostile_name_is_harmless_wherever_it_is_shown(tmp_path: Path, name: str, shown: str) -> None:
    async with clients_at_work(tmp_path) as house:
        answer = await house.clients.register(chatgpt(client_name=name))
        assert (await house.clients.resolve(answer["client_id"])).name == shown
        assert [summary.name for summary in await house.clients.summaries()] == [shown]
        json.dumps(answer).encode("ascii")


async def test_a_client_nobody_approves_is_over_after_thirty_days_and_a_repeat_renews_it(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client_id = (await house.clients.register(chatgpt()))["client_id"]
        house.clock.now += 25 * 86_400
        await house.clients.register(chatgpt())
        house.clock.now += 25 * 86_400
        assert await house.expire() == 0
        assert await house.clients.known(client_id) is not None
        house.clock.now += 5 * 86_400 + 1
        assert await house.clients.known(client_id) is None
        with pytest.raises(PageError):
            await house.clients.resolve(client_id)
        assert await house.expire() == 1
        assert (await house.clients.register(chatgpt()))["client_id"] == client_id


async def test_a_client_whose_page_is_open_is_not_over(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client_id = (await house.clients.register(chatgpt()))["client_id"]
        await house.open_page(client_id, seconds=32 * 86_400)
        house.clock.now += 31 * 86_400
        assert await house.expire() == 0
        assert await house.clients.known(client_id) is not None


async def test_a_used_client_is_kept_for_ever(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client_id = (await house.clients.register(chatgpt()))["client_id"]
        await house.approve(client_id)
        house.clock.now += 20 * 365 * 86_400
        assert await house.expire() == 0
        assert (await house.clients.resolve(client_id)).used is True


async def flood(house: House, first: int, last: int) -> tuple[int, int]:
    """So many different registrations; returns how many were accepted and how many told to slow down."""

    async def one(number: int) -> bool:
        try:
            await house.clients.register(chatgpt(client_name=f"flood {number}"))
        except SlowDown:
            return False
        return True

    done: list[bool] = []
    for start in range(first, last, 500):
        done += await asyncio.gather(*(one(number) for number in range(start, min(start + 500, last))))
    return done.count(True), done.count(False)


async def test_ten_thousand_registrations_leave_the_store_bounded_and_chatgpt_still_registers(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        approved = (await house.clients.register(chatgpt(client_name="approved")))["client_id"]
        await house.approve(approved)
        waiting = (await house.clients.register(chatgpt(client_name="its page is open")))["client_id"]
        await house.open_page(waiting, seconds=3_600)

        assert await flood(house, 0, 10_000) == (MAX_UNUSED_REGISTRATIONS - 1, 10_000 - MAX_UNUSED_REGISTRATIONS + 1)
        assert await house.count("clients") == MAX_UNUSED_REGISTRATIONS + 1

        # Full of young rows: a new client is told to come back, a known one is still served.
        with pytest.raises(SlowDown) as caught:
            await house.clients.register(chatgpt())
        assert (caught.value.status, caught.value.headers) == (429, {"Retry-After": "600"})
        assert (await house.clients.register(chatgpt(client_name="approved")))["client_id"] == approved

        house.clock.now += 601
        chatgpt_id = (await house.clients.register(chatgpt()))["client_id"]
        assert (await house.clients.resolve(chatgpt_id)).name == "ChatGPT"
        assert await house.count("clients") <= MAX_UNUSED_REGISTRATIONS + 1
        for kept in (approved, waiting):
            assert await house.clients.known(kept) is not None

        # It goes on flooding; ChatGPT, approved in the meantime, is still there.
        await house.approve(chatgpt_id)
        await flood(house, 10_000, 11_000)
        assert await house.count("clients") <= MAX_UNUSED_REGISTRATIONS + 2
        assert await house.clients.known(chatgpt_id) is not None


async def test_registrations_repeated_every_nine_minutes_hold_nobody_out_for_long(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        await flood(house, 0, MAX_UNUSED_REGISTRATIONS)
        with pytest.raises(SlowDown):
            await house.clients.register(chatgpt())
        house.clock.now += 540
        assert await flood(house, 0, MAX_UNUSED_REGISTRATIONS) == (MAX_UNUSED_REGISTRATIONS, 0)
        house.clock.now += 61
        assert (await house.clients.register(chatgpt()))["client_id"].startswith("dcr_")


async def test_clients_whose_pages_are_open_leave_the_others_to_make_room(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        pages = [(await house.clients.register(chatgpt(client_name=f"page {n}")))["client_id"] for n in range(600)]
        for client_id in pages:
            await house.open_page(client_id, seconds=3_600)
        house.clock.now += 1
        await flood(house, 0, MAX_UNUSED_REGISTRATIONS - 600)
        house.clock.now += 601
        await house.clients.register(chatgpt())
        assert await house.count("clients") == MAX_UNUSED_REGISTRATIONS - DROP_AT_ONCE + 1
        assert all([await house.clients.known(client_id) is not None for client_id in pages])


async def test_a_flood_of_registrations_that_are_refused_looks_for_room_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def counting(tx: Transaction, kind: Kind) -> int:
        counted.append(kind)
        return MAX_UNUSED_REGISTRATIONS

    async with clients_at_work(tmp_path) as house:
        known = (await house.clients.register(chatgpt()))["client_id"]
        monkeypatch.setattr(tables, "count_unused_clients", counting)
        with pytest.raises(SlowDown):
            await house.clients.register(chatgpt(client_name="first"))
        assert await flood(house, 0, 300) == (0, 300)
        assert (await house.clients.register(chatgpt()))["client_id"] == known
        assert counted == ["dcr"]
        house.clock.now += FULL_SECONDS
        await flood(house, 0, 1)
        assert counted == ["dcr"] * 2


async def test_two_registrations_at_once_are_one_client(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        answers = await asyncio.gather(*(house.clients.register(chatgpt()) for _ in range(20)))
        assert len({answer["client_id"] for answer in answers}) == 1
        assert len(house.events) == 1


async def test_nothing_of_a_refused_registration_is_stored(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        with pytest.raises(InvalidRedirectUri):
            await house.clients.register(chatgpt(redirect_uris=["javascript:alert(1)"]))
        assert await house.count("clients") == 0
        assert house.events == []


async def test_a_registration_rolled_back_is_none(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client_id = (await house.clients.register(chatgpt()))["client_id"]

        def work(tx: Transaction) -> None:
            house.clients.mark_used(tx, client_id)
            raise RuntimeError("the consent failed")

        with pytest.raises(RuntimeError):
            await house.database.transaction(work)
        assert (await house.clients.resolve(client_id)).used is False
