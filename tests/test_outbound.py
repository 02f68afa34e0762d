"""The client for Privy and the backend: the Network's connections, no cookies, no redirects, no environment."""

from __future__ import annotations

import asyncio
import ssl

import httpcore2
import httpx2
import pytest

from homeport.network import SystemNetwork
from homeport.outbound import http_client
from tests.auth.outside import OTHER_PUBLIC, PUBLIC, Web, document, raw, response
from tests.silent_server import silent_server

URL = "https://api.example/people"


def web() -> Web:
    return Web("api.example", "other.example")


async def test_a_request_goes_to_the_address_that_the_network_finds() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = document({"name": "Alice"})
        assert (await client.get(URL)).json() == {"name": "Alice"}
        assert (outside.resolved, outside.connected) == (["api.example"], [(PUBLIC, 443)])


async def test_the_next_address_is_tried_when_one_refuses() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = document({})
        outside.addresses["api.example"] = [[OTHER_PUBLIC, PUBLIC]]
        outside.refusing.add(OTHER_PUBLIC)
        assert (await client.get(URL)).status_code == 200


async def test_a_request_that_is_broken_off_in_its_handshake_closes_the_connection() -> None:
    async with silent_server() as (port, begun, ended), http_client(SystemNetwork()) as client:
        asking = asyncio.create_task(client.get(f"https://127.0.0.1:{port}/"))
        await begun.get()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        async with asyncio.timeout(10):
            await ended.get()


async def test_the_certificate_proves_the_name() -> None:
    async with web() as outside, http_client(outside) as client:
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get("https://chatgpt.com/")


@pytest.mark.parametrize("addresses", [[], [PUBLIC, OTHER_PUBLIC]], ids=["no address", "nothing listens"])
async def test_who_cannot_be_reached_is_a_connect_error_of_the_client(addresses: list[str]) -> None:
    async with web() as outside, http_client(outside) as client:
        outside.addresses["api.example"] = [addresses]
        outside.refusing |= {PUBLIC, OTHER_PUBLIC}
        with pytest.raises(httpx2.ConnectError) as caught:
            await client.get(URL)
        assert caught.value.request.url == URL


async def test_a_name_that_is_never_found_ends_after_the_timeout() -> None:
    class NoNames(Web):
        async def resolve(self, host: str) -> list[str]:
            await asyncio.Event().wait()
            raise AssertionError

    async with NoNames("api.example") as outside, http_client(outside, timeout=0.05) as client:
        with pytest.raises(httpx2.ConnectTimeout):
            await client.get(URL)


@pytest.mark.parametrize(
    "cut",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nabc", b"nonsense\r\n\r\n"],
    ids=["at once", "midway", "junk"],
)
async def test_a_broken_answer_is_an_error_of_the_client(cut: bytes) -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = raw(cut)
        with pytest.raises(httpx2.TransportError):
            await client.get(URL)


async def test_the_system_proxy_is_used_for_https_but_never_for_this_computer() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = document({})
        outside.system_proxy = httpcore2.Proxy("http://proxy.example:3128")
        await client.get(URL)
        assert outside.proxied == ["CONNECT api.example:443 HTTP/1.1"]
        assert outside.resolved == []
        for local in ("https://127.0.0.1:8443/", "https://[::1]:8443/", "http://api.example/"):
            with pytest.raises(httpx2.TransportError):
                await client.get(local)
        assert outside.proxy_asked == ["api.example"]


async def test_a_proxy_that_is_set_later_counts_at_once() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = document({})
        await client.get(URL)
        outside.system_proxy = httpcore2.Proxy("http://proxy.example:3128")
        await client.get(URL)
        assert len(outside.proxied) == 1


async def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example:1")
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = document({})
        assert (await client.get(URL)).status_code == 200


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = response(b"", status="302 Found", headers={"Location": "https://other.example/"})
        assert (await client.get(URL)).status_code == 302
        assert outside.resolved == ["api.example"]


async def test_cookies_are_neither_kept_nor_sent() -> None:
    async with web() as outside, http_client(outside) as client:
        outside.answers[URL] = response(b"{}", headers={"Set-Cookie": "session=canary; Path=/"})
        await client.get(URL)
        await client.get(URL)
        assert len(outside.requests) == 2
        assert not any("canary" in request or "cookie" in request.lower() for request in outside.requests)
        assert not client.cookies


async def test_nothing_is_opened_before_the_first_request() -> None:
    class Untouched(SystemNetwork):
        @property
        def tls(self) -> ssl.SSLContext:
            raise AssertionError("the certificates were read")

    await http_client(Untouched()).aclose()
