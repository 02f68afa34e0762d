"""What somebody with an account of the same Privy app may try: floods, races between tabs, a no that is evaded."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.auth.door import PUBLIC_URL, Browser, ChatApp, code_on
from tests.auth.privy_door import PrivyDoor, hand_over, open_privy_door
from tests.auth.test_privy_grants import scene

ALICE = "alice@example.com"
MALLORY = "mallory@example.com"
MALLORYS_SECOND = "mallory2@example.com"
HOME, ELSEWHERE = "203.0.113.9", "198.51.100.1"


async def _signed_in(at: PrivyDoor, app: ChatApp, email: str, browser: Browser, **changes: str) -> str:
    """A request of this browser whose person has signed in: its path."""
    page = await browser.open(app.link(**changes))
    assert 'id="sign-in"' in page.text, page.text
    path = page.request.url.path
    assert (await at.hand_over(browser, path, at.privy.sign_in(email))).status_code == 200
    return str(path)


@pytest.mark.parametrize("people", ["invite", "open"])
async def test_one_account_that_signs_in_again_and_again_ends_nobody_elses_sign_in(
    people: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.auth.authorization.MOST_STORED", 40)
    async with open_privy_door(tmp_path, public_url=PUBLIC_URL, people=people) as at:
        await at.door.engine.invite(ALICE)
        app = await at.door.register(public=True)
        honest, path = await at.knock(app, browser=at.door.browser(public=True, address=HOME))
        for number in range(45):
            at.door.clock.now += 1
            mallory = at.door.browser(public=True, address=f"198.51.{number}.1")
            await _signed_in(at, app, MALLORY, mallory)
        assert await at.door.count("authorization_requests") <= 40
        answer = await at.hand_over(honest, path, at.privy.sign_in(ALICE))
        assert answer.status_code == 200, answer.text
        # Nor does one more of the flood end the sign-in of whoever is about to consent.
        await _signed_in(at, app, MALLORY, at.door.browser(public=True, address=ELSEWHERE))
        assert ALICE in (await honest.get(path)).text


async def test_many_accounts_of_one_network_end_nobody_elses_sign_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.auth.authorization.MOST_STORED", 20)
    async with open_privy_door(tmp_path, public_url=PUBLIC_URL) as at:
        app = await at.door.register(public=True)
        honest = at.door.browser(public=True, address=HOME)
        path = await _signed_in(at, app, ALICE, honest)
        for number in range(30):
            at.door.clock.now += 1
            mallory = at.door.browser(public=True, address=ELSEWHERE)
            await _signed_in(at, app, f"mallory{number}@example.com", mallory)
        assert await at.door.count("authorization_requests") <= 20
        assert ALICE in (await honest.get(path)).text


async def test_a_flood_of_new_accounts_does_not_take_the_person_from_a_code_that_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.people.admission.MOST_NEVER_ADMITTED", 5)
    async with open_privy_door(tmp_path, public_url=PUBLIC_URL, people="invite") as at:
        app = await at.door.register(public=True)
        honest = at.door.browser(public=True, address=HOME)
        path = await _signed_in(at, app, ALICE, honest)
        code = code_on(await honest.get(path))
        for number in range(12):
            at.door.clock.now += 1
            mallory = at.door.browser(public=True, address=ELSEWHERE)
            await _signed_in(at, app, f"mallory{number}@example.com", mallory)
        await at.door.approve(code, other_network=True)
        assert ALICE in (await honest.get(path)).text


async def test_a_no_of_the_owners_is_not_evaded_by_another_account(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        app = await at.door.register()
        browser = at.door.browser()
        path = await _signed_in(at, app, MALLORY, browser)
        await at.door.engine.deny(None)
        await browser.post(f"{path}/switch")
        await at.hand_over(browser, path, at.privy.sign_in(MALLORYS_SECOND))
        assert await at.door.engine.pending() == []
        assert app.came_back(await browser.get(f"{path}/continue"))["error"] == "access_denied"


async def test_who_switches_after_the_owners_yes_is_asked_about_as_who_they_are_then(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        browser = at.door.browser()
        path = await _signed_in(at, await at.door.register(), ALICE, browser)
        await at.door.approve(code_on(await browser.get(path)))
        await browser.post(f"{path}/switch")
        assert 'id="sign-in"' in (await browser.get(path)).text
        await at.hand_over(browser, path, at.privy.sign_in(MALLORY))
        page = await browser.get(path)
        assert MALLORY in page.text
        assert ALICE not in page.text
        assert code_on(page)


async def test_a_yes_to_one_person_is_never_a_yes_to_another(tmp_path: Path) -> None:
    """The consent page of one tab was made before another tab signed in as somebody else."""
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        browser = at.door.browser()
        path = await _signed_in(at, app, ALICE, browser)
        old = await browser.get(path)
        shown = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', old.text))
        await browser.post(f"{path}/switch")
        await at.hand_over(browser, path, at.privy.sign_in(MALLORY))
        await browser.post(f"{path}/consent", {**shown, "write": "yes", "answer": "allow"})
        page = await browser.get(path)
        assert MALLORY in page.text
        assert "Use another account" in page.text
        assert (await browser.get(f"{path}/continue")).status_code == 410


async def test_a_no_that_comes_after_a_yes_takes_nothing_from_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        app = await on.at.door.register()
        browser = on.at.door.browser()
        path = await _signed_in(on.at, app, ALICE, browser)
        await browser.post(f"{path}/consent", {"answer": "allow", "write": "yes"})
        await browser.post(f"{path}/cancel")
        said = app.came_back(await browser.get(f"{path}/continue"))
        tokens = await app.exchange(said["code"])
        assert tokens.status_code == 200, tokens.text
        answer = await app.call(tokens.json()["access_token"], "who")
        assert answer.status_code == 200


async def test_many_hand_overs_at_once_ask_privy_once(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        browser, path = await at.knock(await at.door.register())
        token = at.privy.sign_in(MALLORY).token
        answers = await asyncio.gather(*(hand_over(browser, path, {"token": token}) for _ in range(20)))
        assert {answer.status_code for answer in answers} == {200}
        asked = [seen for seen in at.privy.requests if seen.request.endpoint.startswith("GET /v1/users/")]
        assert len(asked) == 1


async def test_sign_ins_at_once_make_one_wallet(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, privy_create_wallet="users-without-wallets") as at:
        app = await at.door.register()
        alice = at.privy.sign_in(ALICE)
        pages = [await at.knock(app) for _ in range(5)]
        await asyncio.gather(*(at.hand_over(browser, path, alice) for browser, path in pages))
        await at.privy.saw(f"POST /v1/users/{alice.did}/wallets")
        made = [seen for seen in at.privy.requests if seen.request.endpoint.endswith("/wallets")]
        assert len(made) == 1


@pytest.mark.parametrize("comes_back_to", ["", "/state"], ids=["page", "script"])
async def test_a_stranger_gets_a_wallet_only_once_the_owner_has_let_them_in(comes_back_to: str, tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite", privy_create_wallet="users-without-wallets") as at:
        await at.door.engine.invite(ALICE)
        app = await at.door.register()
        browser = at.door.browser()
        path = await _signed_in(at, app, MALLORY, browser)
        # Made for the invited one; a wallet for the stranger before her would be there by then.
        await _signed_in(at, app, ALICE, at.door.browser())
        await at.privy.saw(f"POST /v1/users/{at.privy.sign_in(ALICE).did}/wallets")
        stranger = f"/v1/users/{at.privy.sign_in(MALLORY).did}"
        assert [seen.request.endpoint for seen in at.privy.requests if seen.request.path.startswith(stranger)] == []
        await at.door.approve(code_on(await browser.get(path)))
        await browser.get(f"{path}{comes_back_to}")
        await at.privy.saw(f"POST {stranger}/wallets")
        await browser.get(path)
        assert len(at.privy.asked(f"POST {stranger}/wallets")) == 1


async def test_nobody_gets_a_wallet_where_that_was_not_chosen(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        await at.sign_in(ALICE)
        # Each asks Privy's API and waits for its answer, as a wallet for the first would have had to.
        for email in (MALLORY, MALLORYS_SECOND):
            await at.sign_in(email, identity_token=None)
        assert [seen for seen in at.privy.requests if seen.request.endpoint.endswith("/wallets")] == []


async def test_a_stranger_who_calls_themself_an_address_is_not_taken_for_its_owner(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people="invite") as at:
        await at.door.engine.invite(ALICE)
        browser = at.door.browser()
        path = await _signed_in(at, await at.door.register(), MALLORY, browser)
        did = at.privy.sign_in(MALLORY).did
        renamed = "UPDATE people SET name = :name WHERE person_id = :did"
        await at.door.query(lambda tx: tx.execute(renamed, name=ALICE, did=did))
        removed = await at.door.engine.remove_person(ALICE)
        assert (removed.person_id, removed.invitations) == ("", [ALICE])
        assert await at.door.engine.invitations() == []
        assert path


async def _by_google(at: PrivyDoor, email: str, account: str) -> dict[str, str]:
    """The tokens of another account of the app that proves the same address by way of Google."""
    other = at.privy.sign_in(account)
    proof = json.dumps([{"type": "google_oauth", "email": email, "subject": "7", "lv": 1}])
    return {"token": other.token, "identity_token": at.privy.mint.identity_token(other.did, linked_accounts=proof)}


@pytest.mark.parametrize("people", ["invite", "open", "example.com"])
async def test_whoever_is_blocked_does_not_come_back_by_another_way_to_sign_in(people: str, tmp_path: Path) -> None:
    async with open_privy_door(tmp_path, people=people) as at:
        app = await at.door.register()
        await at.door.engine.invite(MALLORY)
        await at.sign_in(MALLORY, app=app)
        await at.door.engine.block_person(MALLORY)
        await at.door.engine.invite(MALLORY)
        browser, path = await at.knock(app)
        # Not even once the blocked account has given the address away.
        before = at.privy.sign_in(MALLORY)
        none = at.privy.mint.identity_token(before.did, linked_accounts="[]")
        assert (await at.hand_over(browser, path, before, identity_token=none)).status_code == 403
        answer = await hand_over(browser, path, await _by_google(at, MALLORY, "throwaway@example.org"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_admitted")
        assert 'id="sign-in"' in (await browser.get(path)).text


async def test_a_second_account_of_a_blocked_address_gets_no_new_tokens_until_it_is_unblocked(tmp_path: Path) -> None:
    async with open_privy_door(tmp_path) as at:
        app = await at.door.register()
        first = await at.sign_in(MALLORY, app=app)
        browser, path = await at.knock(app)
        assert (
            await hand_over(browser, path, await _by_google(at, MALLORY, "throwaway@example.org"))
        ).status_code == 200
        said = await at.consent(app, browser, path)
        second = (await app.exchange(said["code"])).json()
        blocked = at.privy.sign_in(MALLORY).did
        await at.door.engine.block_person(blocked)
        assert (await app.refresh(first.refresh)).json()["error"] == "invalid_grant"
        assert (await app.refresh(second["refresh_token"])).json()["error"] == "invalid_grant"
        await at.door.engine.unblock_person(blocked)
        assert (await app.refresh(second["refresh_token"])).status_code == 200
