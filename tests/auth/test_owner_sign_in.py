"""The owner types the code the page shows: what that allows, to whom, for how long, and what nobody else learns."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from homeport.errors import ApprovalError, ApprovingPaused, NoSuchRequest, OtherNetwork, WrongCode
from tests.auth.door import Door, code_on, open_door, way_on


def wrong(code: str, step: int = 1) -> str:
    return f"{(int(code) + step) % 1_000_000:06d}"


async def five_wrong(door: Door, code: str) -> None:
    for step in range(1, 5):
        with pytest.raises(WrongCode):
            await door.approve(wrong(code, step))
    with pytest.raises(ApprovingPaused):
        await door.engine.preview_approval(wrong(code, 5))


async def test_the_page_shows_client_redirect_host_and_a_six_digit_code_and_names_no_tool_or_person(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path) as door:
        await door.sign_in()  # the owner exists, and so do tools
        app = await door.register(name="Some client")
        page = await door.browser().open(app.link())
        assert len(code_on(page)) == 6
        assert "Some client" in page.text
        assert "unverified name" in page.text
        assert "127.0.0.1" in page.text
        for secret in ("hello", "note", "forget", "Tiny", "per_", door.engine.rooms.auth.access.__class__.__module__):
            assert secret not in page.text


async def test_the_person_sees_what_the_code_allows_says_who_this_is_and_the_page_goes_on_by_itself(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        before = (await browser.get(f"{path}/state")).json()["version"]
        code = code_on(page)
        preview = await door.engine.preview_approval(f"{code[:3]} {code[3:]}")
        assert [tool.name for tool in preview.tools] == ["hello", "note", "forget"]
        assert preview.scopes == ["read", "write", "offline_access"]
        assert not preview.owner_exists  # so that "me" is offered first
        approved = await door.approve(code, "me")
        assert (approved.client, approved.person) == ("Strict", "me")
        assert (await browser.get(f"{path}/state")).json()["version"] != before
        shown = await browser.get(path)
        assert "code" in app.came_back(await browser.get(way_on(shown)))


async def test_me_is_offered_first_only_until_the_owner_exists(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        page = await door.browser().open(signed.app.link(state="2"))
        preview = await door.engine.preview_approval(code_on(page))
        assert preview.owner_exists
        assert [label for _, label in preview.people] == ["me"]


async def test_the_page_goes_on_without_script_too(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in page.text
        door.clock.now += 60
        page = await browser.get(page.request.url.path)
        assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page.text


async def test_friends_of_the_owner_are_persons_of_their_own(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        for who in ("me", "Friend", "friend"):
            await door.sign_in(who=who)
        people = await door.engine.people()
        assert {person.name: person.live_grants for person in people} == {"me": 1, "Friend": 2}


async def test_a_code_lives_five_minutes_and_the_page_then_offers_a_new_one(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        old, path = code_on(page), page.request.url.path
        door.clock.now += 300
        with pytest.raises(WrongCode):
            await door.approve(old)
        page = await browser.get(path)
        assert old not in page.text
        assert "Show a new code" in page.text
        await browser.post(f"{path}/code")
        await door.approve(code_on(await browser.get(path)))
        await door.walk_back(app, browser, page)


async def test_five_wrong_codes_in_a_row_replace_every_live_code_and_pause_approving_for_60_s(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        old, path = code_on(page), page.request.url.path
        await five_wrong(door, old)
        new = code_on(await browser.get(path))
        assert new != old
        for code in (old, new):
            with pytest.raises(ApprovingPaused):
                await door.approve(code)
        door.clock.now += 60
        with pytest.raises(WrongCode):
            await door.approve(old)
        await door.approve(new)


async def test_guesses_at_the_same_time_are_counted_like_guesses_one_after_the_other(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        page = await door.browser().open((await door.register()).link())
        code = code_on(page)
        guesses = [*(wrong(code, step) for step in range(1, 40)), code]
        outcomes = await asyncio.gather(
            *(door.engine.preview_approval(guess) for guess in guesses), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [WrongCode] * 4 + [ApprovingPaused] * 36


async def test_of_two_approvals_of_one_code_at_once_one_counts(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        code = code_on(await door.browser().open((await door.register()).link()))
        outcomes = await asyncio.gather(*(door.approve(code) for _ in range(3)), return_exceptions=True)
        assert [type(outcome) is WrongCode for outcome in outcomes] == [False, True, True]


@pytest.mark.parametrize("typed", ["", "12345", "٤٢٨١٩٣", "abc", "\ud800", "1" * 10_000, "'; DROP TABLE approvals"])
async def test_what_is_no_code_is_a_wrong_code(tmp_path: Path, typed: str) -> None:
    async with open_door(tmp_path) as door:
        await door.browser().open((await door.register()).link())
        with pytest.raises(WrongCode):
            await door.engine.preview_approval(typed)


async def test_an_approval_waits_two_minutes_for_its_browser(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        await door.approve(code_on(page))
        door.clock.now += 120
        page = await browser.get(path)
        assert "Show a new code" in page.text
        assert (await browser.get(f"{path}/continue")).status_code == 410
        await browser.post(f"{path}/code")
        await door.approve(code_on(await browser.get(path)))
        await door.walk_back(app, browser, page)


async def test_only_the_browser_with_the_requests_cookie_continues(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser, other = await door.register(), door.browser(), door.browser()
        page = await browser.open(app.link())
        await other.open(app.link(state="other"))
        await door.approve(code_on(page))
        path = page.request.url.path
        for url in (path, f"{path}/continue", f"{path}/state"):
            assert (await other.get(url)).status_code == 404
        await door.walk_back(app, browser, page)


async def test_no_public_path_approves(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        code, path = code_on(page), page.request.url.path
        for url in (
            f"{path}/approve",
            "/approve",
            "/api/approve",
            "/authorize/approve",
            f"{path}/code",
            f"{path}/consent",
        ):
            await browser.post(url, {"code": code, "answer": "allow", "who": "me", "write": "yes"})
        assert await door.count("grants") == 0
        rows = await door.query(lambda tx: tx.all("SELECT state FROM authorization_requests"))
        assert [row["state"] for row in rows] == ["sign_in"]


async def test_nothing_local_shows_the_code(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        code = code_on(await browser.open(app.link()))
        pending = await door.engine.pending()
        preview = await door.engine.preview_approval(code)
        await door.approve(code)
        answers: list[Any] = [*pending, preview, await door.engine.status(), *door.events]
        said = json.dumps([dataclasses.asdict(answer) for answer in answers])
        stored = await door.everything_stored()
        logged = caplog.text
        for place in (said, stored, logged):
            assert code not in place


async def test_local_lists_show_number_client_redirect_host_age_network_and_browser(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.browser().open((await door.register()).link())
        door.clock.now += 7
        (waiting,) = await door.engine.pending()
        assert dataclasses.asdict(waiting) == {
            "number": 1,
            "kind": "sign-in",
            "client": "Strict",
            "client_verified": False,
            "redirect_host": "127.0.0.1",
            "age_seconds": 7,
            "network": "this computer",
            "same_network": True,
            "browser": "Chrome on Windows",
        }


async def test_deny_needs_only_the_number_and_the_client_is_told(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        assert await door.engine.deny((await door.engine.pending())[0].number) == 1
        shown = await browser.get(page.request.url.path)
        assert app.came_back(await browser.get(way_on(shown)))["error"] == "access_denied"
        with pytest.raises(NoSuchRequest):
            await door.engine.deny(99)


async def test_a_person_who_cancelled_waits_no_more(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        code, path = code_on(page), page.request.url.path
        await browser.post(f"{path}/cancel")
        assert await door.engine.pending() == []
        await browser.post(f"{path}/code")  # no way back into the list
        assert await door.engine.pending() == []
        with pytest.raises(WrongCode):
            await door.approve(code)


async def test_write_can_be_left_out_while_approving(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        approved = await door.approve(code_on(page), read_only=True)
        assert approved.scopes == ["read", "offline_access"]
        answer = (await app.exchange(await door.walk_back(app, browser, page))).json()
        assert answer["scope"] == "read offline_access"


async def test_before_confirming_the_local_side_names_who_gets_access(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        await door.learn_own_network("198.51.100.9")
        app, browser = await door.register(public=True), door.browser(public=True, address="203.0.113.7")
        code = code_on(await browser.open(app.link()))
        warning = (await door.engine.preview_approval(code)).relay_warning
        assert warning == (
            "You connect the browser that shows this code: Chrome on Windows, 203.0.113.7, not this computer's "
            "network. Whoever sent you a code gets your tools."
        )


async def test_when_the_network_differs_yes_needs_other_network(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(public=True), door.browser(public=True)
        page = await browser.open(app.link())
        code = code_on(page)
        with pytest.raises(OtherNetwork, match="perhaps not this computer's network"):
            await door.approve(code)
        assert await door.engine.people() == []  # nobody was made by an approval that was none
        await door.approve(code, other_network=True)
        await door.walk_back(app, browser, page)


async def test_this_computers_own_network_is_learned_by_the_self_probe_alone(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(public=True), door.browser(public=True, address="203.0.113.7")
        code = code_on(await browser.open(app.link()))
        await door.send("GET", "/health", headers={"homeport-probe": "guess", "x-forwarded-for": "203.0.113.7"})
        assert not (await door.engine.pending())[0].same_network
        await door.learn_own_network("203.0.113.7")
        assert (await door.engine.pending())[0].same_network
        assert "this computer's network" in (await door.engine.preview_approval(code)).relay_warning
        await door.approve(code)


async def test_on_this_computer_no_confirmation_of_the_network_is_needed(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        code = code_on(await door.browser().open((await door.register()).link()))
        preview = await door.engine.preview_approval(code)
        assert "on this computer" in preview.relay_warning
        await door.approve(code)


async def test_behind_a_tunnel_that_marks_nothing_nobody_counts_as_this_computer(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(), door.browser()
        code = code_on(await browser.open(app.link()))
        (waiting,) = await door.engine.pending()
        assert not waiting.same_network
        with pytest.raises(OtherNetwork):
            await door.approve(code)


async def test_leaving_changes_out_and_deciding_in_the_browser_cannot_be_combined(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        code = code_on(await browser.open(app.link()))
        with pytest.raises(ApprovalError, match="not both"):
            await door.approve(code, read_only=True, consent_in_browser=True)
        assert len(await door.engine.pending()) == 1


async def test_a_page_cannot_choose_its_code_by_asking_again(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        await browser.post(f"{page.request.url.path}/code")
        assert code_on(await browser.get(page.request.url.path)) == code_on(page)


async def test_no_flood_takes_an_approval_from_the_browser_that_will_come_for_it(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        await door.approve(code_on(page))
        spare = await door.engine.rooms.database.transaction(door.engine.rooms.auth.sign_in.waiting_requests)
        assert page.request.url.path.rsplit("/", 1)[1] in spare


@pytest.mark.parametrize("destination", ["empty", "iframe", "image", "script"])
async def test_the_page_opens_in_a_window_of_its_own_only(tmp_path: Path, destination: str) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        answer = await browser.send("GET", app.link(), headers={"sec-fetch-dest": destination})
        assert answer.status_code == 403
        assert await door.engine.pending() == []


async def test_a_request_is_shown_at_the_origin_it_began_at_only(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(public=True), door.browser(public=True)
        page = await browser.open(app.link())
        local = door.browser()
        local.cookies = {f"homeport_{door.engine.origins.port}": browser.cookies["__Host-homeport"]}
        assert (await local.get(page.request.url.path)).status_code == 404
