"""Grants whose tools call a backend with the person's own Privy token: they end with it, or are renewed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from homeport import App, Backend
from tests.auth.door import Signed
from tests.auth.privy_door import PrivyDoor, open_privy_door
from tests.backend.reference import ReferenceBackend, Reply, reachable
from tests.privy.apps import EmulatedApp
from tests.privy.faults import REFUSE

ALICE = "alice@example.com"
BOB = "bob@example.com"
HOUR = 3600
CHATGPT = "https://chatgpt.com/connector_platform_oauth_redirect"


def asking_app() -> App:
    app = App("Asking")

    @app.tool(effect="read")
    async def who(backend: Backend) -> dict[str, str]:
        """Ask the backend who calls."""
        return await backend.get("who", into=dict[str, str])

    return app


@dataclass
class Scene:
    at: PrivyDoor
    backend: ReferenceBackend

    async def who(self, signed: Signed, access: str = "") -> int:
        """The status of a call that reaches the backend."""
        return (await signed.app.call(access or signed.access, "who")).status_code


@asynccontextmanager
async def scene(folder: Path, **options: str) -> AsyncIterator[Scene]:
    backend = ReferenceBackend()
    async with reachable(backend) as url:
        chosen = {"backend_url": f"{url}/v1", "backend_auth": "privy", **options}
        async with open_privy_door(folder, app=asking_app(), privy=EmulatedApp(token_ttl=HOUR), **chosen) as at:
            yield Scene(at, backend)


async def _stays(at: PrivyDoor, email: str) -> Signed:
    """Signs in on a page that hands over what renews the session."""
    person = at.privy.sign_in(email)
    app = await at.door.register()
    browser, path = await at.knock(app)
    more = {"refresh_token": person.refresh_token, "privy_access_token": person.privy_access_token}
    assert (await at.hand_over(browser, path, person, **more)).status_code == 200
    said = await at.consent(app, browser, path)
    exchanged = await app.exchange(said["code"])
    assert exchanged.status_code == 200, exchanged.text
    return Signed(app, browser, said["code"], exchanged.json())


async def test_the_backend_gets_the_persons_own_token_and_nothing_of_chatgpts(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        signed = await on.at.sign_in(ALICE)
        assert await on.who(signed) == 200
        [seen] = on.backend.seen
        assert seen.bearer == on.at.privy.sessions.latest.token
        assert "x-privy-user-id" not in seen.headers
        assert signed.access not in str(seen.headers)


async def test_an_access_token_ends_no_later_than_the_privy_token_behind_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        signed = await on.at.sign_in(ALICE)
        assert 0 < signed.answer["expires_in"] <= HOUR
        on.at.door.clock.now += HOUR - 100
        again = (await signed.app.refresh(signed.refresh)).json()
        assert 0 < again["expires_in"] <= 100


async def test_once_the_privy_token_is_over_the_person_signs_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        signed = await on.at.sign_in(ALICE)
        on.at.door.clock.now += HOUR + 1
        assert await on.who(signed) == 401
        refused = await signed.app.refresh(signed.refresh)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        assert await on.at.door.count("privy_sessions") == 0
        [grant] = await on.at.door.engine.grants()
        assert grant.state == "revoked"
        assert on.backend.seen == []


async def test_a_refusal_of_the_backend_shows_chatgpts_sign_in(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        app = await on.at.door.register(public=False, redirect_uri="http://127.0.0.1:4567/callback")
        signed = await on.at.sign_in(ALICE, app=app)
        on.backend.replies(Reply(401, {"error": "expired"}))
        answer = await signed.app.call(signed.access, "who")
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_no_privy_token_is_stored_in_clear_and_none_after_a_no(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        app = await on.at.door.register()
        browser, path = await on.at.knock(app)
        person = on.at.privy.sign_in(ALICE)
        more = {"refresh_token": person.refresh_token, "privy_access_token": person.privy_access_token}
        await on.at.hand_over(browser, path, person, **more)
        stored = await on.at.door.everything_stored()
        assert await on.at.door.count("privy_sessions") == 1
        for token in (person.token, person.identity_token, person.refresh_token, person.privy_access_token):
            assert token
            assert token not in stored
        assert (await on.at.consent(app, browser, path, "deny"))["error"] == "access_denied"
        assert await on.at.door.count("privy_sessions") == 0


async def test_revoking_a_grant_or_removing_the_person_wipes_the_privy_token(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        await on.at.sign_in(ALICE)
        await on.at.sign_in(BOB)
        assert await on.at.door.count("privy_sessions") == 2
        [mine, _] = await on.at.door.engine.grants()
        await on.at.door.engine.revoke_grant(mine.grant_id)
        assert await on.at.door.count("privy_sessions") == 1
        for person in await on.at.door.engine.people():
            await on.at.door.engine.remove_person(person.person_id)
        assert await on.at.door.count("privy_sessions") == 0


async def test_who_stays_signed_in_is_never_asked_again_while_privy_renews(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        signed = await _stays(on.at, ALICE)
        access, refresh = signed.access, signed.refresh
        for _ in range(30):
            on.at.door.clock.now += HOUR - 60
            answer = await signed.app.refresh(refresh)
            assert answer.status_code == 200, answer.text
            access, refresh = answer.json()["access_token"], answer.json()["refresh_token"]
            assert answer.json()["expires_in"] > HOUR - 120
            assert await on.who(signed, access) == 200
            assert on.backend.seen[-1].bearer == on.at.privy.sessions.latest.token


async def test_any_refusal_of_privys_ends_in_a_new_sign_in(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        signed = await _stays(on.at, ALICE)
        [person] = await on.at.door.engine.people()
        on.at.privy.sessions.revoke_user(person.person_id)
        on.at.door.clock.now += HOUR + 1
        refused = await signed.app.refresh(signed.refresh)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


async def test_an_outage_of_privys_logs_nobody_out(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        signed = await _stays(on.at, ALICE)
        on.at.door.clock.now += HOUR + 1
        on.at.privy.down["*"] = REFUSE
        away = await signed.app.refresh(signed.refresh)
        assert (away.status_code, away.json()["error"]) == (503, "temporarily_unavailable")
        del on.at.privy.down["*"]
        back = await signed.app.refresh(signed.refresh)
        assert back.status_code == 200, back.text
        assert await on.who(signed, back.json()["access_token"]) == 200


async def test_a_page_keeps_no_session_of_its_own_where_the_server_renews_it(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        browser, path = await on.at.knock(await on.at.door.register())
        assert "&#34;keep_session&#34;: false" in (await browser.get(path)).text


async def test_consent_says_when_the_person_will_sign_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        browser, path = await on.at.knock(await on.at.door.register())
        await on.at.hand_over(browser, path, on.at.privy.sign_in(ALICE))
        assert "When your sign-in at Privy ends" in (await browser.get(path)).text
