"""Sign-in with Privy over HTTP: what the page hands over, whose request it is for, and who gets in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.auth.door import code_on
from tests.auth.privy_door import hand_over, open_privy_door
from tests.privy.faults import REFUSE
from tests.privy.people import phone_account, wallet_account

ALICE = "alice@example.com"
BOB = "bob@example.com"


async def test_a_person_signs_in_consents_and_calls_a_tool(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        signed = await at.sign_in(ALICE)
        answer = await signed.app.call(signed.access)
        assert answer.json()["result"]["structuredContent"] == {"result": "hello you"}
        [person] = await at.door.engine.people()
        assert (person.provider, person.email, person.admitted_as) == ("privy", ALICE, "open")
        assert person.person_id.startswith("did:privy:")


async def test_the_consent_page_names_the_person_and_waits_for_their_act(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        browser, path = await at.knock(app)
        answer = await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        assert answer.json() == {"next": path}
        page = await browser.get(path)
        assert ALICE in page.text
        assert "Use another account" in page.text
        assert (await browser.get(f"{path}/continue")).status_code == 410


@pytest.mark.parametrize("identity_token", [True, False], ids=["by the identity token", "by Privy's API"])
@pytest.mark.parametrize(
    ("account", "words"),
    [
        (phone_account("+4915123456789"), "phone …6789"),
        (wallet_account("0x" + "aB12" * 10, "eip155:1", "metamask", None), "wallet 0xaB12…aB12"),
        (wallet_account("0x" + "aB12" * 10, "eip155:1", "privy", None), ""),
    ],
    ids=["phone", "wallet", "a wallet that Privy made"],
)
async def test_the_consent_page_names_who_has_no_e_mail_by_what_they_know(
    tmp_path: Path, account: tuple[str, str, dict[str, Any]], words: str, identity_token: bool
) -> None:
    async with open_privy_door(tmp_path) as at:
        signed = at.privy.tenant(None).sign_in(account, None)
        did = signed["user"]["id"]
        browser, path = await at.knock(await at.door.register())
        given = {name: signed[name] for name in ("token", "identity_token")[: 1 + identity_token]}
        assert (await hand_over(browser, path, given)).status_code == 200
        page = re.sub(r"<[^>]*>", "", (await browser.get(path)).text)
        assert did not in page
        assert f"Privy account …{did[-6:]}" + (f" ({words})" if words else "") in page


async def test_a_denied_consent_goes_back_with_access_denied(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        browser, path = await at.knock(app)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        said = await at.consent(app, browser, path, "deny")
        assert said["error"] == "access_denied"


async def test_a_token_counts_only_for_the_browser_that_began_the_request(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        _, path = await at.knock(app)
        other, own_path = await at.knock(app)
        answer = await at.hand_over(other, path, at.privy.sign_in(ALICE))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_your_browser")
        assert 'id="sign-in"' in (await other.get(own_path)).text


async def test_another_site_cannot_hand_over_a_token(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        browser.origin, honest = "https://evil.example", browser.origin
        answer = await at.door.send(
            "POST",
            f"{path}/privy",
            origin=honest,
            json={"token": at.privy.sign_in(ALICE).token},
            headers={"origin": browser.origin, "cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies.items())},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "not_your_browser")


async def test_no_token_but_the_apps_own_is_a_sign_in(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        alice = at.privy.sign_in(ALICE)
        bad = {**at.privy.mint.bad_app_tokens(alice.did), "identity token": alice.identity_token or ""}
        bad["Privy's own"] = alice.privy_access_token or ""
        browser, path = await at.knock(await at.door.register())
        for name, token in bad.items():
            answer = await hand_over(browser, path, {"token": token})
            assert answer.status_code in (400, 401, 503), name
            assert (answer.json()["code"] == "token_expired") is name.startswith("expired"), name
        assert 'id="sign-in"' in (await browser.get(path)).text
        assert await at.door.count("people") == 0


async def test_an_identity_token_of_somebody_else_is_refused(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        alice, bob = at.privy.sign_in(ALICE), at.privy.sign_in(BOB)
        answer = await at.hand_over(browser, path, alice, identity_token=bob.identity_token)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_refused")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": 1},
        {"token": None},
        {"token": "x", "person": "did:privy:me"},
        ["token"],
        {"token": "x" * 70_000},
        {"token": ["a"] * 20_000},
    ],
)
async def test_a_malformed_body_is_an_error_and_changes_nothing(tmp_path: Path, body: Any) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        answer = await hand_over(browser, path, body)
        assert answer.status_code in (400, 401, 413)
        assert set(answer.json()) == {"code", "message", "hint"}
        assert 'id="sign-in"' in (await browser.get(path)).text


async def test_sign_in_goes_on_while_privy_is_down_once_its_keys_are_known(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        await at.sign_in(ALICE)
        app = await at.door.register()
        browser, path = await at.knock(app)
        bob = at.privy.sign_in(BOB)
        at.privy.down["*"] = REFUSE
        answer = await at.hand_over(browser, path, bob)
        assert answer.status_code == 200, answer.text


async def test_privy_out_of_reach_is_said_and_can_be_tried_again(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        await at.privy.saw(f"GET /api/v1/apps/{at.privy.app.app_id}/jwks.json")
        browser, path = await at.knock(await at.door.register())
        at.privy.rotate_keys()
        at.door.clock.now += 120
        alice = at.privy.sign_in(ALICE)
        at.privy.down["*"] = REFUSE
        answer = await at.hand_over(browser, path, alice)
        assert answer.status_code == 503
        assert answer.json()["code"] == "privy_unreachable"
        del at.privy.down["*"]
        at.door.clock.now += 120
        assert (await at.hand_over(browser, path, alice)).status_code == 200


async def test_a_second_hand_over_changes_nothing(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        answer = await at.hand_over(browser, path, at.privy.sign_in(BOB))
        assert answer.json() == {"next": path}
        assert ALICE in (await browser.get(path)).text


async def test_a_person_can_switch_to_another_account(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        browser, path = await at.knock(app)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        answer = await browser.send("POST", f"{path}/switch", form={})
        assert answer.headers["location"] == f"{path}?switch"
        page = await browser.get(f"{path}?switch")
        assert "&#34;switching&#34;: true" in page.text
        await at.hand_over(browser, path, at.privy.sign_in(BOB))
        shown = await browser.get(path)
        assert BOB in shown.text
        assert ALICE not in shown.text


async def test_a_second_client_is_asked_about_again(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        signed = await at.sign_in(ALICE)
        second = await at.door.register(name="Another")
        browser, path = await at.knock(second, browser=signed.browser)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        page = await browser.get(path)
        assert "Allow Another to use" in page.text


async def test_somebody_uninvited_is_let_in_by_the_code_on_their_page(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        app = await at.door.register()
        browser, path = await at.knock(app)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        page = await browser.get(path)
        assert "The owner must let you in" in page.text
        assert ALICE in page.text
        code = code_on(page)
        assert (await at.door.engine.preview_approval(code)).newcomer == ALICE
        approved = await at.door.approve(code, "ignored")
        assert approved.newcomer
        assert approved.person == ALICE
        said = await at.consent(app, browser, str((await browser.get(path)).request.url.path))
        assert "code" in said
        # From now on without a question.
        again, path = await at.knock(await at.door.register(name="Another"))
        await at.hand_over(again, path, at.privy.sign_in(ALICE))
        assert "Allow Another to use" in (await again.get(path)).text


async def test_a_friend_invited_by_email_gets_in_without_the_owner(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        await at.door.engine.invite("Alice@Example.com")
        signed = await at.sign_in(ALICE)
        assert (await signed.app.call(signed.access)).status_code == 200
        assert await at.door.engine.invitations() == []


async def test_the_owner_can_deny_somebody_new(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        app = await at.door.register()
        browser, path = await at.knock(app)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        await at.door.engine.deny(None)
        assert "not allowed" in (await browser.get(path)).text.lower()
        said = app.came_back(await browser.get(f"{path}/continue"))
        assert said["error"] == "access_denied"


async def test_who_waits_for_the_owner_can_use_another_account(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        await at.door.engine.invite(BOB)
        browser, path = await at.knock(await at.door.register())
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        old = code_on(await browser.get(path))
        await browser.send("POST", f"{path}/switch", form={})
        await at.hand_over(browser, path, at.privy.sign_in(BOB))
        assert BOB in (await browser.get(path)).text
        with pytest.raises(Exception, match="No waiting request shows this code"):
            await at.door.engine.preview_approval(old)


async def test_who_is_not_on_the_list_is_told_so_and_may_try_another_account(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="example.org,bob@example.com") as at:
        browser, path = await at.knock(await at.door.register())
        answer = await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        assert answer.status_code == 403
        assert answer.json()["code"] == "not_admitted"
        assert ALICE in answer.json()["message"]
        assert (await at.hand_over(browser, path, at.privy.sign_in(BOB))).status_code == 200


async def test_a_blocked_person_is_out_with_the_next_request_and_stays_out(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        signed = await at.sign_in(ALICE)
        assert (await signed.app.call(signed.access)).status_code == 200
        await at.door.engine.block_person(ALICE)
        assert (await signed.app.call(signed.access)).status_code == 401
        assert (await signed.app.refresh(signed.refresh)).json()["error"] == "invalid_grant"
        browser, path = await at.knock(signed.app)
        answer = await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_admitted")


async def test_who_left_the_list_gets_no_new_tokens(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="example.com") as at:
        signed = await at.sign_in(ALICE)
        at.door.engine.rooms.people.admission.policy = lambda: _only("example.org")
        assert (await signed.app.refresh(signed.refresh)).json()["error"] == "invalid_grant"


async def test_an_id_token_carries_the_email_that_privy_verified(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        browser = at.door.browser()
        page = await browser.open(app.link(scope="read openid email offline_access"))
        path = str(page.request.url.path)
        await at.hand_over(browser, path, at.privy.sign_in(ALICE))
        said = await at.consent(app, browser, path)
        answer = (await app.exchange(said["code"])).json()
        assert "id_token" in answer
        told = await at.door.get("/userinfo", authorization=f"Bearer {answer['access_token']}")
        assert told.json()["email"] == ALICE


async def test_wallets_are_made_for_people_without_one(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, privy_create_wallet="users-without-wallets") as at:
        signed = await at.sign_in(ALICE)
        assert signed.access
        [person] = await at.door.engine.people()
        await at.privy.saw(f"POST /v1/users/{person.person_id}/wallets")
        user = at.privy.users.get(person.person_id)
        assert user is not None
        assert user.has_wallet()


async def test_the_path_that_oauth_comes_back_to_shows_the_page_and_keeps_nothing(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        answer = await at.door.get("/authorize/privy?privy_oauth_code=canary&privy_oauth_state=x")
        assert answer.status_code == 200
        assert "canary" not in answer.text
        assert "&#34;request&#34;: null" in answer.text
        assert "set-cookie" not in answer.headers


async def test_the_page_may_reach_privy_and_nothing_else(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        page = await browser.get(path)
        policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["connect-src"] == "'self' https://auth.privy.io"
        assert policy["frame-ancestors"] == "'none'"
        assert "frame-src" not in policy
        script = policy["script-src"].split(" ")[0]
        asset = await at.door.get(script.removeprefix(at.door.local))
        assert asset.status_code == 200
        assert "immutable" in asset.headers["cache-control"]
        assert (await at.door.get("/authorize/assets/other.js")).status_code == 404


async def test_a_captchas_host_is_allowed_only_where_the_app_wants_one(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        at.privy.app.captcha = "turnstile"
        await at.door.engine.rooms.people.privy.warm()  # type: ignore[union-attr]
        browser, path = await at.knock(await at.door.register())
        policy = (await browser.get(path)).headers["content-security-policy"]
        assert "frame-src https://challenges.cloudflare.com" in policy


def _only(domain: str) -> Any:
    from homeport.people.admission import AdmissionPolicy

    return AdmissionPolicy.parse((domain,), serve=False)


async def test_a_missing_or_wrong_app_secret_is_said_in_the_status(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, secret="", people="bob@example.com") as at:
        assert any("no Privy app secret" in warning for warning in (await at.door.engine.status()).warnings)
        browser, path = await at.knock(await at.door.register())
        answer = await at.hand_over(browser, path, at.privy.sign_in(BOB), identity_token=None)
        assert "no verified e-mail address" in answer.json()["message"]
        await at.door.engine.set_secret("privy-app-secret", "wrong")
        await at.hand_over(browser, path, at.privy.sign_in(BOB), identity_token=None)
        assert any("refuses the app secret" in warning for warning in (await at.door.engine.status()).warnings)
        await at.door.engine.set_secret("privy-app-secret", at.privy.app.app_secret, confirmed=True)
        answer = await at.hand_over(browser, path, at.privy.sign_in(BOB), identity_token=None)
        assert answer.status_code == 200
        assert not any("app secret" in warning for warning in (await at.door.engine.status()).warnings)
