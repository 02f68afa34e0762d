"""What strangers try at every address of the public listener: none of it is a 500, a hang, a redirect or a header."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from starlette.requests import Request

from homeport.auth.endpoints import incoming
from tests.auth.door import Door, code_on, open_door

# Percent-encoded: NUL, invalid UTF-8, a surrogate, an overlong slash, CRLF, a bidi override, digits of other scripts.
NASTY = (
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "%c0%af",
    "%0d%0aX:%20y",
    "%e2%80%ae",
    "%d9%a4%d9%a2",
    "%",
    "%zz",
    "%F0%9F%98%80",
)
PARAMETERS = (
    *("client_id", "redirect_uri", "state", "scope", "resource"),
    *("code_challenge", "nonce", "prompt", "response_type"),
)
FIELDS = (
    *("grant_type", "code", "code_verifier", "client_id", "redirect_uri", "resource", "refresh_token", "scope"),
    *("token", "client_assertion", "client_assertion_type", "client_secret"),
)
JSON_BOMBS = (
    *("[" * 15_000, '{"a":' * 3_000, "{" + '"a":1,' * 2_000 + '"a":1}', "1" * 15_000),
    *("[]", "null", "NaN", "", '"\\ud800"', '{"redirect_uris":["\\ud800"]}', '{"client_name":"\\ud800"}'),
)


async def status_of(door: Door, request: bytes) -> int:
    answer = await door.raw(request)
    return int(answer.split(b" ", 2)[1]) if answer else 0


def head(door: Door, first: str, *lines: str) -> bytes:
    return "\r\n".join([first, f"Host: localhost:{door.port}", "Connection: close", *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize("value", NASTY)
async def test_no_nasty_value_in_any_parameter_of_authorize_is_a_500(tmp_path: Path, value: str) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for name in PARAMETERS:
            given = {key: quote(text) for key, text in app.parameters().items()} | {name: value}
            answer = await door.browser().open("/authorize?" + "&".join(f"{k}={v}" for k, v in given.items()))
            assert answer.status_code in (200, 303, 400, 403), (name, answer.status_code)
            assert "x" not in answer.headers
            if "location" in answer.headers:
                assert answer.headers["location"].startswith(app.redirect_uri + "?")


@pytest.mark.parametrize("value", NASTY)
async def test_no_nasty_value_in_any_field_of_a_form_is_a_500(tmp_path: Path, value: str) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        form = {
            "grant_type": "refresh_token",
            "refresh_token": signed.refresh,
            "client_id": signed.app.client_id,
            "token": "x",
        }
        kind = {"content-type": "application/x-www-form-urlencoded"}
        for name in FIELDS:
            body = "&".join(f"{k}={v}" for k, v in ({k: quote(v) for k, v in form.items()} | {name: value}).items())
            for path in ("/token", "/revoke", "/introspect"):
                answer = await door.send("POST", path, content=body, headers=kind)
                assert answer.status_code in (200, 400, 401), (path, name, answer.status_code)
        assert (await signed.app.refresh(signed.refresh)).status_code == 200


async def test_nasty_headers_cookies_and_path_ids_are_answered(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        for value in ("\xff\xfe", "a" * 4000, '"\\', "=;=;", "\x01\x02", "é"):
            for name in ("cookie", "user-agent", "origin", "sec-fetch-site", "authorization", "content-type", "accept"):
                for path in (page.request.url.path, "/userinfo", "/.well-known/jwks.json"):
                    raw = head(door, f"GET {path} HTTP/1.1", f"{name}: {value}")
                    assert await status_of(door, raw) in (200, 303, 400, 401, 404), (path, name, value)
        for path_id in (*NASTY, "..%2f..", "%2e%2e", "a" * 5000, "'%20OR%201=1"):
            for suffix in ("", "/state", "/continue"):
                raw = head(door, f"GET /authorize/request/{path_id}{suffix} HTTP/1.1")
                assert await status_of(door, raw) in (400, 404), path_id
        assert code_on(await browser.get(page.request.url.path)) == code_on(page)


async def test_wrong_methods_are_405_and_change_nothing(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        form = {"token": signed.refresh, "client_id": signed.app.client_id}
        for path in ("/token", "/revoke", "/introspect", "/register"):
            for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
                url = f"{path}?{urlencode(form)}"
                answer = await door.raw(head(door, f"{method} {url} HTTP/1.1"))
                assert answer.split(b" ")[1] == b"405" or (method == "BREW" and answer.split(b" ")[1] == b"400")
        for path in ("/authorize", "/.well-known/jwks.json"):
            for method in ("POST", "PUT", "DELETE", "PATCH"):
                assert await status_of(door, head(door, f"{method} {path} HTTP/1.1", "Content-Length: 0")) == 405
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            assert await status_of(door, head(door, f"{method} /mcp HTTP/1.1")) == 405
        assert (await signed.app.call(signed.access)).status_code == 200


@pytest.mark.parametrize(
    "target",
    [
        "//authorize",
        "/authorize/",
        "/authorize//start",
        "/authorize/../token",
        "/authorize/%2e%2e/token",
        "/./authorize",
        "/authorize;x=y",
        "/authorize%00",
        "/Authorize",
        "/token/",
        "//token",
        "/mcp/",
        "//mcp",
        "/mcp/..",
        "/%2e/mcp",
        "/api/status",
        "/dashboard",
        "/docs",
        "/openapi.json",
        "/.well-known",
        "/.well-known/",
        "/.git/config",
        "/robots.txt",
        "/favicon.ico",
        "/health/",
        "//health",
        "/.well-known/jwks.json/",
        "/.well-known/../token",
    ],
)
async def test_anything_else_is_a_bare_404(tmp_path: Path, target: str) -> None:
    async with open_door(tmp_path) as door:
        for method in ("GET", "POST"):
            answer = await door.raw(head(door, f"{method} {target} HTTP/1.1", "Content-Length: 0"))
            assert answer.split(b" ")[1] == b"404", answer
            assert answer.endswith(b"\r\n\r\n")
            assert b"location:" not in answer.lower()


async def test_a_huge_query_or_thousands_of_parameters_are_refused_without_being_stored(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        many = app.link() + "&" + "&".join(f"p{number}=x" for number in range(2_000))
        assert (await door.browser().get(many)).status_code in (400, 431)
        form = "&".join(f"p{number}=x" for number in range(10_000))
        kind = {"content-type": "application/x-www-form-urlencoded"}
        for path in ("/token", "/revoke", "/introspect"):
            assert (await door.send("POST", path, content=form[:30_000], headers=kind)).status_code == 400
            assert (await door.send("POST", path, content=form, headers=kind)).status_code == 413
            assert (await door.send("POST", path, content="x=" + "y" * 1_000_000, headers=kind)).status_code == 413
        assert await door.count("authorization_requests") == 0


@pytest.mark.parametrize(
    "endless",
    [
        "GET /",
        "GET /authorize?x=",
        "GET / HTTP/1.1\r\nHost: localhost:{port}\r\nX: ",
        "POST /token HTTP/1.1\r\nHost: localhost:{port}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: ",
    ],
    ids=["path", "query", "header", "trailer"],
)
async def test_a_head_without_end_is_cut_off_instead_of_kept_in_memory(tmp_path: Path, endless: str) -> None:
    async with open_door(tmp_path) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(endless.format(port=door.port).encode())
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 20_000_000:
                writer.write(b"x" * 50_000)
                await writer.drain()
                sent += 50_000
        assert sent < 20_000_000
        writer.close()
        del reader
        assert (await door.get("/health")).status_code == 200


async def test_json_bombs_are_refused(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        for body in JSON_BOMBS:
            answer = await door.send("POST", "/register", content=body, headers={"content-type": "application/json"})
            assert answer.status_code in (400, 413), body[:10]
            headers = {"content-type": "application/json", "authorization": f"Bearer {signed.access}"}
            answer = await door.send("POST", "/mcp", content=body, headers=headers)
            assert answer.status_code < 500, body[:10]


async def test_a_chunked_body_without_end_is_cut_off_at_the_limit(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path, kind in (("/token", "application/x-www-form-urlencoded"), ("/register", "application/json")):
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            lines = [f"POST {path} HTTP/1.1", f"Host: localhost:{door.port}", f"Content-Type: {kind}"]
            writer.write("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode())
            sent, answer = 0, b""
            with contextlib.suppress(ConnectionError):
                while sent < 10_000_000:
                    writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                    await writer.drain()
                    sent += 4096
            with contextlib.suppress(ConnectionError):
                answer = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            assert sent < 10_000_000 or answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_never_comes_is_given_up(tmp_path: Path) -> None:
    async def never() -> dict[str, object]:
        await asyncio.Event().wait()
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "headers": []}, never)
    began = time.perf_counter()
    with pytest.raises(incoming.TooSlow) as caught:
        await incoming.body_of(request, 100, seconds=0.01)
    assert (caught.value.status, caught.value.headers) == (408, {"Connection": "close"})
    assert time.perf_counter() - began < 5


async def test_a_body_that_ends_early_is_no_error_of_ours(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_door(tmp_path) as door:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        kind = "Content-Type: application/x-www-form-urlencoded"
        writer.write(head(door, "POST /token HTTP/1.1", kind, "Content-Length: 100") + b"grant_type=")
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        assert (await door.get("/health")).status_code == 200
        assert "Traceback" not in caplog.text
        del reader


async def test_state_comes_back_byte_for_byte_and_splits_no_header(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for state in ("a b+c%20&d=e#f", "</script><script>", "ü😀", "s" * 2048, "%0d%0aSet-Cookie: a=b"):
            app = await door.register()
            app.state = state
            answer = await door.browser().get(app.link(prompt="none"))
            assert app.came_back(answer)["error"] == "interaction_required"
            assert "set-cookie" not in answer.headers


async def test_a_near_miss_is_no_repeat_of_the_code(tmp_path: Path) -> None:
    """Codes are looked up by their digest, so no comparison can tell how much of a guess is right."""
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        stored = await door.everything_stored()
        assert signed.code not in stored
        for guess in (signed.code[:-1] + "x", signed.code.lower(), signed.code + "\n", f" {signed.code}"):
            answer = await signed.app.exchange(guess)
            assert answer.json()["error"] == "invalid_grant"
        # None of these was the code: the tokens stay.
        assert (await signed.app.call(signed.access)).status_code == 200
