"""Who may read answers from a browser: anybody the metadata, pages of this computer the rest, nobody the sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.auth.door import open_door

METADATA = (
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/jwks.json",
)
CALLED = ("/mcp", "/token", "/register", "/revoke", "/userinfo")
ANYWHERE, HERE = "https://anywhere.example", "http://localhost:6274"


@pytest.mark.parametrize("path", METADATA)
async def test_metadata_is_readable_from_any_origin(tmp_path: Path, path: str) -> None:
    async with open_door(tmp_path) as door:
        for origin in (ANYWHERE, "null", HERE):
            answer = await door.get(path, origin=door.local) if origin == "own" else None
            answer = await door.send("GET", path, headers={"origin": origin})
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


async def test_the_rest_is_readable_from_loopback_origins_on_401_too(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in CALLED:
            answer = await door.send("POST", path, json={}, headers={"origin": HERE})
            assert answer.status_code in (400, 401)
            assert answer.headers["access-control-allow-origin"] == HERE
            assert "Origin" in answer.headers["vary"]
            exposed = answer.headers["access-control-expose-headers"]
            assert "WWW-Authenticate" in exposed
            assert "MCP-Protocol-Version" in exposed
            assert "access-control-allow-credentials" not in answer.headers


async def test_foreign_pages_read_nothing_of_it(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in CALLED:
            for origin in (ANYWHERE, "null", "https://localhost.attacker.example", "http://127.0.0.1.attacker.example"):
                for method in ("POST", "OPTIONS"):
                    asks = {"access-control-request-method": "POST"} if method == "OPTIONS" else {}
                    answer = await door.send(method, path, headers={"origin": origin, **asks})
                    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_preflights_are_answered_without_credentials(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for path in (*CALLED, *METADATA):
            asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-a"}
            answer = await door.send("OPTIONS", path, headers={"origin": HERE, **asks})
            assert answer.status_code == 204
            assert answer.headers["access-control-allow-headers"] == "authorization,x-a"
            assert "POST" in answer.headers["access-control-allow-methods"]
            assert "access-control-allow-credentials" not in answer.headers


async def test_authorize_never_sends_cors_headers(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        for url in (app.link(), "/authorize/start", path, f"{path}/state", f"{path}/continue", "/"):
            for method in ("GET", "OPTIONS", "POST"):
                headers = {"origin": HERE, "access-control-request-method": "GET"}
                answer = await browser.send(method, url, headers=headers)
                assert not [name for name in answer.headers if name.startswith("access-control-")]
