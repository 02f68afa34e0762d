"""What Homeport asks Privy, and what it makes of every kind of answer."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Iterator

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.people.privy_api import MOST_BYTES, NoAppSecret, PrivyApi, PrivyApiRefused, PrivyUnreachable
from tests.people.privy_side import ALICE, APP, SECRET, Answering, PrivySide, saying

ORIGIN = "https://home.example"


def side_that(*answers: Answering, secret: str | None = SECRET, client_id: str | None = None) -> PrivySide:
    """A Privy that gives these answers one after another."""
    side = PrivySide(secret=secret, client_id=client_id)
    waiting: Iterator[Answering] = iter(answers)
    side.answer = lambda request: next(waiting)(request)
    return side


def lost(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ReadTimeout("lost", request=request)


async def test_the_secret_goes_to_the_server_api_only() -> None:
    side = side_that(saying({"id": ALICE}), saying({"id": APP}), saying({}), saying({"session_update_action": "clear"}))
    api = side.api()
    await api.user(ALICE)
    await api.config_document()
    await api.jwks(api.jwks_uri)
    await api.refresh_session("refresh", "bearer", ORIGIN)
    encoded = base64.b64encode(f"{APP}:{SECRET}".encode()).decode()
    hosts = {request.url.host for request in side.asked if encoded in str(request.headers.raw)}
    assert hosts == {"api.privy.io"}
    assert {request.url.host for request in side.asked} == {"api.privy.io", "auth.privy.io"}
    assert all(request.headers["privy-app-id"] == APP for request in side.asked)


async def test_a_new_secret_counts_at_once() -> None:
    side = side_that(saying({"id": ALICE}), secret=None)
    api = side.api()
    with pytest.raises(NoAppSecret):
        await api.user(ALICE)
    assert side.asked == []
    side.secret = SECRET
    await api.user(ALICE)


async def test_only_the_keys_of_this_app_are_fetched() -> None:
    api = side_that().api()
    for uri in ("https://evil.example/jwks.json", "https://auth.privy.io/api/v1/apps/another/jwks.json", ""):
        with pytest.raises(ValueError):
            await api.jwks(uri)
    assert api.jwks_uri == f"https://auth.privy.io/api/v1/apps/{APP}/jwks.json"


@pytest.mark.parametrize("passing", [saying({}, 429), saying({}, 500), saying({}, 503), lost])
async def test_a_question_that_changes_nothing_is_asked_again(passing: Answering) -> None:
    side = side_that(passing, passing, saying({"id": ALICE}))
    assert (await side.api().user(ALICE))["id"] == ALICE
    assert len(side.asked) == 3


async def test_a_question_that_changes_something_is_asked_once() -> None:
    for ask in (lambda api: api.create_wallet(ALICE), lambda api: api.refresh_session("refresh", "bearer", ORIGIN)):
        work: Callable[[PrivyApi], Awaitable[object]] = ask
        side = side_that(saying({}, 503))
        with pytest.raises(PrivyUnreachable):
            await work(side.api())
        assert len(side.asked) == 1


async def test_what_privy_asks_to_wait_never_exceeds_the_deadline() -> None:
    side = side_that(lambda _: httpx2.Response(429, headers={"Retry-After": "600"}))
    began = time.monotonic()
    with pytest.raises(PrivyUnreachable, match="within"):
        await side.api(deadline=0.2).user(ALICE)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "answer",
    [
        saying([], 200),
        saying(None, 200),
        saying({"id": "did:privy:somebody"}, 200),
        lambda _: httpx2.Response(200, content=b"<html>"),
        lambda _: httpx2.Response(200, content=b"[" * 100_000),
        lambda _: httpx2.Response(200, content=b"\xff\xfe"),
        saying({"id": ALICE, "custom_metadata": "x" * MOST_BYTES}, 200),
        lambda _: httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(b"bomb")),
        lambda _: httpx2.Response(302, headers={"Location": "https://evil.example"}),
        lambda _: httpx2.Response(204),
    ],
)
async def test_an_answer_that_is_not_privys_is_as_good_as_none(answer: Answering) -> None:
    with pytest.raises(PrivyUnreachable):
        await side_that(answer).api().user(ALICE)


async def test_a_refusal_keeps_its_status_and_cleaned_code() -> None:
    with pytest.raises(PrivyApiRefused) as caught:
        await side_that(saying({"error": "x", "code": "invalid_\u202eorigin"}, 403)).api().user(ALICE)
    assert (caught.value.status, caught.value.code) == (403, "invalid_origin")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"code": 5}', b"[" * 100_000], ids=["empty", "list", "number", "deep"])
async def test_a_refusal_without_a_code_is_one_all_the_same(body: bytes) -> None:
    with pytest.raises(PrivyApiRefused) as caught:
        await side_that(lambda _: httpx2.Response(400, content=body)).api().user(ALICE)
    assert caught.value.code == ""


async def test_no_error_shows_secret_or_token() -> None:
    for answer in (lost, saying({"error": SECRET, "code": "x"}, 401), saying({}, 500)):
        with pytest.raises((PrivyUnreachable, PrivyApiRefused)) as caught:
            await side_that(answer, answer, answer).api().user(ALICE)
        assert SECRET not in str(caught.value)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(("status", "good"), [(200, True), (401, False), (403, False)])
async def test_the_secret_can_be_checked(status: int, good: bool) -> None:
    assert await side_that(saying({"id": APP}, status)).api().check_secret() is good


async def test_a_refresh_says_who_asks_and_from_where() -> None:
    side = side_that(saying({"session_update_action": "ignore"}), client_id="client-1")
    await side.api().refresh_session("the-refresh-token", "the-bearer", ORIGIN)
    (request,) = side.asked
    assert str(request.url) == "https://auth.privy.io/api/v1/sessions"
    assert json.loads(request.content) == {"refresh_token": "the-refresh-token"}
    sent = {name: request.headers[name] for name in ("authorization", "origin", "privy-client-id", "privy-client")}
    assert sent == {
        "authorization": "Bearer the-bearer",
        "origin": ORIGIN,
        "privy-client-id": "client-1",
        "privy-client": "homeport:1.0.0",
    }


async def test_a_session_in_cookies_brings_no_refresh_token() -> None:
    answer = {"session_update_action": "set", "token": "t", "refresh_token": "deprecated", "privy_access_token": None}
    refreshed = await side_that(saying(answer)).api().refresh_session("refresh", "bearer", ORIGIN)
    assert (refreshed.token, refreshed.refresh_token, refreshed.privy_access_token) == ("t", None, None)
    assert "token='t'" not in repr(refreshed)


@pytest.mark.parametrize("text", ["", "a b", "a\r\nX: 1", "ä", "\ud800", "x" * 20_000])
async def test_what_cannot_stand_in_a_header_is_never_sent(text: str) -> None:
    side = side_that()
    for refresh_token, bearer in ((text, "bearer"), ("refresh", text)):
        with pytest.raises(PrivyApiRefused):
            await side.api().refresh_session(refresh_token, bearer, ORIGIN)
    assert side.asked == []


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
SESSION_LIKE = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("token", "refresh_token", "privy_access_token", "session_update_action"), ANY_JSON)
)


BODY = st.one_of(ANY_JSON.map(json.dumps), SESSION_LIKE.map(json.dumps)).map(str.encode) | st.binary()


@given(st.sampled_from([200, 201, 204, 301, 400, 401, 404, 418]), BODY)
def test_whatever_privy_answers_is_an_answer_or_one_of_two_errors(status: int, body: bytes) -> None:
    async def ask() -> None:
        side = PrivySide(secret=SECRET)
        side.answer = lambda _: httpx2.Response(status, content=body)
        api = side.api()
        for question in (api.user(ALICE), api.config(), api.refresh_session("r", "b", ORIGIN), api.check_secret()):
            with contextlib.suppress(PrivyUnreachable, PrivyApiRefused):
                await question

    asyncio.run(ask())
