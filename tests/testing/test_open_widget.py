"""A widget that a test opens behaves as in ChatGPT, and what it does wrong fails the test."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import expect

from homeport.apps.loading import load_app
from homeport.control.preview.simulations import SimulationError
from homeport.errors import BrowserMissing, NotFoundError, WidgetMissing
from homeport.testing import Chat, WidgetFault, open_widget
from tests.browser.chromium import needs_chromium
from tests.testing.apps import page_with, write_recipes

pytestmark = needs_chromium


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    return write_recipes(tmp_path / "recipes")


async def test_without_an_output_the_tool_is_called(recipes: Path) -> None:
    async with open_widget(recipes, "book", input={"words": "soup"}) as widget:
        await expect(widget.get_by_role("heading")).to_have_text("Found soup")
        await expect(widget.locator("p")).to_have_text("light, inline, en-US, soup, for the widget")
        assert widget.calls == []


async def test_a_simulation_holds_and_what_the_test_says_counts_more(recipes: Path) -> None:
    async with open_widget(recipes, "book", simulation="soup") as widget:
        await expect(widget.get_by_role("heading")).to_have_text("A saved soup")
        await expect(widget.locator("p")).to_have_text("dark, inline, en-US, soup, ")
    async with open_widget(recipes, "book", simulation="soup", theme="light", output={"title": "Another"}) as widget:
        await expect(widget.get_by_role("heading")).to_have_text("Another")
        await expect(widget.locator("p")).to_have_text("light, inline, en-US, soup, ")


async def test_its_calls_go_to_the_chat(recipes: Path) -> None:
    loaded = load_app(recipes)
    chat = Chat(loaded.app)
    assert await chat.call("count") == 1
    async with open_widget(recipes, "book", simulation="soup", call=chat) as widget:
        await widget.get_by_role("button", name="Count").click()
        assert (await widget.widget_state())["privateContent"] == {"counted": 2}
    (called,) = widget.calls
    assert (called.tool, called.arguments, called.result["structuredContent"]) == ("count", {}, {"result": 2})
    assert await chat.call("count") == 3
    loaded.modules.drop()


async def test_an_answer_stands_for_a_call(recipes: Path) -> None:
    answers = {"count": {"content": [], "structuredContent": {"result": 40}}}
    async with open_widget(recipes, "book", simulation="soup", answers=answers) as widget:
        await widget.get_by_role("button", name="Count").click()
        assert (await widget.widget_state())["privateContent"] == {"counted": 40}
    assert widget.calls == []


@pytest.mark.parametrize("state", ["pending", "cancelled", "failed"])
async def test_a_call_that_has_no_result_is_shown_so(
    recipes: Path, state: Literal["pending", "cancelled", "failed"]
) -> None:
    async with open_widget(recipes, "book", state=state) as widget:
        await expect(widget.get_by_role("heading")).to_have_text(state)


async def test_the_text_of_a_saved_result_is_no_reason_for_a_failure(recipes: Path) -> None:
    saved = {"tool": "find", "output": {"title": "Soup"}, "text": "Soup, 30 minutes"}
    (recipes / "previews" / "told.json").write_text(json.dumps(saved))

    async def output(**showing: Any) -> Any:
        async with open_widget(recipes, "book", simulation="told", **showing) as widget:
            await expect(widget.get_by_role("heading")).to_have_text(showing["state"])
            return await widget.locator("body").evaluate(
                "() => { const { reason, error } = homeport.toolOutput(); return reason ?? error.message; }"
            )

    assert await output(state="cancelled") == "The person stopped it."
    assert await output(state="failed") == "The tool failed."
    assert await output(state="failed", text="The oven is off.") == "The oven is off."


async def test_a_tool_that_says_no_is_a_failed_call(recipes: Path) -> None:
    async with open_widget(recipes, "book", input={"words": "cake"}) as widget:
        await expect(widget.get_by_role("heading")).to_have_text("failed")


async def test_the_host_may_change_and_the_widget_hears_of_it(recipes: Path) -> None:
    async with open_widget(recipes, "book", simulation="soup", display_mode="fullscreen", locale="de-DE") as widget:
        await expect(widget.locator("p")).to_have_text("dark, fullscreen, de-DE, soup, ")
        await widget.change(theme="light", display_mode="pip")
        await expect(widget.locator("p")).to_have_text("light, pip, de-DE, soup, ")
        assert await widget.display_mode() == "pip"


async def test_a_phone_is_narrow(recipes: Path, tmp_path: Path) -> None:
    async with open_widget(recipes, "book", simulation="soup", device="phone") as widget:
        picture = await widget.screenshot(tmp_path / "book.png")
    assert struct.unpack(">I", picture[16:20]) == (390,)
    assert (tmp_path / "book.png").read_bytes() == picture


@pytest.mark.parametrize("by", ["simulation", "test"])
async def test_a_device_and_a_display_mode_bring_their_measures_along(recipes: Path, by: str) -> None:
    saved = {"tool": "find", "output": {"title": "Soup"}, "host": {"device": "phone", "displayMode": "fullscreen"}}
    (recipes / "previews" / "large.json").write_text(json.dumps(saved))
    opening = (
        open_widget(recipes, "book", simulation="large")
        if by == "simulation"
        else open_widget(recipes, "book", output={"title": "Soup"}, device="phone", display_mode="fullscreen")
    )
    async with opening as widget:
        await expect(widget.get_by_role("heading")).to_have_text("Soup")
        host = await widget.locator("body").evaluate("() => homeport.host()")
    assert host["size"] == {"width": 390, "height": 720}
    assert host["safeArea"]["bottom"] == 34


async def test_a_host_may_have_no_window_openai(recipes: Path) -> None:
    async with open_widget(recipes, "book", simulation="soup", profile="mcp-apps") as widget:
        await expect(widget.get_by_role("heading")).to_have_text("A saved soup")
        assert await widget.locator("body").evaluate("() => typeof window.openai") == "undefined"


async def test_what_it_says_is_kept(recipes: Path) -> None:
    says = """
      document.querySelector("button").onclick = async () => {
        await homeport.sendMessage("More, please.");
        await homeport.openLink("https://recipes.example.com/soup");
        homeport.chatgpt().setOpenInAppUrl({ href: "https://recipes.example.com/app" });
        await homeport.close();
      };
    """
    write_recipes(recipes, page_with(says))
    async with open_widget(recipes, "book", simulation="soup") as widget:
        await widget.get_by_role("button", name="Count").click()
        await expect(widget.page.locator("iframe")).to_have_count(0)
        said = [(each.kind, each.text) for each in await widget.said()]
        assert said == [
            ("message", "More, please."),
            ("link", "https://recipes.example.com/soup"),
            ("app-link", "https://recipes.example.com/app"),
        ]
        assert await widget.is_closed()


# What a page does wrong, and what is said of it.
WRONG = {
    '<img alt="" src="https://elsewhere.example.com/a.png">': r'img-src.*resources=\["https://elsewhere\.example\.com"\]',
    "<script>fetch('https://api.example.com').catch(() => {})</script>": r'connect-src.*connect=\["https://api\.',
    "<script>try { eval('1') } catch {}</script>": "blocked eval",
    "<script>console.error('It is broken')</script>": "It is broken",
    "<script>nowhere.to.be.found()</script>": "nowhere is not defined",
    "<script>Promise.reject(new Error('nobody listens'))</script>": "nobody listens",
    "<script>parent.postMessage({jsonrpc: '2.0', method: 7}, '*')</script>": "malformed",
}
# The same of what it does when its button is pressed.
WRONG_DEEDS = {
    "request('ui/fly', {})": "ui/fly: ChatGPT does not have it",
    "callTool('for_the_model', {})": r"for the model only.*model\+app",
    "callTool('nothing', {})": "No tool of Recipes is called 'nothing'",
}


async def test_what_chatgpt_would_block_fails_the_test(recipes: Path) -> None:
    deeds = "".join(f"homeport.{deed}.catch(() => {{}});" for deed in WRONG_DEEDS)
    write_recipes(recipes, page_with(f"document.querySelector('button').onclick = () => {{{deeds}}}", "".join(WRONG)))
    with pytest.raises(WidgetFault) as failed:
        async with open_widget(recipes, "book", simulation="soup") as widget:
            await widget.get_by_role("button", name="Count").click()
    said = str(failed.value)
    assert [fault for fault in (*WRONG.values(), *WRONG_DEEDS.values()) if not re.search(fault, said)] == []


async def test_a_finding_may_be_allowed(recipes: Path) -> None:
    write_recipes(recipes, page_with("console.error('It is broken')"))
    async with open_widget(recipes, "book", simulation="soup", allow=["It is broken"]) as widget:
        await expect(widget.get_by_role("heading")).to_have_text("A saved soup")
        (finding,) = await widget.findings()
        assert finding.weight == "error"
        assert "It is broken" in finding.problem


async def test_a_test_that_fails_names_what_the_widget_did_wrong_as_well(recipes: Path) -> None:
    write_recipes(recipes, page_with("console.error('It is broken')"))
    with pytest.raises(AssertionError, match="not this") as failed:
        async with open_widget(recipes, "book", simulation="soup"):
            raise AssertionError("not this")
    assert "It is broken" in failed.value.__notes__[0]


async def test_what_a_widget_may_load_comes_from_no_network(recipes: Path) -> None:
    write_recipes(recipes, page_with("", '<img alt="Soup" src="https://images.example.com/soup.png">'))
    async with open_widget(recipes, "book", simulation="soup") as widget:
        await expect(widget.get_by_role("img", name="Soup")).to_have_js_property("naturalWidth", 1)


async def test_a_widget_cannot_reach_what_holds_it(recipes: Path) -> None:
    reach = "try { top.homeport } catch (error) { document.querySelector('h1').dataset.reached = error.name }"
    write_recipes(recipes, page_with(reach))
    async with open_widget(recipes, "book", simulation="soup") as widget:
        await expect(widget.get_by_role("heading")).to_have_attribute("data-reached", "SecurityError")


async def test_a_wrong_name_is_answered_with_the_right_ones(recipes: Path) -> None:
    async def refused(widget: str, **showing: str) -> str:
        with pytest.raises((NotFoundError, SimulationError)) as caught:
            async with open_widget(recipes, widget, **showing):  # type: ignore[arg-type]
                raise AssertionError
        return str(caught.value)

    assert await refused("cook") == "No tool of Recipes shows a widget 'cook'. It has these widgets: book."
    assert "There is no previews/cake.json." in await refused("book", simulation="cake")
    assert await refused("book", tool="count") == "'count' does not show the widget 'book'. These tools do: find."
    assert "state: Input should be 'result'" in await refused("book", state="lost")


async def test_a_widget_without_a_file_says_which_one(recipes: Path) -> None:
    (recipes / "widgets" / "book.html").unlink()
    with pytest.raises(WidgetMissing, match=re.escape("no widgets/book.tsx and no widgets/book.html")):
        async with open_widget(recipes, "book"):
            raise AssertionError


async def test_without_a_chromium_it_says_how_to_get_one(
    recipes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.testing.browser.PROGRAMS", ("no-such-program",))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    with pytest.raises(BrowserMissing, match="uv run playwright install chromium"):
        async with open_widget(recipes, "book"):
            raise AssertionError
