"""What an authorization request may say, and whether an error is a page or a redirect."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.auth.door import Answer, ChatApp, Door, open_door


def is_page(answer: Answer, status: int = 400) -> bool:
    return answer.status_code == status and "location" not in answer.headers and "<h1>" in answer.text


async def asked(door: Door, app: ChatApp, query: str) -> Answer:
    return await door.browser().get(f"/authorize?{query}")


async def refused_with(door: Door, app: ChatApp, **changes: str | None) -> str:
    answer = await door.browser().get(app.link(**changes))
    return app.came_back(answer)["error"]


async def test_errors_before_client_and_redirect_are_known_render_a_page_and_never_redirect(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for changes in (
            {"client_id": None},
            {"client_id": ""},
            {"client_id": "dcr_unknown"},
            {"client_id": "x" * 5000},
            {"client_id": "\x00"},
            {"client_id": "javascript:alert(1)"},
            {"redirect_uri": "https://attacker.example/"},
            {"redirect_uri": app.redirect_uri + "/more"},
            {"redirect_uri": app.redirect_uri + "?x=1"},
            {"redirect_uri": app.redirect_uri + "#fragment"},
            {"redirect_uri": "javascript:alert(1)"},
            {"redirect_uri": "//attacker.example"},
            {"redirect_uri": "http://127.0.0.1@attacker.example/callback"},
            {"redirect_uri": "http://127.0.0.1:4567\\@attacker.example/callback"},
            {"redirect_uri": "http://127.0.0.1:4567/callback\r\nSet-Cookie: a=b"},
            {"redirect_uri": "\x00"},
        ):
            assert is_page(await door.browser().get(app.link(**changes))), changes
            assert is_page(await door.browser().get(app.link(**{**changes, "prompt": "none"}))), changes


async def test_a_repeated_client_id_or_redirect_uri_is_a_page(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        base = urlencode(app.parameters())
        for again in ({"client_id": app.client_id}, {"redirect_uri": app.redirect_uri}):
            assert is_page(await asked(door, app, f"{base}&{urlencode(again)}"))


async def test_a_redirect_that_waits_for_the_owners_allow_is_a_page(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register(redirect_uri="https://app.example/cb")
        answer = await door.browser().get(app.link())
        assert is_page(answer, 403)
        assert "homeport clients allow app.example" in answer.text
        await door.engine.allow_host("app.example")
        assert (await door.browser().open(app.link())).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 43 + "\n"}, "invalid_request"),
        ({"code_challenge": "é" * 43}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"request_uri": "https://attacker.example/r"}, "request_uri_not_supported"),
        ({"prompt": "none"}, "interaction_required"),
        ({"prompt": "none login"}, "interaction_required"),
        ({"prompt": "none", "id_token_hint": "eyJhbGciOiJub25lIn0.e30."}, "interaction_required"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"scope": 'read "quoted"'}, "invalid_scope"),
        ({"scope": "read\x00"}, "invalid_scope"),
        ({"scope": "r" * 2000}, "invalid_scope"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"nonce": "n\x00"}, "invalid_request"),
    ],
)
async def test_every_other_error_redirects_with_error_state_and_iss(
    tmp_path: Path, changes: dict[str, str | None], error: str
) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        assert await refused_with(door, app, **changes) == error
        assert await door.count("authorization_requests") == 0


async def test_another_or_a_repeated_resource_is_invalid_target(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for resource in (
            "https://other.example/mcp",
            f"{door.local}/mcp/",
            f"{door.local}/MCP",
            f"{door.local}/mcp?x=1",
            f"{door.local}/mcp#x",
            f"{door.local}//mcp",
            f"{door.local}/%6dcp",
            f"http://127.0.0.1:{door.port}/mcp",
            door.local,
            "mcp",
            "\x00",
        ):
            assert await refused_with(door, app, resource=resource) == "invalid_target", resource
        twice = f"{app.link()}&{urlencode({'resource': app.resource})}"
        assert app.came_back(await door.browser().get(twice))["error"] == "invalid_target"


async def test_scheme_and_host_of_a_resource_are_compared_in_lower_case(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        link = app.link(resource=app.resource.replace("http://localhost", "HTTP://LocalHost"))
        assert (await door.browser().open(link)).status_code == 200


async def test_a_missing_resource_means_the_origins(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for missing in (None, ""):  # RFC 6749 3.1: without a value is left out
            browser = door.browser()
            assert (await browser.open(app.link(resource=missing, nonce=f"n{missing}"))).status_code == 200
        stored = await door.query(
            lambda tx: [row["resource"] for row in tx.all("SELECT * FROM authorization_requests")]
        )
        assert stored == [app.resource, app.resource]


@pytest.mark.parametrize("name", ["scope", "code_challenge", "response_type", "nonce", "prompt", "unknown"])
async def test_any_other_repeated_parameter_is_invalid_request(tmp_path: Path, name: str) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        twice = f"{app.link(**{name: 'x'})}&{name}=x"
        assert app.came_back(await door.browser().get(twice))["error"] == "invalid_request"


async def test_a_state_that_cannot_be_kept_is_not_sent_back(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for query in (
            app.link(state="s" * 2049),
            app.link(state="a\r\nb"),
            app.link(state="\x00"),
            f"{app.link()}&state=again",
        ):
            answer = await door.browser().get(query)
            assert answer.status_code == 303
            location = answer.headers["location"]
            assert "error=invalid_request" in location
            assert "state=" not in location
            assert "iss=" in location


async def test_a_parameter_without_a_value_counts_as_left_out(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        page = await door.browser().open(app.link(scope="", prompt="", request="", nonce="", response_mode=""))
        assert page.status_code == 200


async def test_unknown_scopes_are_left_out_and_no_scope_means_all_that_tools_need(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        for scope, expected in (
            ("read admin", "read"),
            (None, "read write offline_access"),
            ("write read write", "read write"),
        ):
            browser = door.browser()
            await browser.open(app.link(scope=scope))
            rows = await door.query(lambda tx: tx.all("SELECT scope FROM authorization_requests"))
            assert expected in [row["scope"] for row in rows]
