"""The kit in each kind of host: over MCP Apps, over window.openai, over both as in ChatGPT, and with no host at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.chromium import chromium_window, complaints_of, needs_chromium
from tests.widgets.kit.built import probe
from tests.widgets.kit.scene import WIDGET, Bridges, Chat, chat_with, initialized, refusal, result

pytestmark = needs_chromium

RECIPES = {"result": [{"id": "1", "title": "Soup"}, {"id": "2", "title": "Bread"}]}
HOSTS: list[Bridges] = ["apps", "openai", "both"]


async def shown(chat: Chat, name: str) -> Any:
    return json.loads(await chat.widget.get_by_test_id(name).inner_text())


@pytest.mark.parametrize("bridges", HOSTS)
async def test_the_call_that_a_widget_shows_reaches_its_hooks(bridges: Bridges) -> None:
    async with chat_with(probe(), bridges) as chat:
        assert (await shown(chat, "input"))["state"] == "pending"
        await chat.show_result(result(RECIPES, "2 recipes", total=2), {"words": "s"})
        await expect(chat.widget.get_by_text("Soup, Bread", exact=True)).to_be_visible()
        assert await shown(chat, "input") == {"state": "complete", "arguments": {"words": "s"}}
        assert await shown(chat, "output") == {"state": "ready", "data": RECIPES, "text": "2 recipes"}
        assert await shown(chat, "meta") == {"total": 2}


@pytest.mark.parametrize("bridges", HOSTS)
async def test_the_document_follows_theme_locale_and_display_mode(bridges: Bridges) -> None:
    start = {"theme": "dark", "locale": "de-CH"}
    async with chat_with(probe(), bridges, context=start, values=start if bridges != "apps" else None) as chat:
        root = chat.widget.locator(":root")
        await expect(root).to_have_attribute("lang", "de-CH")
        await expect(root).to_have_css("color-scheme", "dark")
        await chat.context(theme="light", locale="fr", displayMode="fullscreen")
        await expect(root).to_have_attribute("lang", "fr")
        await expect(root).to_have_css("color-scheme", "light")
        await expect(root).to_have_attribute("data-display-mode", "fullscreen")
        host = await shown(chat, "host")
        assert (host["theme"], host["locale"], host["displayMode"]) == ("light", "fr", "fullscreen")
        assert host["connection"] == "connected"
        assert host["bridges"] == {"apps": bridges != "openai", "openai": bridges != "apps"}
        assert host["name"] == ("chatgpt" if bridges == "openai" else "strict-host")


async def test_style_variables_safe_area_and_size_come_from_the_host_context() -> None:
    async with chat_with(
        probe(),
        context={
            "styles": {"variables": {"--color-text-primary": "rgb(1, 2, 3)", "--font-sans": "monospace"}},
            "safeAreaInsets": {"top": 7, "right": 0, "bottom": 9, "left": 0},
            "containerDimensions": {"width": 500, "maxHeight": 300},
        },
    ) as chat:
        body = chat.widget.locator("body")
        await expect(body).to_have_css("color", "rgb(1, 2, 3)")
        await expect(body).to_have_css("font-family", "monospace")
        await expect(body).to_have_css("padding-top", "19px")
        host = await shown(chat, "host")
        assert host["safeArea"] == {"top": 7, "right": 0, "bottom": 9, "left": 0}
        assert host["size"] == {"width": 500, "maxHeight": 300}


async def test_window_openai_gives_safe_area_and_height_in_its_own_words() -> None:
    values = {"safeArea": {"insets": {"top": 1, "right": 2, "bottom": 3, "left": 4}}, "maxHeight": 333}
    async with chat_with(probe(), "openai", values=values) as chat:
        host = await shown(chat, "host")
        assert host["safeArea"] == {"top": 1, "right": 2, "bottom": 3, "left": 4}
        assert host["size"] == {"maxHeight": 333}


@pytest.mark.parametrize("bridges", HOSTS)
async def test_the_host_learns_how_high_the_content_is(bridges: Bridges) -> None:
    async with chat_with(probe(), bridges) as chat:
        await chat.show_result(result({"result": [{"id": "1", "title": "A long title. " * 200}]}))
        await expect(chat.widget.get_by_role("paragraph")).to_contain_text("A long title.")
        fits = "innerHeight === Math.ceil(document.documentElement.getBoundingClientRect().height)"
        await chat.frame.wait_for_function(fits)
        assert await chat.frame.evaluate("document.documentElement.clientWidth") == 1280


@pytest.mark.parametrize("bridges", HOSTS)
async def test_a_tool_is_called_over_the_bridge_that_there_is(bridges: Bridges) -> None:
    async def find(arguments: dict[str, Any]) -> dict[str, Any]:
        return result(RECIPES, "found", total=2)

    async with chat_with(probe(), bridges, tools={"find-recipes": find}) as chat:
        if bridges != "openai":
            await chat.sent("ui/notifications/initialized")
        given = await chat.frame.evaluate("kit.callTool('find-recipes', {words: 'x'})")
        assert given == {"data": RECIPES, "text": "found", "meta": {"total": 2}}
        assert chat.calls == [("find-recipes", {"words": "x"})]
        # In ChatGPT, where both are there, the standard one is taken.
        assert len(await chat.sent("tools/call", times=0)) == (0 if bridges == "openai" else 1)


async def test_a_call_made_before_the_host_has_answered_waits_for_it() -> None:
    async def find(arguments: dict[str, Any]) -> dict[str, Any]:
        return result(RECIPES)

    async with chat_with(probe(), silent=True, tools={"find-recipes": find}) as chat:
        await chat.sent("ui/initialize")
        calling = "window.calling = kit.callTool('find-recipes', {words: 'x'}); undefined"
        await chat.frame.evaluate(calling)
        assert [message["method"] for message in await chat.log()] == ["ui/initialize"]
        await chat.answer_initialize(initialized())
        assert (await chat.frame.evaluate("calling"))["data"] == RECIPES


@pytest.mark.parametrize("bridges", HOSTS)
async def test_a_tool_that_says_no_rejects_with_its_code_and_words(bridges: Bridges) -> None:
    async def find(arguments: dict[str, Any]) -> dict[str, Any]:
        return refusal("already_published", "Soup is public already.")

    async with chat_with(probe(), bridges, tools={"find-recipes": find}) as chat:
        caught = await chat.frame.evaluate(
            """kit.callTool('find-recipes', {words: ''}).catch(error =>
                [error instanceof kit.ToolError, error.tool, error.code, error.message, error.text])"""
        )
        message = "Soup is public already."
        assert caught == [True, "find-recipes", "already_published", message, f"already_published: {message}"]


@pytest.mark.parametrize("bridges", ["apps", "openai"])
async def test_a_tool_that_never_answers_times_out(bridges: Bridges) -> None:
    async with chat_with(probe(), bridges) as chat:
        for frame in chat.page.frames:
            await frame.evaluate("() => { window.callTool = () => new Promise(() => {}) }")
        caught = await chat.frame.evaluate(
            """kit.callTool('find-recipes', {words: ''}, {seconds: 0.1}).catch(error =>
                [error instanceof kit.HostError, error.code])"""
        )
        assert caught == [True, "timeout"]


async def test_without_any_host_the_widget_says_so_and_calls_fail_at_once() -> None:
    async with chromium_window() as window:
        page = await window.new_page()
        complaints = complaints_of(page)
        await page.route(f"{WIDGET}**", lambda route: route.fulfill(body=probe(), content_type="text/html"))
        await page.goto(WIDGET)
        await expect(page.get_by_text("The result is no longer here.")).to_be_visible()
        caught = await page.evaluate("kit.callTool('find-recipes', {words: ''}).catch(error => error.code)")
        assert caught == "absent"
        await page.get_by_role("button", name="Load again").click()
        await expect(page.get_by_role("alert")).to_contain_text("There is no chat here that answers.")
        assert complaints == []


async def test_a_host_that_answers_late_is_still_taken() -> None:
    async with chat_with(probe(), silent=True, clock=True) as chat:
        await chat.sent("ui/initialize")
        await chat.page.clock.fast_forward(5_000)
        await expect(chat.widget.get_by_test_id("host")).to_contain_text('"absent"')
        await chat.answer_initialize(initialized())
        await expect(chat.widget.get_by_test_id("host")).to_contain_text('"connected"')
        await chat.show_result(result(RECIPES))
        await expect(chat.widget.get_by_text("Soup, Bread", exact=True)).to_be_visible()
