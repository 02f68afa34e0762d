"""What the owner changes on the pages: access, rules, calls that ask, settings, pause and the end. Each is asked of the
running Homeport afterwards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.browser.dashboard.opened import dashboard

pytestmark = needs_chromium


def said(answer: Any) -> str:
    """What a tool's call gave back, as text."""
    return json.dumps(answer.json()["result"])


async def test_access_and_people_end_here(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="people") as it:
        signed = await it.door.sign_in()
        other = await it.door.sign_in(await it.door.register(name="Another"), who="A neighbour")
        page = it.page
        await expect(it.section("Access").get_by_role("listitem")).to_have_count(2)
        await page.get_by_role("button", name="Revoke Strict for").click()
        await it.confirm("Revoke")
        await expect(it.section("Access").get_by_role("button", name="Revoke Strict for")).to_have_count(0)
        assert (await signed.app.call(signed.access, "look")).status_code == 401
        assert (await other.app.call(other.access, "look")).status_code == 200

        await page.get_by_role("button", name="Block A neighbour").click()
        await it.confirm("Block")
        await expect(page.get_by_role("button", name="Unblock A neighbour")).to_be_visible()
        assert (await other.app.call(other.access, "look")).status_code == 401
        await page.get_by_role("button", name="Unblock A neighbour").click()
        await expect(page.get_by_role("button", name="Block A neighbour", exact=True)).to_be_visible()

        await page.get_by_role("button", name="Remove A neighbour").click()
        await expect(page.get_by_role("dialog")).to_contain_text("0 live grants")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Remove A neighbour")).to_be_focused()
        await page.get_by_role("button", name="Remove A neighbour").click()
        await it.confirm("Remove")
        await expect(it.section("People").get_by_text("A neighbour")).to_have_count(0)
        assert "A neighbour" not in [person.name for person in await it.door.engine.people()]

        await page.get_by_label("E-mail address").fill("not an address")
        await page.get_by_role("button", name="Invite").click()
        await expect(it.section("Invitations").get_by_role("alert")).to_be_visible()
        await page.get_by_label("E-mail address").fill("friend@example.com")
        await page.get_by_role("button", name="Invite").click()
        await page.get_by_role("button", name="Withdraw the invitation for friend@example.com").click()
        await expect(it.section("Invitations")).to_contain_text("No invitation waits.")


async def test_a_rule_counts_at_the_next_call_and_a_call_that_asks_runs_once_it_was_allowed(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="tools") as it:
        signed = await it.door.sign_in()
        page = it.page
        plant = page.get_by_role("group", name="Rule for plant")
        await expect(plant.get_by_role("radio", name="Allow")).to_be_checked()
        await plant.get_by_role("radio", name="Block").check()
        await expect(page.get_by_role("button", name="Back to the usual: allow for plant")).to_be_visible()
        assert "blocked this tool" in said(await signed.app.call(signed.access, "plant", name="rose"))
        assert 'plant = "block"' in it.toml()
        await page.get_by_role("button", name="Back to the usual: allow for plant").click()
        await expect(plant.get_by_role("radio", name="Allow")).to_be_checked()
        assert "planted rose" in said(await signed.app.call(signed.access, "plant", name="rose"))

        await expect(
            page.get_by_role("group", name="Rule for dig_up").get_by_role("radio", name="Ask me")
        ).to_be_checked()
        calling = asyncio.create_task(signed.app.call(signed.access, "dig_up", name="the old oak"))
        await it.turn_to("Waiting 1", title="Waiting")
        await expect(page.get_by_role("region", name="With exactly this")).to_contain_text('"the old oak"')
        await page.get_by_role("button", name="Allow once: dig_up").click()
        assert "dug up the old oak" in said(await calling)
        await expect(it.section("Tool calls that ask")).to_contain_text("No call asks.")

        calling = asyncio.create_task(signed.app.call(signed.access, "dig_up", name="the young oak"))
        await page.get_by_role("button", name="Deny: dig_up").click()
        assert "dug up" not in said(await calling)

        # All of it is under Activity, the three outcomes apart.
        await it.turn_to("Activity")
        calls = page.get_by_role("list", name="Activity").get_by_role("listitem")
        await page.get_by_label("Filter").fill("plant")
        await expect(calls).to_have_count(2)
        await expect(calls.first).to_contain_text("HTTP 200")
        await expect(calls.first).to_contain_text("JSON-RPC ok")
        await expect(calls.first).to_contain_text("Tool ok")
        await calls.first.locator("summary").click()
        await expect(calls.first).to_contain_text("name")


async def test_a_wrong_setting_is_explained_and_writes_nothing_and_a_right_one_is_kept(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="settings", environ={"HOMEPORT_LOG_FORMAT": "json"}) as it:
        page = it.page
        minutes = page.get_by_role("form", name="Minutes an access token lives")
        await expect(minutes).to_contain_text("access_token_minutes")
        await minutes.get_by_role("textbox").fill("100000")
        await minutes.get_by_role("button", name="Save").click()
        await expect(minutes.get_by_role("alert")).to_contain_text("a whole number from 0 to 1440")
        assert "access_token_minutes" not in it.toml()
        await minutes.get_by_role("textbox").fill("90")
        await minutes.get_by_role("textbox").press("Enter")
        await expect(minutes).to_contain_text("Saved.")
        assert "access_token_minutes = 90" in it.toml()
        await minutes.get_by_role("button", name="Back to the default").click()
        await expect(minutes.get_by_role("textbox")).to_have_value("0")
        assert "access_token_minutes" not in it.toml()

        log_format = page.locator("form", has=page.get_by_text("log_format", exact=True))
        await expect(log_format.get_by_role("combobox")).to_be_disabled()
        await expect(log_format).to_contain_text("HOMEPORT_LOG_FORMAT")


async def test_the_switches_pause_stop_start_and_end_the_running_homeport(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as it:
        signed = await it.door.sign_in()
        page = it.page
        await page.get_by_role("button", name="Pause tools").click()
        await expect(page.get_by_label("State")).to_have_text("Tools are paused")
        assert "paused on" in said(await signed.app.call(signed.access, "look"))
        await page.get_by_role("button", name="Resume tools").click()
        await expect(page.get_by_label("State")).to_have_text("Online on this computer only")
        assert "roses" in said(await signed.app.call(signed.access, "look"))

        await page.get_by_role("button", name="Stop", exact=True).click()
        await it.confirm("Stop")
        await expect(page.get_by_label("State")).to_have_text("Stopped: ChatGPT gets no answer")
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_label("State")).to_have_text("Online on this computer only")

        await page.get_by_role("button", name="Quit", exact=True).click()
        await it.confirm("Cancel")
        assert not it.quit.is_set()
        await page.get_by_role("button", name="Quit", exact=True).click()
        await it.confirm("Quit")
        async with asyncio.timeout(10):
            await it.quit.wait()
