"""The public listener, the only thing a tunnel may reach: what it answers to whom, byte by byte (SECURITY, Listeners).

Requests are written by hand: a client library would mend what these tests are about.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from homeport.control.api import control_app
from homeport.control.session import Sessions
from homeport.events import PastedWithoutPath
from homeport.listening import ipv6_exists
from tests.auth.door import PUBLIC_URL, Door, open_door

PUBLIC_HOST = PUBLIC_URL.removeprefix("https://")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def one(self, name: str) -> str:
        values = self.all(name)
        return values[0] if len(values) == 1 else f"{len(values)} values: {values}"


async def send(door: Door, request: bytes, *, address: str = "127.0.0.1") -> Reply:
    """One request exactly as written, on a connection of its own; the reply is read until the other side closes."""
    reader, writer = await asyncio.open_connection(address, door.port)
    try:
        writer.write(request)
        async with asyncio.timeout(10):
            raw = await reader.read()
    finally:
        writer.close()
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Reply(int(first.split(" ")[1]), [(name.lower(), value.strip()) for name, _, value in pairs], body)


async def ask(
    door: Door, target: str = "/", method: str = "GET", *headers: str, host: str | None = "", address: str = "127.0.0.1"
) -> Reply:
    """A request with this target and these header lines. Host is the local one unless given; None leaves it out."""
    named = f"localhost:{door.port}" if host == "" else host
    lines = [f"{method} {target} HTTP/1.1", *([f"Host: {named}"] if named is not None else []), *headers]
    return await send(door, "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"), address=address)


@asynccontextmanager
async def listening(folder: Path) -> AsyncIterator[Door]:
    async with open_door(folder, public=True) as door:
        yield door


# --- Host ---------------------------------------------------------------------------------------------------------


async def test_host_must_be_exactly_an_allowed_one(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        port = door.port
        for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", PUBLIC_HOST, PUBLIC_HOST.upper()):
            assert (await ask(door, host=host)).status == 200, host
        strangers = [
            *("localhost", "127.0.0.1", "[::1]", f"[::1]:{port}.", f"localhost.:{port}", f"localhost:{port + 1}"),
            *(f"localhost:0{port}", f"0.0.0.0:{port}", f"127.0.0.2:{port}", f"2130706433:{port}", f"127.1:{port}"),
            *(f"{PUBLIC_HOST}.", f"{PUBLIC_HOST}:443", f"{PUBLIC_HOST}:80", f"www.{PUBLIC_HOST}", f"x{PUBLIC_HOST}"),
            *(f"{PUBLIC_HOST}.evil.example", f"evil.example/{PUBLIC_HOST}", f"{PUBLIC_HOST}@evil.example"),
            *(f"{PUBLIC_HOST},evil.example", f"{PUBLIC_HOST} evil.example", "evil.example", "", "null"),
            *(f"user@localhost:{port}", f"localhost:{port}/", f"http://localhost:{port}", f"[::ffff:127.0.0.1]:{port}"),
        ]
        for host in strangers:
            for target in ("/", "/mcp", "/.well-known/jwks.json", "/nothing"):
                reply = (
                    await ask(door, target, host=host) if host else await ask(door, target, "GET", "Host:", host=None)
                )
                assert (reply.status, reply.body) in ((421, b""), (400, reply.body)), (host, target, reply)
                assert reply.status == 421 or not set(host).isdisjoint(" ,@/"), (host, reply)


async def test_a_repeated_or_missing_host_is_400(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        ours = f"localhost:{door.port}"
        for second in (ours, PUBLIC_HOST, "evil.example", ""):
            for name in ("Host", "host", "HOST"):
                assert (await ask(door, "/", "GET", f"{name}: {second}")).status == 400
                assert (await ask(door, "/", "GET", f"{name}: {second}", host=PUBLIC_HOST)).status == 400
        assert (await ask(door, host=None)).status == 400
        assert (await send(door, b"GET / HTTP/1.0\r\n\r\n")).status == 400


async def test_a_target_that_is_not_in_origin_form_is_400_and_reaches_nothing(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        local = f"http://localhost:{door.port}"
        targets = [f"{local}/", f"{local}/health", f"{PUBLIC_URL}/mcp", "http://evil.example/", "localhost", "", "mcp"]
        for target in [*targets, "ftp:/x", "?q"]:
            reply = await ask(door, target)
            assert reply.status == 400, (target, reply)
        for target in (f"localhost:{door.port}", "evil.example:443", "/", "/mcp"):
            assert (await ask(door, target, "CONNECT")).status in (400, 404, 405), target
        assert (await ask(door, "*", "OPTIONS")).status in (400, 404)
        # Two slashes are a path, not an authority.
        assert (await ask(door, "//evil.example/health")).status == 404


@pytest.mark.parametrize(
    "header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "x-forwarded-anything"]
)
async def test_a_loopback_host_that_came_through_a_proxy_is_421(header: str, tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for target in ("/", "/mcp", "/authorize", "/token", "/.well-known/jwks.json"):
            for name in ("localhost", "127.0.0.1", "[::1]"):
                forwarded = await ask(door, target, "GET", f"{header}: ", host=f"{name}:{door.port}")
                assert (forwarded.status, forwarded.body) == (421, b"")
        assert (await ask(door, "/", "GET", f"{header}: localhost", host=PUBLIC_HOST)).status == 200


async def test_health_answers_any_host_and_says_nothing_more(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for host in (PUBLIC_HOST, "evil.example", "", "10.0.0.1:8080", None):
            reply = await ask(door, "/health", "GET", "X-Forwarded-For: 203.0.113.1", host=host)
            assert (reply.status, reply.body) == (200, b'{"status":"ok"}')
            assert {name for name, _ in reply.headers} == {"content-type", "content-length", "date", "connection"}
        for near in ("/health/", "/Health", "/health/x", "/healthz", "//health"):
            assert (await ask(door, near)).status == 404, near


# --- What there is --------------------------------------------------------------------------------------------------

WORDS = (Path(__file__).parent / "paths_to_try.txt").read_text().split()

ALLOWED = {
    *("/", "/health", "/mcp", "/authorize", "/authorize/start", "/token", "/register", "/revoke", "/introspect"),
    *("/userinfo", "/.well-known/jwks.json", "/.well-known/backend-jwks.json"),
    *(
        f"/.well-known/{name}{path}"
        for name in ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration")
        for path in ("", "/mcp")
    ),
}
"""Every path without a request's own number in it. Below /authorize/request/ is what the browser's cookie opens."""


async def test_there_is_exactly_what_the_design_lists_and_a_bare_404_everywhere_else(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        registered = {route.path for route in door.engine.rooms.public._router.routes if "{" not in route.path}  # type: ignore[attr-defined]
        crawled = {f"/{word}" for word in WORDS} | registered | ALLOWED
        assert len(crawled) > 200
        found = set()
        for host in (f"localhost:{door.port}", PUBLIC_HOST):
            for path in sorted(crawled):
                for method in ("GET", "POST"):
                    reply = await ask(door, path, method, "Content-Length: 0", host=host)
                    assert reply.status < 500, (path, reply)
                    if reply.status not in (404, 405):
                        found.add(path)
                    elif reply.status == 404 and (path, method) != ("/", "POST"):
                        assert reply.body == b"", path
                        assert {name for name, _ in reply.headers} == {"content-length", "date", "connection"}, path
        assert found == ALLOWED


async def test_nothing_of_the_control_listener_answers_here(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        control = control_app(door.engine, Sessions("token"), port=1, quit=lambda: None)
        described = [route.path for route in getattr(control, "routes", [])]
        named = [f"/api/{name}" for name in ("status", "start", "stop", "pending", "approve", "deny", "grants", "quit")]
        before = door.engine.state
        for path in {*named, *(path for path in described if path != "/")}:
            for method in ("GET", "POST"):
                for host in (f"localhost:{door.port}", f"127.0.0.1:{door.port}", PUBLIC_HOST):
                    reply = await ask(door, path, method, "Authorization: Bearer token", "Content-Length: 0", host=host)
                    assert (reply.status, reply.body) == (404, b""), path
        assert door.engine.state is before


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
async def test_no_method_on_any_path_is_a_fault_of_ours(method: str, tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in sorted(ALLOWED | {"/authorize/request/x", "/authorize/request/x/consent", "/nothing"}):
            for more in ((), ("Content-Length: 3",), ("Content-Type: application/json", "Transfer-Encoding: chunked")):
                body = b"abc" if "Content-Length: 3" in more else (b"0\r\n\r\n" if more else b"")
                lines = [f"{method} {path} HTTP/1.1", f"Host: {PUBLIC_HOST}", *more, "Connection: close", "", ""]
                reply = await send(door, "\r\n".join(lines).encode() + body)
                assert reply.status < 500, (path, more, reply)
                if method == "HEAD":
                    assert reply.body == b""
                if method == "TRACE":
                    assert PUBLIC_HOST.encode() not in reply.body


async def test_a_wrong_method_names_the_right_ones(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path, allowed in (("/token", "POST"), ("/register", "POST"), ("/mcp", "POST")):
            reply = await ask(door, path)
            assert (reply.status, reply.one("allow")) == (405, allowed)


async def test_a_post_to_the_front_page_is_noted_as_pasted_without_its_path(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        assert (await ask(door, "/")).status == 200
        assert not any(isinstance(event, PastedWithoutPath) for event in door.events)
        reply = await ask(door, "/", "POST", "Content-Length: 0", host=PUBLIC_HOST)
        assert reply.status == 404
        assert b"path is missing" in reply.body
        assert sum(isinstance(event, PastedWithoutPath) for event in door.events) == 1


async def test_strangers_learn_neither_tool_nor_person_nor_version(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        await door.sign_in(await door.register(public=True))
        version = (await door.engine.status()).version
        for path in sorted(ALLOWED | {"/nothing"}):
            for method in ("GET", "POST", "OPTIONS"):
                reply = await ask(door, path, method, "Content-Length: 0", host=PUBLIC_HOST)
                said = (reply.body + repr(reply.headers).encode()).lower()
                for secret in (b"hello", b"forget", b"uvicorn", b"starlette", b"python", b"httptools"):
                    assert secret not in said, (path, secret)
                assert version.encode() not in reply.body
                assert not reply.all("server")
                assert not reply.all("x-powered-by")


# --- Forwarded headers never build anything --------------------------------------------------------------------------


async def test_no_header_changes_any_url(tmp_path: Path) -> None:
    lies = (
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Port: 1",
        "X-Forwarded-Prefix: /evil",
        "X-Forwarded-Server: evil.example",
        "X-Original-URL: /authorize",
        "X-Rewrite-URL: /authorize",
        "X-Host: evil.example",
        "Forwarded: for=1;host=evil.example;proto=http",
        "X-HTTP-Method-Override: POST",
        "Referer: https://evil.example/",
    )
    async with listening(tmp_path) as door:
        for path in sorted(ALLOWED):
            for method in ("GET", "POST"):
                plain = await ask(door, path, method, "Content-Length: 0", host=PUBLIC_HOST)
                lied = await ask(door, path, method, "Content-Length: 0", *lies, host=PUBLIC_HOST)
                assert lied.status == plain.status
                assert "evil" not in lied.body.decode("latin-1") + repr(lied.headers)
                assert lied.all("www-authenticate") == plain.all("www-authenticate")
        urls = re.findall(rb'https?://[^"/]+', (await ask(door, "/mcp", host=PUBLIC_HOST)).body)
        assert not urls


async def test_a_redirect_and_a_challenge_name_the_origin_that_was_asked(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for host, origin in ((PUBLIC_HOST, PUBLIC_URL), (f"localhost:{door.port}", door.local)):
            refused = await ask(door, "/mcp", "POST", "Content-Length: 0", host=host)
            assert refused.status == 401
            expected = f'resource_metadata="{origin}/.well-known/oauth-protected-resource/mcp"'
            assert expected in refused.one("www-authenticate")
            metadata = await ask(door, "/.well-known/oauth-authorization-server", host=host)
            assert metadata.body.count(origin.encode()) == metadata.body.count(b"http")


# --- Both address families ----------------------------------------------------------------------------------------


async def test_both_loopback_addresses_answer(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for address in ("127.0.0.1", "::1") if ipv6_exists() else ("127.0.0.1",):
            assert (await ask(door, address=address)).status == 200
            assert (await ask(door, host=PUBLIC_HOST, address=address)).status == 200
            assert (await ask(door, "/mcp", host="evil.example", address=address)).status == 421


async def test_no_other_address_of_this_computer_answers(tmp_path: Path) -> None:
    own = {str(found[4][0]) for found in socket.getaddrinfo(socket.gethostname(), None)}
    others = {address for address in own if not address.startswith(("127.", "::1", "fe80"))} | {"127.0.0.2"}
    async with listening(tmp_path) as door:
        for address in others:
            with pytest.raises(OSError):
                await ask(door, address=address)


async def test_several_requests_on_one_connection_are_each_judged_anew(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        ours, strange = f"Host: localhost:{door.port}", "Host: evil.example"
        lines = [f"GET /nothing HTTP/1.1\r\n{host}\r\n\r\n" for host in (ours, strange, ours)]
        closing = f"GET /nothing HTTP/1.1\r\n{strange}\r\nConnection: close\r\n\r\n"
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write("".join([*lines, closing]).encode())
        said = await reader.read()
        writer.close()
        assert re.findall(rb"HTTP/1.1 (\d+)", said) == [b"404", b"421", b"404", b"421"]


async def test_a_websocket_is_not_opened(tmp_path: Path) -> None:
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    async with listening(tmp_path) as door:
        for path in ("/", "/mcp", "/nothing"):
            lines = [f"GET {path} HTTP/1.1", f"Host: {PUBLIC_HOST}", "Connection: Upgrade", *upgrade, "", ""]
            reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
            writer.write("\r\n".join(lines).encode())
            first = await reader.readline()
            writer.close()
            assert first.split(b" ")[1] in (b"200", b"404", b"405", b"400", b"426"), first


async def test_strangers_cannot_fill_the_log_of_whoever_runs_this(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with listening(tmp_path) as door:
        websocket = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
        await ask(door, "/", "GET", *websocket, host=PUBLIC_HOST)
        for nonsense in (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100):
            with contextlib.suppress(IndexError, ValueError):  # There may be no answer at all.
                await send(door, nonsense)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
