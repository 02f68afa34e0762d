"""What a widget shows while its call has no result, or has one no longer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.chromium import needs_chromium
from tests.widgets.kit.built import probe
from tests.widgets.kit.scene import OPENAI_METHODS, Bridges, Chat, chat_with, refusal, result

pytestmark = needs_chromium

RECIPES = {"result": [{"id": "1", "title": "Soup"}]}


async def find(arguments: dict[str, Any]) -> dict[str, Any]:
    return result(RECIPES)


async def shown(chat: Chat, name: str) -> Any:
    return json.loads(await chat.widget.get_by_test_id(name).inner_text())


async def test_arguments_that_stream_in_are_shown_until_they_are_complete() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        given = chat.widget.get_by_test_id("input")
        await chat.send("ui/notifications/tool-input-partial", arguments={"words": "so"})
        await expect(given).to_have_text('{"state":"streaming","arguments":{"words":"so"}}')
        await chat.send("ui/notifications/tool-input", arguments={"words": "soup"})
        await expect(given).to_have_text('{"state":"complete","arguments":{"words":"soup"}}')
        # A part that comes late takes nothing away.
        await chat.send("ui/notifications/tool-input-partial", arguments={"words": "s"})
        await chat.send("ui/notifications/tool-result", **result(RECIPES))
        await expect(chat.widget.get_by_test_id("output")).to_contain_text('"ready"')
        assert await shown(chat, "input") == {"state": "complete", "arguments": {"words": "soup"}}
        await expect(chat.widget.get_by_text("Looking for recipes…")).to_have_count(0)


async def test_a_cancelled_call_says_why_and_can_be_made_again() -> None:
    async with chat_with(probe(), tools={"find-recipes": find}) as chat:
        await chat.sent("ui/notifications/initialized")
        await expect(chat.widget.get_by_role("status")).to_have_text("Looking for recipes…")
        await chat.send("ui/notifications/tool-input", arguments={"words": "soup"})
        await chat.send("ui/notifications/tool-cancelled", reason="The person pressed stop.")
        await expect(chat.widget.get_by_text("The person pressed stop.", exact=True)).to_be_visible()
        assert (await shown(chat, "input"))["state"] == "cancelled"
        await chat.widget.get_by_role("button", name="Load again").click()
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


@pytest.mark.parametrize("bridges", ["apps", "openai", "both"])
async def test_a_failed_call_says_what_the_tool_said_and_can_be_made_again(bridges: Bridges) -> None:
    async with chat_with(probe(), bridges, tools={"find-recipes": find}) as chat:
        await chat.show_result(refusal("no_recipes", "There are no recipes."), {"words": "soup"})
        await expect(chat.widget.get_by_role("alert")).to_contain_text("There are no recipes.")
        error = (await shown(chat, "output"))["error"]
        assert (error["code"], error["text"]) == ("no_recipes", "no_recipes: There are no recipes.")
        await chat.widget.get_by_role("button", name="Try again").click()
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()
        assert chat.calls == [("find-recipes", {"words": "soup"})]


async def test_a_slow_call_says_so_and_its_late_result_is_shown() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.page.clock.install()
        await chat.send("ui/notifications/tool-input", arguments={"words": "soup"})
        await expect(chat.widget.get_by_test_id("input")).to_contain_text('"complete"')
        await chat.page.clock.fast_forward(8_000)
        await expect(chat.widget.get_by_text("This takes longer than usual…")).to_be_visible()
        await expect(chat.widget.get_by_role("button", name="Load again")).to_be_visible()
        await chat.send("ui/notifications/tool-result", **result(RECIPES))
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


async def test_a_widget_loaded_again_without_its_result_says_so_and_offers_to_call_again() -> None:
    values = {"widgetState": {"modelContent": None, "privateContent": 3}}
    async with chat_with(probe(), "openai", values=values, tools={"find-recipes": find}) as chat:
        await expect(chat.widget.get_by_text("The result is no longer here.")).to_be_visible()
        assert (await shown(chat, "state"))["count"] == 3
        await chat.widget.get_by_role("button", name="Load again").click()
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


@pytest.mark.parametrize("envelope", ["mcp_tool_result", "call_tool_result"])
async def test_a_widget_loaded_again_takes_the_result_that_window_openai_still_has(envelope: str) -> None:
    values = {"toolResponseMetadata": {"status": "complete", envelope: result(RECIPES, "1 recipe", total=1)}}
    async with chat_with(probe(), "both", values=values) as chat:
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()
        assert await shown(chat, "meta") == {"total": 1}


async def test_a_repeated_announcement_of_the_old_result_does_not_hide_a_newer_one() -> None:
    values = {"toolInput": {"words": "soup"}, "toolOutput": {"result": []}}
    async with chat_with(probe(), "openai", values=values, tools={"find-recipes": find}) as chat:
        await expect(chat.widget.get_by_test_id("output")).to_contain_text('"data":{"result":[]}')
        await chat.frame.evaluate("kit.toolOutput('find-recipes', {again: {words: ''}}).again()")
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()
        await chat.context(theme="dark")
        await expect(chat.widget.get_by_test_id("host")).to_contain_text('"dark"')
        await expect(chat.widget.get_by_text("Soup", exact=True)).to_be_visible()


async def test_the_state_of_a_widget_survives_a_reload_where_the_host_keeps_it() -> None:
    async with chat_with(probe(), "both") as chat:
        await chat.show_result(result(RECIPES))
        await chat.widget.get_by_role("button", name="Count").click()
        await chat.widget.get_by_role("button", name="Count").click()
        await expect(chat.widget.get_by_test_id("state")).to_contain_text('"count":2,"double":4')
        assert chat.kept == {"modelContent": {"count": 2}, "privateContent": 2}
        await chat.reload()
        await expect(chat.widget.get_by_test_id("state")).to_contain_text('"count":2')
        assert (await shown(chat, "state"))["survivesReload"] is True


async def test_without_a_place_for_state_it_lasts_as_long_as_the_document_and_the_model_still_learns() -> None:
    async with chat_with(probe()) as chat:
        await chat.show_result(result(RECIPES))
        await chat.widget.get_by_role("button", name="Count").click()
        assert await chat.sent("ui/update-model-context") == [{"structuredContent": {"count": 1}}]
        assert (await shown(chat, "state"))["survivesReload"] is False
        await chat.reload()
        await expect(chat.widget.get_by_test_id("state")).to_contain_text('"count":0')


async def test_a_button_is_pending_while_its_action_is_and_cannot_be_pressed_twice() -> None:
    async with chat_with(probe()) as chat:
        await chat.sent("ui/notifications/initialized")
        await chat.page.evaluate(
            """() => { window.callTool = () => new Promise(done => { window.finish = () => done({content: []}) }) }"""
        )
        slow = chat.widget.get_by_role("button", name="Slow")
        await slow.focus()
        await slow.click()
        await expect(slow).to_have_attribute("aria-busy", "true")
        await expect(slow).to_be_focused()
        await slow.dispatch_event("click")
        await chat.page.evaluate("() => finish()")
        await expect(slow).to_have_attribute("aria-busy", "false")
        assert len(await chat.sent("tools/call")) == 1


async def test_what_only_chatgpt_has_is_absent_where_it_lacks() -> None:
    async with chat_with(probe(), "openai", methods=[*OPENAI_METHODS, "uploadFile"]) as chat:
        there = await chat.frame.evaluate("[typeof kit.chatgpt().uploadFile, typeof kit.chatgpt().selectFiles]")
        assert there == ["function", "undefined"]
    async with chat_with(probe()) as chat:
        assert await chat.frame.evaluate("kit.chatgpt()") == {}
