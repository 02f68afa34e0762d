"""What began at one origin (documents, codes, refresh tokens, redirects) names that origin and counts only there."""

from __future__ import annotations

from pathlib import Path

from tests.auth.door import PUBLIC_URL, ChatApp, Door, code_on, open_door, way_on


async def test_each_allowed_origin_has_its_own_issuer_and_resource(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        for origin in (PUBLIC_URL, door.local, f"http://127.0.0.1:{door.port}", f"http://[::1]:{door.port}"):
            document = (await door.get("/.well-known/oauth-authorization-server", origin=origin)).json()
            assert document["issuer"] == origin
            assert document["token_endpoint"] == f"{origin}/token"
            resource = (await door.get("/.well-known/oauth-protected-resource/mcp", origin=origin)).json()
            assert resource["resource"] == f"{origin}/mcp"
            assert resource["authorization_servers"] == [origin]


async def sign_in_at(door: Door, origin: str) -> tuple[ChatApp, dict[str, str]]:
    registered = await door.register(public=origin == PUBLIC_URL)
    app = ChatApp(door, origin, registered.client_id)
    browser = door.browser(public=origin == PUBLIC_URL)
    browser.origin = origin
    page = await browser.open(app.link())
    await door.approve(code_on(page), other_network=origin == PUBLIC_URL)
    answer = await app.exchange(await door.walk_back(app, browser, page))
    assert answer.status_code == 200
    return app, answer.json()


async def test_codes_and_refresh_tokens_of_one_origin_are_refused_at_every_other(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, answer = await sign_in_at(door, PUBLIC_URL)
        elsewhere = ChatApp(door, door.local, app.client_id, verifier=app.verifier)
        refused = await elsewhere.refresh(answer["refresh_token"])
        assert refused.json()["error"] == "invalid_grant"
        assert (await app.refresh(answer["refresh_token"])).status_code == 200
        browser = door.browser(public=True)
        page = await browser.open(app.link(state=app.state))
        await door.approve(code_on(page), other_network=True)
        code = await door.walk_back(app, browser, page)
        refused = await elsewhere.exchange(code, resource=None)
        assert refused.json()["error"] == "invalid_grant"
        assert (await app.exchange(code)).json()["error"] == "invalid_grant"  # it was consumed


async def test_iss_in_a_redirect_is_the_authorization_requests(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(public=True), door.browser(public=True)
        page = await browser.open(app.link())
        path = page.request.url.path
        await browser.post(f"{path}/cancel")
        # By another name of this computer the same browser finds nothing, even with its cookie.
        local = door.browser()
        local.cookies[f"homeport_{door.port}"] = browser.cookies["__Host-homeport"]
        assert (await local.get(path)).status_code == 404
        location = (await browser.get(way_on(await browser.get(path)))).headers["location"]
        assert "iss=https%3A%2F%2Fhome.invalid" in location
