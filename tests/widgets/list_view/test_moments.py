"""The list view in every moment, in ChatGPT and in a host that speaks MCP Apps only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.control.preview.simulations import State
from homeport.engine.served import BuiltIn
from homeport.items import SqlItems, items_app
from homeport.store import open_database
from homeport.testing import Chat, OpenWidget, open_widget
from tests.browser.axe import needs_axe
from tests.browser.chromium import needs_chromium
from tests.widgets.moments import PROFILES, STATES, Profile, clock, fits, keeps_nobody_out, play, shown_in_time

__all__ = ["clock"]

pytestmark = [needs_chromium, needs_axe, pytest.mark.usefixtures("clock")]

ITEM = "Try Homeport"


@asynccontextmanager
async def list_view(
    folder: Path, state: State, *, profile: Profile = "chatgpt", text: str = "", kept: object = None
) -> AsyncIterator[OpenWidget]:
    """With the three items that everybody begins with."""
    database = await open_database(f"sqlite://{folder}/homeport.sqlite3")
    try:
        app = items_app(SqlItems(database))
        async with (
            Chat(app) as chat,
            open_widget(
                app,
                "list-view",
                call=chat,
                pages=BuiltIn(app).pages,
                state=state,
                profile=profile,
                text=text,
                widget_state=kept,
            ) as widget,
        ):
            yield widget
    finally:
        await database.close()


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("state", STATES)
async def test_it_says_where_its_call_is_and_keeps_nobody_out(tmp_path: Path, state: State, profile: Profile) -> None:
    text = "The oven is off." if state == "failed" else ""
    async with list_view(tmp_path, state, profile=profile, text=text) as widget:
        await play(widget, state, name=f"list-view-{profile}", waits="Fetching your items…", shows=ITEM)
        if state == "result":
            await fits(widget, name=f"list-view-{profile}")


async def test_opened_again_without_its_result_it_says_so_soon_where_the_chat_kept_its_state(tmp_path: Path) -> None:
    kept = {"privateContent": {"words": "", "selected": [], "states": {}}}
    async with list_view(tmp_path, "reloaded", kept=kept) as widget:
        await shown_in_time(widget, widget.get_by_text("The result is no longer here."))
        await keeps_nobody_out(widget, name="list-view-missing")
        await widget.get_by_role("button", name="Load again").click()
        await widget.get_by_text(ITEM).wait_for()
