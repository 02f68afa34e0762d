"""The widget that `homeport new` writes: in every moment, in ChatGPT and in a host that speaks MCP Apps only."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from homeport.apps.loading import load_app
from homeport.control.preview.simulations import State
from homeport.testing import Chat, open_widget
from homeport.testing.pages import PageShelf
from tests.browser.axe import needs_axe
from tests.browser.chromium import needs_chromium
from tests.scaffold.projects import caches, new_project
from tests.widgets.moments import PROFILES, STATES, Profile, clock, fits, play

__all__ = ["clock"]

pytestmark = [needs_chromium, needs_axe, pytest.mark.usefixtures("clock")]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_project(tmp_path_factory.mktemp("projects") / "recipes")


@pytest.fixture(scope="module")
def shelf() -> PageShelf:
    """Its page is built for the first test."""
    return PageShelf()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("state", STATES)
async def test_it_says_where_its_call_is_and_keeps_nobody_out(
    recipes: Path,
    shelf: PageShelf,
    tmp_path: Path,
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    state: State,
    profile: Profile,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(caches(tmp_path, pytestconfig)))
    loaded = load_app(recipes)
    chat = Chat(loaded.app)
    pages = await shelf.pages(recipes, loaded.app)
    text = "The oven is off." if state == "failed" else ""
    async with open_widget(
        recipes,
        "recipe-list",
        call=chat,
        pages=pages,
        simulation="two-recipes",
        state=state,
        text=text,
        profile=profile,
    ) as widget:
        await play(widget, state, name=f"recipes-{profile}", waits="Looking for recipes", shows="Onion soup")
        if state == "result":
            await fits(widget, name=f"recipes-{profile}")
        if state not in ("pending", "streaming"):
            stars = widget.get_by_role("group", name="Stars for Onion soup")
            await stars.get_by_role("button", name="3 stars").click()
            await expect(stars.get_by_role("button", name="3 stars")).to_have_attribute("aria-pressed", "true")
    loaded.modules.drop()
