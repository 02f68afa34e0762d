"""The list view in a strict chat: what it shows, what it does, and what becomes of what fails."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from playwright.async_api import Locator, expect

from homeport import bundles
from tests.browser.axe import needs_axe, violations
from tests.browser.chromium import needs_chromium
from tests.browser.screens import picture
from tests.widgets.kit.scene import Bridges, Chat, chat_with, refusal, result
from tests.widgets.list_view.items import HOLD, ITEMS, item, list_view

pytestmark = needs_chromium

HOSTS: list[Bridges] = ["apps", "openai", "both"]


def row(chat: Chat, title: str) -> Locator:
    return chat.widget.get_by_role("row").filter(has_text=title)


async def press(chat: Chat, *keys: str) -> None:
    for key in keys:
        await chat.page.keyboard.press(key)


def test_it_is_one_small_file() -> None:
    page = bundles.page("list-view").encode()
    assert len(gzip.compress(page, 9)) <= 12_000
    assert b" src=" not in page
    assert b"<link" not in page


@pytest.mark.parametrize("bridges", HOSTS)
async def test_it_shows_items_and_completes_one(bridges: Bridges) -> None:
    async with list_view(bridges) as (chat, server):
        await expect(row(chat, "Write a tool")).to_contain_text("docs/tools.md shows how.startcode")
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(chat.widget.get_by_role("button", name="reopen Write a tool")).to_have_attribute(
            "aria-busy", "false"
        )
        assert chat.calls == [("perform-item-action", {"item_id": "tool", "action": "complete"})]
        assert server.items["tool"]["state"] == "done"
        await chat.widget.get_by_role("button", name="reopen Write a tool").click()
        await expect(chat.widget.get_by_role("button", name="complete Write a tool")).to_be_visible()


async def test_what_is_asked_for_shows_at_once_and_only_once() -> None:
    async with list_view() as (chat, _):
        await chat.page.evaluate(HOLD)
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        done = chat.widget.get_by_role("button", name="reopen Write a tool")
        await expect(done).to_have_attribute("aria-busy", "true")
        await expect(row(chat, "Write a tool")).to_have_class("row done")
        await done.dispatch_event("click")
        await chat.page.evaluate("() => letGo()")
        await expect(done).to_have_attribute("aria-busy", "false")
        assert len(chat.calls) == 1


async def test_another_action_waits_for_the_one_that_is_under_way() -> None:
    async with list_view() as (chat, _):
        await chat.page.evaluate(HOLD)
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(row(chat, "Write a tool").locator("[aria-busy=true]")).to_have_count(1)
        await chat.widget.get_by_role("button", name="archive Write a tool").click()
        await chat.page.evaluate("() => { const first = letGo; letGo = undefined; first(); }")
        await chat.page.wait_for_function("() => letGo")
        await chat.page.evaluate("() => letGo()")
        await expect(row(chat, "Write a tool")).to_have_count(0)
        assert [given["action"] for _, given in chat.calls] == ["complete", "archive"]


async def test_what_fails_is_undone_says_why_and_can_be_tried_again() -> None:
    async with list_view() as (chat, server):
        server.refuse()
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(row(chat, "Write a tool").get_by_role("alert")).to_contain_text(
            "Not completed. Somebody else changed this item."
        )
        await expect(row(chat, "Write a tool")).to_have_class("row open")
        server.refusal = None
        await row(chat, "Write a tool").get_by_role("button", name="Try again").click()
        await expect(row(chat, "Write a tool")).to_have_class("row done")
        await expect(chat.widget.get_by_role("alert")).to_have_count(0)


async def test_an_archived_item_leaves_and_is_found_among_the_archived() -> None:
    async with list_view() as (chat, _):
        await chat.widget.get_by_role("button", name="archive Invite somebody").click()
        await expect(row(chat, "Invite somebody")).to_have_count(0)
        await chat.widget.get_by_role("button", name="2 archived").click()
        await expect(chat.widget.get_by_role("row")).to_contain_text(["Invite somebody", "Keep an old plan"])
        await chat.widget.get_by_role("button", name="reopen Invite somebody").click()
        await expect(row(chat, "Invite somebody")).to_have_count(0)
        await chat.widget.get_by_label("Filter").press("Escape")
        await expect(row(chat, "Invite somebody")).to_be_visible()


async def test_selected_items_are_acted_on_together_and_known_to_the_model() -> None:
    async with list_view() as (chat, server):
        await row(chat, "Write a tool").click(position={"x": 200, "y": 10})
        await row(chat, "Invite somebody").click(position={"x": 200, "y": 10})
        await expect(chat.widget.get_by_role("status")).to_have_text("2 selected")
        told = await chat.sent("ui/update-model-context", times=2)
        chosen = [{"id": "tool", "title": "Write a tool"}, {"id": "somebody", "title": "Invite somebody"}]
        assert told[-1] == {"structuredContent": {"selected_items": chosen}}
        await chat.widget.get_by_role("button", name="Complete", exact=True).click()
        await expect(chat.widget.locator(".row.done")).to_have_count(3)
        # It shows before the answers are there.
        await expect(chat.widget.locator("[aria-busy=true]")).to_have_count(0)
        assert {name for name, each in server.items.items() if each["state"] == "done"} == {
            "Homeport",
            "tool",
            "somebody",
        }


async def test_the_filter_takes_all_words_in_title_description_and_tags() -> None:
    async with list_view() as (chat, _):
        words = chat.widget.get_by_label("Filter")
        await words.fill("BOAT spring")
        await expect(chat.widget.get_by_role("row")).to_contain_text(["Book the ferry"])
        await words.fill("boat moon")
        await expect(chat.widget.get_by_text("Nothing matches “boat moon”.")).to_be_visible()
        await chat.widget.get_by_role("button", name="Show everything").click()
        await expect(chat.widget.get_by_role("row")).to_have_count(6)


async def test_the_keyboard_alone_moves_selects_acts_and_goes_back() -> None:
    async with list_view() as (chat, _):
        await chat.widget.get_by_label("Filter").focus()
        await press(chat, "ArrowDown", "ArrowDown", "ArrowDown")
        await expect(row(chat, "Invite somebody")).to_be_focused()
        await press(chat, "Enter", "ArrowUp", " ")
        await expect(chat.widget.get_by_role("status")).to_have_text("2 selected")
        await press(chat, "Tab", "Enter")
        await expect(chat.widget.get_by_role("button", name="reopen Write a tool")).to_be_focused()
        await expect(chat.widget.locator("[aria-busy=true]")).to_have_count(0)
        assert chat.calls == [("perform-item-action", {"item_id": "tool", "action": "complete"})]
        await press(chat, "Tab", "Enter")
        # The row has gone, and the next one has the focus.
        await expect(row(chat, "Invite somebody")).to_be_focused()
        await press(chat, "Escape")
        await expect(chat.widget.get_by_role("row", selected=True)).to_have_count(0)
        await press(chat, "Shift+Tab")
        # Only one row is a stop for Tab.
        assert await chat.widget.get_by_role("row").and_(chat.widget.locator("[tabindex='0']")).count() == 1


@needs_axe
async def test_without_items_it_says_so() -> None:
    async with list_view(items=[]) as (chat, _):
        await expect(chat.widget.get_by_text("No items yet.")).to_be_visible()
        assert await violations(chat.frame) == []
        await picture(chat.page, "list-view-empty")
    async with list_view(items=[item("Keep a plan", state="archived")]) as (chat, _):
        await expect(chat.widget.get_by_text("Everything is archived.")).to_be_visible()


@pytest.mark.parametrize("bridges", HOSTS)
async def test_inline_it_shows_the_first_six_and_all_in_full_screen(bridges: Bridges) -> None:
    async with list_view(bridges) as (chat, _):
        await chat.answer("ui/request-display-mode", {"mode": "fullscreen"})
        await expect(chat.widget.get_by_role("row")).to_have_count(6)
        await chat.widget.get_by_role("button", name="Show all 7").click()
        await expect(chat.widget.get_by_role("row")).to_have_count(7)
        await expect(chat.widget.get_by_role("button", name="Full screen")).to_have_count(0)


async def test_a_host_without_full_screen_gets_the_whole_list() -> None:
    async with list_view(context={"availableDisplayModes": ["inline"]}) as (chat, _):
        await expect(chat.widget.get_by_role("row")).to_have_count(7)


async def test_filter_selection_and_changes_last_over_a_reload_in_chatgpt() -> None:
    async with list_view("both") as (chat, _):
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(row(chat, "Write a tool")).to_have_class("row done")
        await row(chat, "Write a tool").click(position={"x": 200, "y": 10})
        await chat.widget.get_by_label("Filter").fill("code")
        await chat.reload()
        # ChatGPT repeats the result of the call as it was.
        await chat.show_result(result({"items": ITEMS}))
        await expect(chat.widget.get_by_role("row")).to_have_count(1)
        await expect(row(chat, "Write a tool")).to_have_class("row done")
        await expect(row(chat, "Write a tool")).to_have_attribute("aria-selected", "true")


async def test_what_is_fetched_again_is_newer_than_what_was_changed_here() -> None:
    async with list_view("both") as (chat, server):
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(row(chat, "Write a tool")).to_have_class("row done")
        await chat.sent("tools/call")
        await expect(chat.widget.locator("[aria-busy=true]")).to_have_count(0)
        server.items["tool"]["state"] = "open"
        server.items["ferry"]["state"] = "done"
        await chat.reload()
        await expect(chat.widget.get_by_text("The result is no longer here.")).to_be_visible()
        await chat.widget.get_by_role("button", name="Load again").click()
        await expect(row(chat, "Write a tool")).to_have_class("row open")
        await expect(row(chat, "Book the ferry")).to_have_class("row done")
        # It knows this as well where the chat repeats its own, older result.
        await chat.reload()
        await chat.show_result(result({"items": [{**each, "state": "done"} for each in ITEMS]}))
        await expect(row(chat, "Water the tomatoes")).to_have_class("row done")
        await expect(row(chat, "Write a tool")).to_have_class("row open")


@pytest.mark.parametrize("kept", [{"privateContent": 7}, {"privateContent": {"words": 3, "selected": "x"}}, {"old": 1}])
async def test_a_kept_state_of_another_version_breaks_nothing(kept: dict[str, Any]) -> None:
    async with list_view("both", values={"widgetState": kept}) as (chat, _):
        await chat.widget.get_by_label("Filter").fill("")
        await expect(chat.widget.get_by_role("row")).to_have_count(6)


async def test_a_call_that_failed_is_made_again_for_the_person() -> None:
    async with list_view() as (chat, _):
        await chat.send("ui/notifications/tool-result", **refusal("internal_error", "Something went wrong."))
        await expect(chat.widget.get_by_role("alert")).to_contain_text("Something went wrong.")
        await chat.widget.get_by_role("button", name="Try again").click()
        await expect(chat.widget.get_by_role("row")).to_have_count(6)


async def test_it_waits_visibly() -> None:
    async with chat_with(bundles.page("list-view")) as chat:
        await expect(chat.widget.get_by_role("status")).to_have_text("Fetching your items…")


@needs_axe
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_state(theme: str) -> None:
    async with list_view(context={"theme": theme}) as (chat, server):
        server.refuse()
        await chat.widget.get_by_role("button", name="complete Write a tool").click()
        await expect(chat.widget.get_by_role("alert")).to_be_visible()
        await row(chat, "Invite somebody").click(position={"x": 200, "y": 10})
        assert await violations(chat.frame) == []
        await picture(chat.page, f"list-view-refused-{theme}")
        server.refusal = None
        await chat.page.evaluate(HOLD)
        await chat.widget.get_by_role("button", name="archive Book the ferry").click()
        await chat.widget.get_by_label("Filter").fill("archived")
        assert await violations(chat.frame) == []
        await chat.widget.get_by_label("Filter").fill("nothing like this")
        assert await violations(chat.frame) == []
        await chat.send("ui/notifications/host-context-changed", displayMode="fullscreen")
        await chat.send("ui/notifications/tool-result", **refusal("internal_error", "Something went wrong."))
        await expect(chat.widget.get_by_role("alert")).to_contain_text("Something went wrong.")
        assert await violations(chat.frame) == []


async def test_it_fits_a_phone() -> None:
    long = item("A" * 300, "b" * 500, ("c" * 40, "d" * 40))
    phone = {"width": 320, "height": 640}
    async with list_view(items=[*ITEMS, long], viewport=phone, context={"availableDisplayModes": []}) as (chat, server):
        server.refuse()
        await chat.widget.get_by_role("button", name="archive AAA").click()
        await expect(chat.widget.get_by_role("alert")).to_be_visible()
        assert await chat.frame.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await picture(chat.page, "list-view-phone-320")
