"""Letting a browser in: the code is typed, the owner says who this is, and a strict client gets its tokens."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.browser.dashboard.opened import dashboard

pytestmark = needs_chromium

CODE = "The code that the browser shows"


async def test_the_typed_code_lets_the_waiting_client_in_as_whom_the_owner_says(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="waiting") as it:
        page = it.page
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()
        client = await it.ask_to_be_let_in()
        await expect(page.get_by_text("1 request waits for your answer.")).to_be_visible()
        assert client.code not in await page.content()

        # Nobody is chosen beforehand, and the sixth digit allows nothing yet.
        await page.get_by_label(CODE).press_sequentially(f"{client.code[:3]} {client.code[3:]}")
        approval = page.get_by_role("group", name="Strict (unverified name) wants to use this computer")
        await expect(approval.get_by_role("list", name="Tools").get_by_role("listitem")).to_have_count(3)
        assert await approval.get_by_role("radio", checked=True).count() == 0
        await approval.get_by_role("button", name="Allow").click()
        await expect(approval.get_by_role("alert")).to_have_text("Say who this is first.")
        assert await it.door.count("grants") == 0

        await approval.get_by_label("Me, the owner of this computer").check()
        await expect(approval).to_contain_text("Allow Strict as you, the owner of this computer?")
        await approval.get_by_role("button", name="Allow").click()
        await expect(it.section("Waiting for you")).to_contain_text("Strict acts for you now")
        access = await client.access()
        assert (await client.app.call(access, "look", bed="north")).status_code == 200

        # From now on the owner exists and is a person like others, whom somebody new may stand beside.
        another = await it.ask_to_be_let_in("Another")
        await page.get_by_label(CODE).fill(another.code)
        approval = page.get_by_role("group", name="Another (unverified name) wants to use this computer")
        await expect(approval.get_by_label("Me, the owner of this computer")).to_have_count(0)
        await approval.get_by_label("Somebody new").check()
        await approval.get_by_label("Their name").fill("A neighbour")
        await expect(approval).to_contain_text("Allow Another as somebody new called “A neighbour”?")
        # The default is No now: what stands out is not the yes.
        assert await approval.get_by_role("button", name="Allow").get_attribute("class") == "second"
        await approval.get_by_label("Let it read only.").check()
        await expect(approval.get_by_role("list", name="Tools").get_by_role("listitem")).to_have_count(1)
        await approval.get_by_role("button", name="Allow").click()
        await expect(it.section("Waiting for you")).to_contain_text("Another acts for A neighbour now")
        await another.access()
        (grant,) = [grant for grant in await it.door.engine.grants() if grant.client == "Another"]
        assert (grant.person, "write" in grant.scopes) == ("A neighbour", False)


async def test_what_happens_is_shown_at_once_and_not_by_the_clock(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="waiting") as it:
        page = it.page
        # From now on the page cannot wait for the next time at which it would ask by itself.
        await page.evaluate(
            "() => { const set = setTimeout; window.setTimeout = (f, ms) => (ms >= 1000 ? 0 : set(f, ms)) }"
        )
        await it.ask_to_be_let_in()
        await expect(page.get_by_text("1 request waits for your answer.")).to_be_visible()
        await it.ask_to_be_let_in("Another")
        await expect(page.get_by_text("2 requests wait for your answer.")).to_be_visible()
        await it.door.engine.deny(None)
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()


async def test_a_browser_on_another_network_needs_one_more_yes(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="waiting", public=True) as it:
        await it.door.learn_own_network("198.51.100.1")
        client = await it.ask_to_be_let_in(public=True)
        page = it.page
        await page.get_by_label(CODE).fill(client.code)
        approval = page.get_by_role("group", name="Strict (unverified name) wants to use this computer")
        await expect(approval).to_contain_text("Whoever sent you a code gets your tools.")
        await approval.get_by_label("Me, the owner of this computer").check()
        await approval.get_by_role("button", name="Allow").click()
        await expect(approval.get_by_role("alert")).to_contain_text("on another network")
        assert await it.door.count("grants") == 0
        await approval.get_by_label("This browser is on ANOTHER network.").check()
        await approval.get_by_role("button", name="Allow").click()
        await expect(it.section("Waiting for you")).to_contain_text("Strict acts for you now")
        await client.access()


async def test_a_wrong_code_says_so_and_a_request_is_denied_with_the_keyboard_alone(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="waiting") as it:
        client = await it.ask_to_be_let_in()
        page = it.page
        field = page.get_by_label(CODE)
        await expect(field).to_be_visible()
        wrong = f"{(int(client.code) + 1) % 1_000_000:06d}"
        while not await field.evaluate("field => field === document.activeElement"):
            await page.keyboard.press("Tab")
        await page.keyboard.type(wrong)
        await expect(page.get_by_role("alert")).to_be_visible()
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(field).to_be_focused()
        deny = page.get_by_role("button", name="Deny request 1")
        while not await deny.evaluate("button => button === document.activeElement"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()
        # What had the focus is gone; the keyboard goes on from the heading.
        await expect(page.get_by_role("heading", level=1)).to_be_focused()
        assert await it.door.engine.pending() == []
