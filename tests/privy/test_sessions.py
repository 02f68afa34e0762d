"""Refresh, reuse, logout, and the three kinds of token."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest

from tests.auth.outside import HandClock
from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import Page, page, refusal


def claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


async def refresh(visitor: Page, tokens: dict[str, Any], **changed: Any) -> Any:
    body = {"refresh_token": changed.get("refresh_token", tokens["refresh_token"])}
    return await visitor.post("/sessions", body, bearer=changed.get("bearer", tokens["privy_access_token"]))


async def test_the_kinds_of_token_have_the_claims_that_tell_them_apart() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        answer = await visitor.sign_in(privy)
    app_id, did = privy.app.app_id, answer["user"]["id"]
    app_token, own = claims(answer["token"]), claims(answer["privy_access_token"])
    identity = claims(answer["identity_token"])
    assert set(app_token) == {"sid", "iss", "iat", "aud", "sub", "exp"}
    assert (app_token["aud"], app_token["sub"], app_token["iss"]) == (app_id, did, "privy.io")
    assert app_token["exp"] - app_token["iat"] == 3600
    assert (own["aud"], own["att"], own["aid"], own["sid"]) == ("auth.privy.io", "pat", app_id, app_token["sid"])
    assert "sid" not in identity
    assert json.loads(identity["linked_accounts"])[0]["address"] == "owner@example.com"
    assert identity["cr"] == str(answer["user"]["created_at"])


async def test_a_refresh_rotates_everything_within_the_session() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy)
        second = (await refresh(visitor, first)).json()
        assert second["session_update_action"] == "set"
        for name in ("token", "privy_access_token", "refresh_token"):
            assert second[name] != first[name]
        assert claims(second["token"])["sid"] == claims(first["token"])["sid"]


async def test_a_used_refresh_token_ends_the_session() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy)
        second = (await refresh(visitor, first)).json()
        reused = await refresh(visitor, first, bearer=second["privy_access_token"])
        assert refusal(reused) == (401, "missing_or_invalid_token")
        assert refusal(await refresh(visitor, second)) == (401, "missing_or_invalid_token")
        assert len(privy.sessions) == 0


async def test_a_refresh_needs_the_sessions_latest_bearer() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy)
        other = await visitor.sign_in(privy)
        none = await visitor.post("/sessions", {"refresh_token": first["refresh_token"]})
        assert refusal(none) == (400, "missing_or_invalid_token")
        nothing = await visitor.post("/sessions", {}, bearer=first["privy_access_token"])
        assert refusal(nothing) == (400, "missing_or_invalid_token")
        for bearer in (first["token"], other["privy_access_token"], first["identity_token"]):
            assert refusal(await refresh(visitor, first, bearer=bearer)) == (401, "missing_or_invalid_token")
        second = (await refresh(visitor, first)).json()
        old_bearer = await refresh(visitor, second, bearer=first["privy_access_token"])
        assert refusal(old_bearer) == (401, "missing_or_invalid_token")


async def test_expired_tokens_can_be_refreshed_until_the_refresh_token_ends() -> None:
    clock = HandClock()
    async with PrivyEmulator(clock=clock) as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy)
        clock.now += 7200
        stale = await visitor.ask("GET", "/users/me", bearer=first["privy_access_token"])
        assert refusal(stale) == (401, "missing_or_invalid_token")
        second = (await refresh(visitor, first)).json()
        assert (await visitor.ask("GET", "/users/me", bearer=second["privy_access_token"])).status_code == 200
        clock.now += privy.app.refresh_ttl
        assert refusal(await refresh(visitor, second)) == (401, "missing_or_invalid_token")


async def test_a_session_stays_with_its_app_client_and_its_lifetime() -> None:
    app = EmulatedApp(clients={"client-1": AppClient(token_ttl=60)})
    async with PrivyEmulator(app) as privy, page(privy) as visitor:
        visitor.headers["privy-client-id"] = "client-1"
        tokens = await visitor.sign_in(privy)
        assert claims(tokens["token"])["exp"] - claims(tokens["token"])["iat"] == 60
        visitor.headers["privy-client-id"] = None
        assert refusal(await refresh(visitor, tokens)) == (400, "missing_or_invalid_privy_client_id")
        me = await visitor.ask("GET", "/users/me", bearer=tokens["privy_access_token"])
        assert refusal(me) == (401, "missing_or_invalid_token")


async def test_ignore_keeps_the_tokens_and_clear_ends_the_session() -> None:
    clock = HandClock()
    async with PrivyEmulator(EmulatedApp(refresh="ignore-while-valid"), clock=clock) as privy, page(privy) as visitor:
        first = await visitor.sign_in(privy)
        ignored = (await refresh(visitor, first)).json()
        assert (ignored["session_update_action"], ignored["token"], ignored["refresh_token"]) == ("ignore", None, None)
        clock.now += 3600
        second = (await refresh(visitor, first)).json()
        assert second["session_update_action"] == "set"
        privy.app.refresh = "clear"
        cleared = (await refresh(visitor, second)).json()
        assert (cleared["session_update_action"], cleared["token"]) == ("clear", None)
        privy.app.refresh = "set"
        assert refusal(await refresh(visitor, second)) == (401, "missing_or_invalid_token")


@pytest.mark.parametrize("kind", ["token", "identity_token"])
async def test_only_the_privy_access_token_opens_privys_own_api(kind: str) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        answer = await visitor.sign_in(privy)
        assert refusal(await visitor.ask("GET", "/users/me", bearer=answer[kind])) == (401, "missing_or_invalid_token")


async def test_an_app_without_privy_access_and_identity_tokens_uses_its_app_token() -> None:
    app = EmulatedApp(privy_access_tokens=False, identity_tokens=False)
    async with PrivyEmulator(app) as privy, page(privy) as visitor:
        answer = await visitor.sign_in(privy)
        assert answer["privy_access_token"] is None
        assert "identity_token" not in answer
        me = (await visitor.ask("GET", "/users/me", bearer=answer["token"])).json()
        assert me["identity_token"] is None
        assert (await refresh(visitor, answer, bearer=answer["token"])).status_code == 200


async def test_logout_ends_the_session_for_good() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        tokens = await visitor.sign_in(privy)
        body, bearer = {"refresh_token": tokens["refresh_token"]}, tokens["privy_access_token"]
        assert (await visitor.post("/sessions/logout", body, bearer=bearer)).json() == {"success": True}
        assert refusal(await visitor.post("/sessions/logout", body, bearer=bearer))[0] == 401
        assert refusal(await refresh(visitor, tokens)) == (401, "missing_or_invalid_token")
        assert refusal(await visitor.ask("GET", "/users/me", bearer=bearer)) == (401, "missing_or_invalid_token")


async def test_with_cookies_of_ones_own_domain_no_refresh_token_is_given() -> None:
    async with PrivyEmulator(EmulatedApp(custom_api_url="https://privy.home.example")) as privy, page(privy) as visitor:
        assert (await visitor.sign_in(privy))["refresh_token"] == "deprecated"
