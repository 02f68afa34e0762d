"""Which pages may read what the public listener answers: path by path, origin by origin (SECURITY, Listeners: CORS)."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.origins import Origins
from homeport.public import AllowedOrigins
from tests.auth.door import PUBLIC_URL, Door
from tests.test_public import PUBLIC_HOST, Reply, ask, listening

METADATA = [
    "/.well-known/jwks.json",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/nothing",
]
CALLED = ["/mcp", "/token", "/register", "/revoke", "/userinfo"]
NEVER = ["/", "/health", "/authorize", "/authorize/start", "/authorize/request/x", "/introspect", "/nothing"]

NEAR = ["http://localhost", "http://localhost:6274", "https://localhost:1", "http://127.0.0.1:5173", "http://[::1]:80"]
FAR = [
    *("https://evil.example", "https://chatgpt.com", "null", "file://", "http://localhost.evil.example", ""),
    *("http://127.0.0.1.evil.example", "http://evil.example:80", "http://localhost:99999", "http://[::2]"),
    *("http://localhost:1@evil.example", "chrome-extension://localhost", "ws://localhost", "http://0.0.0.0:80"),
    *("localhost", "http://", "http://localhost:x", "http://[::1", "http://127.0.0.2", "http://sub.localhost"),
]


def says(reply: Reply) -> set[str]:
    return {name for name, _ in reply.headers if name.startswith("access-control-")}


async def preflight(door: Door, path: str, origin: str, *more: str) -> Reply:
    asked = ("Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization, mcp-method")
    return await ask(door, path, "OPTIONS", f"Origin: {origin}", *asked, *more, host=PUBLIC_HOST)


def readable_by(reply: Reply, origin: str) -> None:
    assert reply.one("access-control-allow-origin") == origin
    exposed = {name.strip().lower() for name in reply.one("access-control-expose-headers").split(",")}
    assert exposed >= {"www-authenticate", "mcp-protocol-version"}
    assert not reply.all("access-control-allow-credentials")
    assert "origin" in ", ".join(reply.all("vary")).lower()


async def test_any_page_may_read_metadata(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in METADATA:
            for origin in [*NEAR, *FAR]:
                reply = await ask(door, path, "GET", f"Origin: {origin}", host=PUBLIC_HOST)
                assert reply.status == (404 if path.endswith("nothing") else 200)
                readable_by(reply, "*")
                asked = await preflight(door, path, origin)
                assert asked.status == 204
                readable_by(asked, "*")


async def test_pages_of_this_computer_may_call_and_read_refusals_too(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in CALLED:
            for origin in [*NEAR, PUBLIC_URL, door.local]:
                asked = await preflight(door, path, origin)
                assert (asked.status, asked.body) == (204, b"")
                readable_by(asked, origin)
                assert asked.one("access-control-allow-headers") == "authorization, mcp-method"
                assert "POST" in asked.one("access-control-allow-methods")
                for method in ("POST", "GET"):
                    refused = await ask(door, path, method, f"Origin: {origin}", "Content-Length: 0", host=PUBLIC_HOST)
                    assert 400 <= refused.status < 500
                    readable_by(refused, origin)


async def test_a_challenge_reaches_the_page_that_must_react_to_it(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        origin = NEAR[1]
        for path in ("/mcp", "/userinfo"):
            for token in ((), ("Authorization: Bearer nonsense",)):
                reply = await ask(
                    door, path, "POST", f"Origin: {origin}", "Content-Length: 0", *token, host=PUBLIC_HOST
                )
                assert reply.status == 401
                readable_by(reply, origin)
                assert reply.one("www-authenticate").startswith("Bearer")


async def test_other_pages_may_neither_call_nor_read(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in CALLED:
            for origin in FAR:
                assert says(await preflight(door, path, origin)) == set(), (path, origin)
                for method in ("POST", "GET"):
                    reply = await ask(door, path, method, f"Origin: {origin}", "Content-Length: 0", host=PUBLIC_HOST)
                    assert says(reply) == set(), (path, origin)
                    if path == "/mcp" and method == "POST":
                        assert reply.status == 403


async def test_no_page_ever_reads_authorize_or_what_is_for_no_page(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in NEVER:
            for origin in [*NEAR, *FAR, PUBLIC_URL, door.local]:
                assert says(await preflight(door, path, origin)) == set(), path
                for method in ("GET", "POST"):
                    reply = await ask(door, path, method, f"Origin: {origin}", "Content-Length: 0", host=PUBLIC_HOST)
                    assert says(reply) == set(), path


async def test_without_an_origin_nothing_is_said_about_origins(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in [*METADATA, *CALLED]:
            assert says(await ask(door, path, host=PUBLIC_HOST)) == set()
            bare = await ask(door, path, "OPTIONS", "Access-Control-Request-Method: POST", host=PUBLIC_HOST)
            assert says(bare) == set()


async def test_a_refused_host_is_never_readable(tmp_path: Path) -> None:
    async with listening(tmp_path) as door:
        for path in [*METADATA, *CALLED]:
            reply = await ask(door, path, "GET", f"Origin: {NEAR[0]}", host="evil.example")
            assert (reply.status, says(reply)) == (421, set())


def test_an_origin_the_owner_names_is_allowed_exactly_as_named() -> None:
    allowed = AllowedOrigins(Origins(3002), ["https://inspector.example.com"])
    assert allowed("https://inspector.example.com")
    for near in (
        "http://inspector.example.com",
        "https://inspector.example.com:443",
        "https://x.inspector.example.com",
    ):
        assert not allowed(near)


@pytest.mark.parametrize("origin", [*NEAR, "http://localhost:3002"])
def test_pages_of_this_computer_are_allowed_at_every_port(origin: str) -> None:
    assert AllowedOrigins(Origins(3002), [])(origin)


@pytest.mark.parametrize(
    "origin",
    [*FAR, "http://localhost/", "http://localhost?x", "http://localhost#x", "http://me@localhost", "http://localhost:"],
)
def test_what_no_browser_sends_for_this_computer_is_not_allowed(origin: str) -> None:
    assert not AllowedOrigins(Origins(3002), [])(origin)


def test_a_public_origin_is_allowed_only_while_it_is_ours() -> None:
    origins = Origins(3002)
    allowed = AllowedOrigins(origins, [])
    assert not allowed(PUBLIC_URL)
    origins.set_public(PUBLIC_URL)
    assert allowed(PUBLIC_URL)
    origins.set_public(None)
    assert not allowed(PUBLIC_URL)
