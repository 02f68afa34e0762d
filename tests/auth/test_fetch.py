"""The guard around what strangers make Homeport fetch."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging

import httpcore2
import pytest

from homeport.auth.fetch import FetchFailed
from homeport.network import SystemNetwork
from tests.auth.outside import OTHER_PUBLIC, PUBLIC, SPECIAL, HandClock, Web, document, fetch, guard, raw, response

URL = "https://client.example/app.json"


async def test_a_json_document_over_verified_tls_is_read() -> None:
    async with Web() as web:
        web.answers[URL] = document({"client_id": URL})
        found = await fetch(guard(web), URL)
        assert found.value == {"client_id": URL}
        assert web.connected == [(PUBLIC, 443)]


async def test_the_request_carries_no_cookie_no_credentials_and_asks_for_plain_bytes() -> None:
    async with Web() as web:
        web.answers[URL] = document({}, headers={"Set-Cookie": "session=1"})
        fetcher = guard(web)
        await fetch(fetcher, URL)
        await fetch(fetcher, URL)
        for request in web.requests:
            names = [line.split(":")[0].lower() for line in request.split("\r\n")[1:] if line]
            assert sorted(names) == ["accept", "accept-encoding", "host", "user-agent"]
            assert "Accept-Encoding: identity" in request


async def test_a_name_is_resolved_once_and_the_checked_address_is_the_one_connected_to() -> None:
    async with Web() as web:
        web.addresses["client.example"] = [[PUBLIC], ["127.0.0.1"]]
        web.answers[URL] = document({})
        await fetch(guard(web), URL)
        assert web.resolved == ["client.example"]
        assert web.connected == [(PUBLIC, 443)]


@pytest.mark.parametrize("address", SPECIAL)
async def test_no_connection_is_made_to_a_special_address(address: str) -> None:
    async with Web() as web:
        web.addresses["client.example"] = [[address]]
        web.answers[URL] = document({})
        with pytest.raises(FetchFailed, match="not a public address"):
            await fetch(guard(web), URL)
        assert web.connected == []


@pytest.mark.parametrize("addresses", [[PUBLIC, "127.0.0.1"], ["::ffff:10.0.0.1", PUBLIC], [OTHER_PUBLIC, "fe80::1"]])
async def test_one_special_address_among_public_ones_spoils_the_fetch(addresses: list[str]) -> None:
    async with Web() as web:
        web.addresses["client.example"] = [addresses]
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)
        assert web.connected == []


async def test_a_host_without_an_address_fails() -> None:
    async with Web() as web:
        web.addresses["client.example"] = [[]]
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


async def test_the_next_checked_address_is_tried_when_one_refuses() -> None:
    async with Web() as web:
        web.addresses["client.example"] = [[OTHER_PUBLIC, PUBLIC]]
        web.refusing = {OTHER_PUBLIC}
        web.answers[URL] = document({})
        await fetch(guard(web), URL)
        assert web.connected == [(OTHER_PUBLIC, 443), (PUBLIC, 443)]


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("target", ["https://169.254.169.254/latest/meta-data", "https://other.example/x", "/again"])
async def test_no_redirect_is_followed(status: str, target: str) -> None:
    async with Web() as web:
        web.answers[URL] = response(b"{}", status=status, headers={"Location": target})
        with pytest.raises(FetchFailed, match="not 200"):
            await fetch(guard(web), URL)
        assert len(web.requests) == 1
        assert web.resolved == ["client.example"]


@pytest.mark.parametrize("status", ["201 Created", "203 Changed", "204 No Content", "206 Part", "404 No", "500 Oops"])
async def test_only_200_counts(status: str) -> None:
    async with Web() as web:
        web.answers[URL] = response(b"" if status.startswith("204") else b"{}", status=status)
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


@pytest.mark.parametrize(
    ("media_type", "counts"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/jwk-set+json", True),
        ("application/client-metadata+json;v=1", True),
        ("text/html", False),
        ("text/json", False),
        ("application/jsonp", False),
        ("application/json, text/html", False),
        ("", False),
    ],
)
async def test_only_json_counts(media_type: str, counts: bool) -> None:
    async with Web() as web:
        web.answers[URL] = response(b"{}", headers={"Content-Type": media_type})
        if counts:
            assert (await fetch(guard(web), URL)).value == {}
        else:
            with pytest.raises(FetchFailed, match="not JSON"):
                await fetch(guard(web), URL)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe{}",
        b'{"client_id": "a", "client_id": "b"}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"[" * 9_000,
        b'{"a":' * 1_900,
        b"9" * 9_000,
        b"<html>",
    ],
)
async def test_a_body_that_is_no_unambiguous_json_fails(body: bytes) -> None:
    async with Web() as web:
        web.answers[URL] = response(body)
        with pytest.raises(FetchFailed, match="well-formed"):
            await fetch(guard(web), URL)


async def test_ten_thousand_bytes_are_read_and_one_more_is_not() -> None:
    async with Web() as web:
        web.answers[URL] = response(json.dumps("x" * 9_998).encode())
        assert len((await fetch(guard(web), URL)).body) == 10_000
        web.answers[URL] = response(json.dumps("x" * 9_999).encode())
        with pytest.raises(FetchFailed, match="longer than"):
            await fetch(guard(web), URL)


async def test_an_endless_body_without_a_length_is_cut_off() -> None:
    async with Web() as web:

        async def endless(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"1000\r\n" + b" " * 0x1000 + b"\r\n")
                await writer.drain()

        web.answers[URL] = endless
        with pytest.raises(FetchFailed, match="longer than"):
            await fetch(guard(web), URL)


async def test_a_length_that_lies_brings_no_more_than_it_says() -> None:
    async with Web() as web:
        web.answers[URL] = raw(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + b" " * 50_000
        )
        assert (await fetch(guard(web), URL)).body == b"{}"
        web.answers[URL] = raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{}")
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip", "x-anything"])
async def test_a_compressed_body_is_refused_unread(encoding: str) -> None:
    async with Web() as web:
        bomb = gzip.compress(b" " * 5_000_000)
        web.answers[URL] = response(bomb, headers={"Content-Encoding": encoding})
        with pytest.raises(FetchFailed, match="compressed"):
            await fetch(guard(web), URL)


async def test_headers_without_end_fail() -> None:
    async with Web() as web:
        web.answers[URL] = raw(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"y" * 200_000)
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


async def test_what_is_not_http_fails() -> None:
    async with Web() as web:
        web.answers[URL] = raw(b"SSH-2.0-OpenSSH_9.9\r\n")
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


async def test_a_body_that_drips_ends_at_the_deadline() -> None:
    async with Web() as web:

        async def drip(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n")
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.02)

        web.answers[URL] = drip
        with pytest.raises(FetchFailed):
            await fetch(guard(web, deadline=0.3), URL)


async def test_a_server_that_never_answers_ends_at_the_deadline() -> None:
    async with Web() as web:

        async def silence(_: asyncio.StreamWriter) -> None:
            await asyncio.Event().wait()

        web.answers[URL] = silence
        with pytest.raises(FetchFailed):
            await fetch(guard(web, deadline=0.2), URL)


async def test_a_resolver_that_never_answers_ends_at_the_deadline() -> None:
    class DeafResolver(Web):
        async def resolve(self, host: str) -> list[str]:
            await asyncio.Event().wait()
            return []

    async with DeafResolver() as web:
        with pytest.raises(FetchFailed):
            await fetch(guard(web, deadline=0.1), URL)


async def test_a_resolver_that_fails_fails_the_fetch() -> None:
    class BrokenResolver(Web):
        async def resolve(self, host: str) -> list[str]:
            raise OSError("no such name")

    async with BrokenResolver() as web:
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)


async def test_a_certificate_for_another_name_fails() -> None:
    async with Web("other.example") as web:
        web.answers[URL] = document({})
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)
        assert web.requests == []


async def test_a_certificate_of_an_unknown_authority_fails() -> None:
    async with Web() as web, Web() as stranger:
        web.answers[URL] = document({})
        web.tls = stranger.tls
        with pytest.raises(FetchFailed):
            await fetch(guard(web), URL)
        assert web.requests == []


async def test_our_own_host_is_never_fetched_from() -> None:
    async with Web("home.example") as web:
        with pytest.raises(FetchFailed, match="our own"):
            await fetch(guard(web), "https://home.example/client.json")
        assert web.resolved == []


@pytest.mark.parametrize("host", ["chatgpt.com", "claude.ai"])
async def test_a_built_in_host_may_resolve_to_anything_since_tls_proves_it(host: str) -> None:
    async with Web() as web:
        url = f"https://{host}/oauth/client.json"
        web.addresses[host] = [["10.1.2.3"]]
        web.answers[url] = document({})
        await fetch(guard(web), url)
        assert web.connected == [("10.1.2.3", 443)]


@pytest.mark.parametrize("host", ["evil-chatgpt.com", "chatgpt.com.evil.example", "www.chatgpt.com"])
async def test_a_name_that_only_looks_built_in_gets_no_exception(host: str) -> None:
    async with Web(host) as web:
        web.addresses[host] = [["10.1.2.3"]]
        with pytest.raises(FetchFailed, match="not a public address"):
            await fetch(guard(web), f"https://{host}/client.json")
        assert web.proxy_asked == []


async def test_a_built_in_host_is_reached_through_the_systems_proxy_and_tls_still_proves_it() -> None:
    async with Web() as web:
        url = "https://chatgpt.com/oauth/client.json"
        web.system_proxy = httpcore2.Proxy("http://proxy.example:3128")
        web.answers[url] = document({"ok": True})
        assert (await fetch(guard(web), url)).value == {"ok": True}
        assert web.proxied == ["CONNECT chatgpt.com:443 HTTP/1.1"]
        assert web.connected == [("proxy.example", 3128)]
        assert web.resolved == []


async def test_no_proxy_is_asked_for_any_other_host() -> None:
    async with Web() as web:
        web.system_proxy = httpcore2.Proxy("http://proxy.example:3128")
        web.answers[URL] = document({})
        await fetch(guard(web), URL)
        assert web.proxy_asked == []
        assert web.connected == [(PUBLIC, 443)]


def test_the_systems_proxy_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("https_proxy", "http://user:p%40ss@proxy.example:3128")
    proxy = SystemNetwork().proxy("chatgpt.com")
    assert proxy is not None
    assert (proxy.url.host, proxy.url.port, proxy.auth) == (b"proxy.example", 3128, (b"user", b"p@ss"))
    monkeypatch.setenv("no_proxy", "chatgpt.com")
    assert SystemNetwork().proxy("chatgpt.com") is None


@pytest.mark.parametrize(
    ("cache_control", "seconds"),
    [
        ("", 300),
        ("max-age=0", 300),
        ("max-age=60", 300),
        ("public, max-age=3600", 3600),
        ("max-age=86400", 86_400),
        ("max-age=9999999", 86_400),
        ("s-maxage=7200", 300),
        ("no-store, max-age=3600", 300),
        ("max-age=-5", 300),
        ("max-age=soon", 300),
    ],
)
async def test_a_document_is_fresh_for_five_minutes_to_a_day(cache_control: str, seconds: int) -> None:
    async with Web() as web:
        web.answers[URL] = document({}, headers={"Cache-Control": cache_control})
        assert (await fetch(guard(web), URL)).fresh_seconds == seconds


async def test_a_failure_is_never_kept() -> None:
    async with Web() as web:
        fetcher = guard(web)
        with pytest.raises(FetchFailed):
            await fetch(fetcher, URL)
        web.answers[URL] = document({})
        assert (await fetch(fetcher, URL)).value == {}


async def test_causes_go_to_the_log_and_the_doctor_without_the_query(caplog: pytest.LogCaptureFixture) -> None:
    async with Web() as web:
        fetcher = guard(web)
        with caplog.at_level(logging.DEBUG, logger="homeport"), pytest.raises(FetchFailed):
            await fetch(fetcher, URL + "?code=canary")
        (failure,) = fetcher.last_failures
        assert failure.url == URL
        assert "404" in failure.cause
        assert "404" in caplog.text
        assert "canary" not in caplog.text


async def test_strangers_fill_neither_the_doctors_list_nor_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async with Web() as web:
        clock = HandClock()
        fetcher = guard(web, clock=clock)
        fetcher.note_failure("https://chatgpt.com/oauth/client.json", "what the owner looks for")
        for n in range(500):
            fetcher.note_failure(f"https://client.example/{n}", "x" * 10_000 + "\x1b[31m")
        assert len(fetcher.last_failures) == 21
        assert fetcher.last_failures[0].cause == "what the owner looks for"
        assert all(len(failure.cause) <= 200 for failure in fetcher.last_failures)
        assert len(caplog.records) == 30
        clock.now += 61
        fetcher.note_failure("https://client.example/later", "later")
        assert len(caplog.records) == 31


async def test_keys_are_fetched_under_the_same_guard() -> None:
    async with Web() as web:
        fetcher = guard(web)
        web.answers["https://client.example/jwks.json"] = document({"keys": []})
        assert await fetcher.keys("https://client.example/jwks.json") == b'{"keys": []}'
        web.addresses["client.example"] = [["::ffff:169.254.169.254"]]
        for url in ("https://client.example/jwks.json", "http://client.example/jwks.json", "https://127.0.0.1/k"):
            with pytest.raises(FetchFailed):
                await fetcher.keys(url)
