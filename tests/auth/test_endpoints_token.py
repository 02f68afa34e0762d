"""/token, /revoke, /introspect and /userinfo over HTTP: forms in, JSON out, nothing kept by caches."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.auth.door import Door, Signed, open_door

CALLED_BY_CLIENTS = ("/token", "/revoke", "/introspect")


async def introspected(door: Door, token: str, bearer: str, **form: str) -> dict[str, object]:
    answer = await door.form("/introspect", {"token": token, **form}, authorization=f"Bearer {bearer}")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_the_whole_way_of_a_strict_client(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        assert (await signed.app.call(signed.access)).status_code == 200
        refreshed = await signed.app.refresh(signed.refresh)
        assert refreshed.status_code == 200
        await door.restart()
        assert (await signed.app.call(refreshed.json()["access_token"])).status_code == 200
        assert (await signed.app.call(signed.access)).status_code == 200


async def test_no_answer_with_a_token_or_about_one_is_kept_by_a_cache(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        answers = [
            await signed.app.refresh(signed.refresh),
            await signed.app.refresh("nothing"),
            await door.form("/introspect", {"token": signed.access}, authorization=f"Bearer {signed.access}"),
            await door.form("/revoke", {"token": "x", "client_id": signed.app.client_id}),
            await door.get("/userinfo"),
        ]
        for answer in answers:
            assert answer.headers["cache-control"] == "no-store"


async def test_every_refusal_is_json_with_an_rfc_error_code_and_echoes_nothing(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        me = {"client_id": signed.app.client_id}
        for form, status, error in (
            ({}, 400, "invalid_request"),
            ({"grant_type": ""}, 400, "invalid_request"),
            ({"grant_type": "password", **me}, 400, "unsupported_grant_type"),
            ({"grant_type": "client_credentials", **me}, 400, "unsupported_grant_type"),
            ({"grant_type": "authorization_code", **me}, 400, "invalid_request"),
            ({"grant_type": "authorization_code", "code": "canary", **me}, 400, "invalid_request"),
            ({"grant_type": "refresh_token", **me}, 400, "invalid_request"),
            ({"grant_type": "refresh_token", "refresh_token": "canary", **me}, 400, "invalid_grant"),
            ({"grant_type": "refresh_token", "refresh_token": "canary"}, 401, "invalid_client"),
            ({"grant_type": "refresh_token", "refresh_token": "canary", "client_id": "canary"}, 401, "invalid_client"),
            ({"grant_type": "refresh_token", "refresh_token": "x", "client_secret": "s", **me}, 401, "invalid_client"),
        ):
            answer = await door.form("/token", form)
            assert (answer.status_code, answer.json()["error"]) == (status, error), form
            assert set(answer.json()) == {"error", "error_description"}
            assert "canary" not in answer.text


async def test_a_client_that_sends_a_secret_in_a_header_is_told_that_there_is_none(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        form = {"grant_type": "refresh_token", "refresh_token": "x"}
        answer = await door.form("/token", form, authorization="Basic YTpi")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")


async def test_a_repeated_parameter_is_invalid_request_and_uses_nothing_up(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        body = f"grant_type=refresh_token&refresh_token={signed.refresh}&client_id={signed.app.client_id}"
        for again in ("&refresh_token=x", "&client_id=x", "&grant_type=refresh_token", "&unknown=1&unknown=2"):
            answer = await door.send(
                "POST",
                "/token",
                content=body + again,
                headers={"content-type": "application/x-www-form-urlencoded"},
            )
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        assert (await signed.app.refresh(signed.refresh)).status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "*/*"])
async def test_only_forms_are_read(tmp_path: Path, kind: str) -> None:
    async with open_door(tmp_path) as door:
        for path in CALLED_BY_CLIENTS:
            answer = await door.send("POST", path, content="grant_type=refresh_token", headers={"content-type": kind})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_form_with_a_charset_is_a_form(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        body = f"grant_type=refresh_token&refresh_token={signed.refresh}&client_id={signed.app.client_id}"
        kind = "Application/X-WWW-Form-Urlencoded; charset=UTF-8"
        answer = await door.send("POST", "/token", content=body, headers={"content-type": kind})
        assert answer.status_code == 200


async def test_parallel_exchanges_of_one_code_give_tokens_once(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        await door.approve(page.text.split('data-approval-code="')[1][:6])
        code = await door.walk_back(app, browser, page)
        answers = await asyncio.gather(*(app.exchange(code) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_four_parallel_refreshes_all_get_200_and_the_identical_refresh_token(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        answers = await asyncio.gather(*(signed.app.refresh(signed.refresh) for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1
        assert len({answer.json()["access_token"] for answer in answers}) == 4


async def test_a_revoked_token_is_refused_on_the_next_message(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for token in ("access", "refresh"):
            signed = await door.sign_in()
            assert (await signed.app.call(signed.access)).status_code == 200
            form = {"token": getattr(signed, token), "client_id": signed.app.client_id}
            answer = await door.form("/revoke", form)
            assert (answer.status_code, answer.text) == (200, "")
            refused = await signed.app.call(signed.access)
            assert refused.status_code == 401
            assert "invalid_token" in refused.headers["www-authenticate"]


async def test_the_owner_revokes_a_grant_and_it_counts_on_the_next_message(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed, other = await door.sign_in(), await door.sign_in()
        grants = await door.engine.grants()
        assert len(grants) == 2
        await door.engine.revoke_grant(grants[0].grant_id)
        statuses = [(await one.app.call(one.access)).status_code for one in (signed, other)]
        assert sorted(statuses) == [200, 401]


async def test_revoke_by_an_unknown_client_is_401_and_of_a_foreign_or_unknown_token_200_without_effect(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        thief = await door.register(name="Thief")
        answer = await door.form("/revoke", {"token": signed.refresh, "client_id": "unknown"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert (await door.form("/revoke", {"client_id": thief.client_id})).status_code == 400
        for token in (signed.refresh, signed.access, "unknown", "\x00"):
            answer = await door.form("/revoke", {"token": token, "client_id": thief.client_id})
            assert answer.status_code == 200
        assert (await signed.app.call(signed.access)).status_code == 200


async def test_a_bearer_introspects_the_tokens_of_its_own_grant_and_no_others(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        mine, theirs = await door.sign_in(), await door.sign_in()
        about = await introspected(door, mine.access, mine.access)
        assert about["active"] is True
        assert about["aud"] == mine.app.resource
        assert about["iss"] == door.local
        assert about["client_id"] == mine.app.client_id
        assert (await introspected(door, mine.refresh, mine.access))["active"] is True
        for token in (theirs.access, theirs.refresh, "unknown", "\x00", mine.access[:-2]):
            assert await introspected(door, token, mine.access) == {"active": False}
        newer = (await mine.app.refresh(mine.refresh)).json()
        assert await introspected(door, mine.refresh, newer["access_token"]) == {"active": False}


async def test_a_bare_client_id_introspects_nothing_and_is_401(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        for headers in ({}, {"authorization": "Bearer"}, {"authorization": "Basic YTpi"}):
            form = {"token": signed.access, "client_id": signed.app.client_id}
            answer = await door.form("/introspect", form, **headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        answer = await door.form("/introspect", {"token": signed.access}, authorization="Bearer x.y.z")
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


async def userinfo(door: Door, signed: Signed) -> int:
    answer = await door.get("/userinfo", authorization=f"Bearer {signed.access}")
    return answer.status_code


async def test_userinfo_takes_openid_access_tokens_only(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        assert await userinfo(door, signed) == 403
        for header in ("", "Bearer x", f"Bearer {signed.refresh}", f"Basic {signed.access}"):
            answer = await door.get("/userinfo", authorization=header)
            assert answer.status_code == 401
            assert "invalid_token" in answer.headers["www-authenticate"]


async def test_a_missing_scope_is_403_with_the_challenge(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in(scope="read offline_access")
        answer = await signed.app.call(signed.access, "note", text="x")
        assert answer.status_code == 403
        challenge = answer.headers["www-authenticate"]
        assert 'error="insufficient_scope"' in challenge
        assert "write" in challenge
        assert f'resource_metadata="{door.local}/.well-known/oauth-protected-resource/mcp"' in challenge


async def test_the_first_401_names_all_scopes_the_apps_tools_need(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        answer = await door.send("POST", "/mcp", json={})
        assert answer.status_code == 401
        assert 'scope="read write"' in answer.headers["www-authenticate"]


async def test_a_refresh_whose_asker_has_hung_up_is_left_undone_and_can_be_asked_again_much_later(
    tmp_path: Path,
) -> None:
    """As after minutes in which this computer stood still: what was asked is read now, and nobody waits for it."""
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        form = urlencode(
            {"grant_type": "refresh_token", "refresh_token": signed.refresh, "client_id": signed.app.client_id}
        )
        head = f"POST /token HTTP/1.1\r\nHost: localhost:{door.port}\r\nContent-Type: application/x-www-form-urlencoded"
        request = f"{head}\r\nContent-Length: {len(form)}\r\n\r\n{form}".encode()
        for _ in range(10):
            with socket.create_connection(("127.0.0.1", door.port)) as asker:
                asker.sendall(request)
        for _ in range(30):
            assert (await signed.app.call(signed.access)).status_code == 200
        assert await door.count("refresh_tokens") == 1
        door.clock.now += 600
        assert (await signed.app.refresh(signed.refresh)).status_code == 200
