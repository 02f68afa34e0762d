"""A resource is (origin, path): what began at one origin counts there and nowhere else, and lives again only there."""

from __future__ import annotations

from pathlib import Path

from homeport.tunnel import TunnelInfo
from tests.auth.door import PUBLIC_URL, ChatApp, Door, code_on, open_door, way_on

OTHER_URL = "https://other.invalid"


class Names:
    """A tunnel that has another name at each start; `stable` as the test says."""

    provider = "fixed"

    def __init__(self, *names: str, stable: bool = True) -> None:
        self.names = list(names)
        self.stable = stable

    async def start(self, local_url: str) -> TunnelInfo:
        return TunnelInfo(self.names.pop(0), self.stable, self.provider)

    async def stop(self) -> None:
        return None


async def called(app: ChatApp, token: str, origin: str) -> int:
    return (await ChatApp(app.door, origin, app.client_id).call(token)).status_code


async def test_each_allowed_origin_has_its_own_issuer_and_resource(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        for origin in (PUBLIC_URL, door.local, f"http://127.0.0.1:{door.port}", f"http://[::1]:{door.port}"):
            document = (await door.get("/.well-known/oauth-authorization-server", origin=origin)).json()
            assert document["issuer"] == origin
            assert document["token_endpoint"] == f"{origin}/token"
            resource = (await door.get("/.well-known/oauth-protected-resource/mcp", origin=origin)).json()
            assert resource["resource"] == f"{origin}/mcp"
            assert resource["authorization_servers"] == [origin]


async def test_a_token_of_one_origin_is_refused_at_every_other(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        numeric = f"http://127.0.0.1:{door.port}"
        origins = (PUBLIC_URL, door.local, numeric)
        for origin in origins:
            signed = await sign_in_at(door, origin)
            for other in origins:
                expected = 200 if other == origin else 401
                assert await called(signed[0], signed[1]["access_token"], other) == expected


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
        # The same browser comes back by another name of this computer, with its cookie.
        local = door.browser()
        local.cookies[f"homeport_{door.port}"] = browser.cookies["__Host-homeport"]
        shown = await local.get(path)
        location = (await local.get(way_on(shown))).headers["location"]
        assert "iss=https%3A%2F%2Fhome.invalid" in location


async def test_when_the_public_origin_changes_the_old_one_leaves_at_once_and_its_grants_live_again_only_with_it(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, answer = await sign_in_at(door, PUBLIC_URL)
        token = answer["access_token"]
        door.engine._tunnel = Names(OTHER_URL, PUBLIC_URL)
        await restarted(door)
        assert await called(app, token, PUBLIC_URL) == 421
        assert await called(app, token, OTHER_URL) == 401  # refused, not moved
        other = ChatApp(door, OTHER_URL, app.client_id)
        assert (await other.refresh(answer["refresh_token"])).json()["error"] == "invalid_grant"
        await restarted(door)
        assert await called(app, token, PUBLIC_URL) == 200
        assert (await app.refresh(answer["refresh_token"])).status_code == 200


async def restarted(door: Door) -> None:
    await door.engine.stop()
    await door.engine.start()


async def test_grants_of_a_tunnel_whose_name_is_not_stable_are_revoked_when_it_ends(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        door.engine._tunnel = Names(PUBLIC_URL, PUBLIC_URL, stable=False)
        await restarted(door)
        app, answer = await sign_in_at(door, PUBLIC_URL)
        _, local = await sign_in_at(door, door.local)
        assert await called(app, answer["access_token"], PUBLIC_URL) == 200
        await restarted(door)  # the same name: somebody else may have had it in between
        assert await called(app, answer["access_token"], PUBLIC_URL) == 401
        assert (await app.refresh(answer["refresh_token"])).json()["error"] == "invalid_grant"
        assert await called(app, local["access_token"], door.local) == 200


async def test_a_crash_of_an_unstable_tunnel_leaves_no_grant_alive(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        door.engine._tunnel = Names(PUBLIC_URL, OTHER_URL, PUBLIC_URL, stable=False)
        await restarted(door)
        app, answer = await sign_in_at(door, PUBLIC_URL)
        door.engine._tunnel_info = None  # as after a kill: nobody could say goodbye
        await restarted(door)
        await restarted(door)
        assert await called(app, answer["access_token"], PUBLIC_URL) == 401
