"""What the tools do, and what the widget shows. `chat` and `open_widget` come with Homeport."""

import pytest
from homeport import ToolError
from homeport.testing import Chat, WidgetOpener
from playwright.async_api import expect


async def test_recipes_are_found_by_words(chat: Chat) -> None:
    found = await chat.call("find_recipes", words="soup")
    assert [recipe["title"] for recipe in found] == ["Carrot soup", "Onion soup"]


async def test_the_model_reads_what_it_needs_to_rate_a_recipe(chat: Chat) -> None:
    (content,) = (await chat.call_result("find_recipes", words="carrot"))["content"]
    assert content["text"] == "Carrot soup, 30 minutes, 0 stars (id carrot-soup)"


async def test_stars_are_remembered(chat: Chat) -> None:
    await chat.call("rate_recipe", id="apple-pie", stars=5)
    assert (await chat.call("find_recipes", words="pie"))[0]["stars"] == 5
    with pytest.raises(ToolError, match="no recipe with the id 'cake'"):
        await chat.call("rate_recipe", id="cake", stars=5)


async def test_a_star_in_the_widget_rates_the_recipe(chat: Chat, open_widget: WidgetOpener) -> None:
    async with open_widget("recipe-list", simulation="two-recipes", theme="dark") as widget:
        stars = widget.get_by_role("group", name="Stars for Onion soup")
        await stars.get_by_role("button", name="3 stars").click()
        await expect(stars.get_by_role("button", name="3 stars")).to_have_attribute("aria-pressed", "true")
    assert (await chat.call("find_recipes", words="onion"))[0]["stars"] == 3
