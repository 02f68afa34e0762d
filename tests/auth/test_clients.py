"""The client service: metadata documents, the static client, what is kept, which hosts wait for the owner."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from homeport.auth.clients import MAX_UNUSED_DOCUMENTS, MAX_WAITING_HOSTS, STATIC_CLIENT, Client
from homeport.auth.errors import PageError
from homeport.auth.fetch import STRANGERS_A_MINUTE
from homeport.errors import NotFoundError
from homeport.events import ClientSeen, RedirectHostWaiting
from tests.auth.clients_at_work import House, clients_at_work
from tests.auth.outside import document, response

URL = "https://client.example/app.json"
DAY = 86_400


def app(url: str = URL, **members: Any) -> dict[str, Any]:
    return {"client_id": url, "client_name": "Some app", "redirect_uris": ["https://client.example/cb"], **members}


async def page_of(house: House, client_id: str) -> tuple[str, str, str, int]:
    with pytest.raises(PageError) as caught:
        await house.clients.resolve(client_id)
    return caught.value.title, caught.value.message, caught.value.hint, caught.value.status


async def test_a_client_with_a_document_carries_the_host_that_tls_proved(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        client = await house.clients.resolve(URL)
        assert (client.kind, client.name, client.verified_host) == ("cimd", "Some app", "client.example")
        assert client.auth_methods == {"none"}
        assert house.events == [ClientSeen(at=house.clock.now, client_id=URL, client="Some app", kind="cimd")]


async def test_a_good_document_is_kept_as_long_as_it_says_and_then_fetched_again(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app(), headers={"Cache-Control": "max-age=600"})
        await house.clients.resolve(URL)
        house.clock.now += 599
        await house.clients.resolve(URL)
        assert len(house.web.requests) == 1
        house.web.answers[URL] = document(app(client_name="A new name"))
        house.clock.now += 2
        assert (await house.clients.resolve(URL)).name == "A new name"
        assert len(house.web.requests) == 2
        assert len(house.events) == 1


async def test_only_resolving_fetches(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        assert await house.clients.known(URL) is None
        assert house.web.resolved == []
        await house.clients.resolve(URL)
        house.clock.now += 2 * DAY
        await house.clients.known(URL)
        assert len(house.web.requests) == 1


async def test_a_client_that_was_approved_stays_known_when_its_document_is_gone(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        await house.clients.resolve(URL)
        await house.approve(URL)
        del house.web.answers[URL]
        house.clock.now += 365 * DAY
        await house.expire()
        client = await house.clients.known(URL)
        assert client is not None
        assert client.used is True


BAD_DOCUMENTS = {
    "another client_id": document(app("https://client.example/other.json")),
    "a secret": document(app(client_secret="s")),
    "no name": document(app(client_name="")),
    "a bad redirect": document(app(redirect_uris=["javascript:alert(1)"])),
    "a shared secret": document(app(token_endpoint_auth_method="client_secret_post")),
    "keys elsewhere": document(app(jwks_uri="https://other.example/jwks.json")),
    "a list": document([app()]),
    "not json": response(b"<html>", headers={"Content-Type": "text/html"}),
    "broken": response(b"{"),
    "not found": response(b"{}", status="404 Not Found"),
    "moved": response(b"", status="302 Found", headers={"Location": "https://169.254.169.254/"}),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
async def test_a_failure_or_an_invalid_document_is_never_kept(tmp_path: Path, name: str) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = BAD_DOCUMENTS[name]
        await page_of(house, URL)
        assert await house.count("clients") == 0
        assert await house.clients.known(URL) is None
        house.web.answers[URL] = document(app())
        assert (await house.clients.resolve(URL)).name == "Some app"


async def test_every_failure_looks_alike_outside_and_its_cause_is_kept_for_the_doctor(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        pages, causes = set(), set()
        for answer in BAD_DOCUMENTS.values():
            house.web.answers[URL] = answer
            pages.add(await page_of(house, URL))
            causes.add(house.fetcher.last_failures[-1].cause)
        house.web.answers[URL] = document(app())
        for address in ("127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a00:1"):
            house.web.addresses["client.example"] = [[address]]
            pages.add(await page_of(house, URL))
            causes.add(house.fetcher.last_failures[-1].cause)
        for client_id in (
            "https://client.example:8443/app.json",
            "https://home.example/app.json",
            "https://127.0.0.1/app.json",
            "https://nobody@client.example/app.json",
            "https://unverified.example/app.json",
        ):
            pages.add(await page_of(house, client_id))
            causes.add(house.fetcher.last_failures[-1].cause)
        assert len(pages) == 1
        assert len(causes) > 10


@pytest.mark.parametrize(
    "client_id",
    [
        "",
        "x",
        "dcr_",
        "dcr_" + "a" * 43,
        "dcr_" + "a" * 42 + "\x00",
        "dcr_" + "ä" * 43,
        "\x00",
        "\ud800",
        "http://client.example/app.json",
        "chatgpt-connector\n",
        "CHATGPT-CONNECTOR",
        "' OR 1=1 --",
        "https://client.example/" + "a" * 600,
        "https:\x00",
        "a" * 1_000_000,
    ],
)
async def test_a_name_that_no_client_has_ends_on_a_page(tmp_path: Path, client_id: str) -> None:
    async with clients_at_work(tmp_path) as house:
        await page_of(house, client_id)
        assert await house.clients.known(client_id) is None
        assert house.web.resolved == []


async def test_the_last_good_copy_serves_a_client_with_a_live_grant_for_seven_days(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        await house.clients.resolve(URL)
        house.granted.add(URL)
        house.web.answers[URL] = response(b"", status="503 Unavailable")
        house.clock.now += 7 * DAY - 1
        assert (await house.clients.resolve(URL)).name == "Some app"
        assert len(house.web.requests) == 2
        house.clock.now += 2
        await page_of(house, URL)


async def test_without_a_live_grant_the_last_good_copy_does_not_serve(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        await house.clients.resolve(URL)
        await house.approve(URL)
        house.web.answers[URL] = response(b"", status="503 Unavailable")
        house.clock.now += 301
        await page_of(house, URL)


async def test_a_host_that_answers_with_an_invalid_document_takes_the_old_copy_back(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        await house.clients.resolve(URL)
        house.granted.add(URL)
        house.web.answers[URL] = document(app("https://client.example/other.json"))
        house.clock.now += 301
        await page_of(house, URL)


async def test_a_hundred_requests_for_one_new_client_fetch_its_document_once(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        found = await asyncio.gather(*(house.clients.resolve(URL) for _ in range(100)))
        assert len(set(map(id, found))) >= 1
        assert {client.client_id for client in found} == {URL}
        assert len(house.web.requests) == 1
        assert len(house.events) == 1


async def test_hosts_that_the_owner_knows_are_not_slowed_down_by_strangers(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(app())
        await house.clients.resolve(URL)
        await house.approve(URL)
        await house.clients.allow_host("other.example")
        for n in range(STRANGERS_A_MINUTE + 1):
            await page_of(house, f"https://stranger.example/{n}")
        assert "a minute" in house.fetcher.last_failures[-1].cause
        house.clock.now += 59
        for url in ("https://client.example/second.json", "https://other.example/app.json"):
            house.web.answers[url] = document(app(url))
            assert (await house.clients.resolve(url)).client_id == url
        await page_of(house, "https://client.example.evil.example/app.json")
        assert "a minute" in house.fetcher.last_failures[-1].cause


async def test_documents_nobody_approved_are_bounded_and_dropped_after_thirty_days(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        await house.clients.allow_host("client.example")
        kept = "https://client.example/kept.json"
        urls = [f"https://client.example/{n}.json" for n in range(MAX_UNUSED_DOCUMENTS + 100)]
        for url in [kept, *urls]:
            house.web.answers[url] = document(app(url), headers={"Cache-Control": "max-age=86400"})
        await house.clients.resolve(kept)
        await house.approve(kept)
        await house.open_page(urls[0], seconds=86_400)
        for start in range(0, len(urls), 100):
            await asyncio.gather(*(house.clients.resolve(url) for url in urls[start : start + 100]))
        assert await house.count("clients") <= MAX_UNUSED_DOCUMENTS + 1
        for url in (kept, urls[0], urls[-1]):
            assert await house.clients.known(url) is not None
        house.clock.now += 30 * 86_400 + 1
        await house.expire()
        assert await house.count("clients") == 1


async def test_the_static_client_is_always_there_and_is_chatgpt(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        client = await house.clients.resolve("chatgpt-connector")
        assert client == STATIC_CLIENT
        assert (client.name, client.verified_host) == ("ChatGPT", "chatgpt.com")
        assert client.auth_methods == {"none"}
        assert await house.clients.summaries() == []
        await house.approve("chatgpt-connector")
        await house.approve("chatgpt-connector")
        known = await house.clients.known("chatgpt-connector")
        assert known is not None
        assert known.used is True
        (summary,) = await house.clients.summaries()
        assert (summary.kind, summary.verified_host) == ("static", "chatgpt.com")
        assert summary.redirect_hosts == ("chatgpt.com", "chat.openai.com")
        assert summary.used_at == int(house.clock.now)


async def test_lists_show_approved_clients_first(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        ids = []
        for name in ("one", "two", "three"):
            body = {"client_name": name, "redirect_uris": ["http://127.0.0.1:3000/cb", "https://app.example.com/cb"]}
            ids.append((await house.clients.register(body))["client_id"])
            house.clock.now += 1
        await house.approve(ids[0])
        summaries = await house.clients.summaries()
        assert [summary.name for summary in summaries] == ["one", "three", "two"]
        assert summaries[0].used_at == int(house.clock.now)
        assert summaries[1].used_at == 0
        assert summaries[1].redirect_hosts == ("127.0.0.1", "app.example.com")
        assert summaries[1].verified_host == ""


SOME = Client("dcr_x", "dcr", "Some app", None, ("https://app.example.com/cb",), frozenset({"none"}))


@pytest.mark.parametrize("uri", ["https://chatgpt.com/cb", "https://claude.ai/cb", "http://127.0.0.1:1/cb"])
async def test_known_hosts_need_no_word_of_the_owner(tmp_path: Path, uri: str) -> None:
    async with clients_at_work(tmp_path) as house:
        assert await house.clients.redirect_allowed(uri, SOME)
        assert await house.clients.hosts() == []


async def test_another_host_waits_until_the_owner_allows_it(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        uri = "https://App.Example.com:8443/cb"
        assert not await house.clients.redirect_allowed(uri, SOME)
        assert not await house.clients.redirect_allowed(uri, SOME)
        (waiting,) = await house.clients.hosts()
        assert (waiting.host, waiting.client, waiting.allowed_at) == ("app.example.com:8443", "Some app", 0)
        assert house.events == [RedirectHostWaiting(at=house.clock.now, host="app.example.com:8443", client="Some app")]
        await house.clients.allow_host("app.example.com:8443")
        assert await house.clients.redirect_allowed(uri, SOME)
        assert not await house.clients.redirect_allowed("https://app.example.com/cb", SOME)
        assert not await house.clients.redirect_allowed("https://x.app.example.com:8443/cb", SOME)


async def test_a_host_can_be_allowed_before_anybody_asks(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        await house.clients.allow_host(" App.Example.com ")
        assert await house.clients.redirect_allowed("https://app.example.com/cb", SOME)
        assert house.events == []


@pytest.mark.parametrize("host", ["", "https://app.example.com", "*.example.com", "a/b", "\x1b[31m"])
async def test_what_is_no_host_cannot_be_allowed(tmp_path: Path, host: str) -> None:
    async with clients_at_work(tmp_path) as house:
        with pytest.raises(NotFoundError) as caught:
            await house.clients.allow_host(host)
        assert "\x1b" not in caught.value.message
        assert await house.clients.hosts() == []


async def test_waiting_hosts_are_bounded_and_allowed_ones_stay(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        await house.clients.allow_host("kept.example.com")
        for n in range(MAX_WAITING_HOSTS + 20):
            house.clock.now += 1
            await house.clients.redirect_allowed(f"https://h{n}.example.com/cb", SOME)
        hosts = await house.clients.hosts()
        assert len(hosts) == MAX_WAITING_HOSTS + 1
        assert hosts[0].host == f"h{MAX_WAITING_HOSTS + 19}.example.com"
        assert hosts[-1].host == "kept.example.com"
        assert await house.clients.redirect_allowed("https://kept.example.com/cb", SOME)


async def test_everything_is_still_known_after_a_restart(tmp_path: Path) -> None:
    async with clients_at_work(tmp_path) as house:
        house.web.answers[URL] = document(
            app(
                token_endpoint_auth_methods_supported=["none", "private_key_jwt"],
                jwks_uri="https://client.example/jwks.json",
            )
        )
        before = await house.clients.resolve(URL)
        await house.clients.allow_host("app.example.com")
    async with clients_at_work(tmp_path) as house:
        assert await house.clients.resolve(URL) == before
        assert house.web.requests == []
        assert await house.clients.redirect_allowed("https://app.example.com/cb", SOME)
