"""An author edits a widget that a chat shows: the real program on a desktop, its tools called as a chat calls them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from homeport.apps.widgets import WidgetPage
from tests.apps.folders import save_as_editors_do
from tests.browser.chromium import needs_chromium
from tests.engine.test_sources import ask, signed_in_client
from tests.engine.test_widgets import FIRST, recipes, tools
from tests.program import POLL_SECONDS, running_homeport
from tests.widgets.kit.scene import Bridges, chat_with

pytestmark = needs_chromium

EDITED = """<!doctype html><title>Edited</title><p>nothing</p>
<script>document.querySelector("p").textContent = "Edited, and " + typeof openai</script>"""


@pytest.mark.parametrize("bridges", ["openai", "both"])
async def test_an_edit_is_seen_without_a_refresh_and_without_a_violation(tmp_path: Path, bridges: Bridges) -> None:
    page = recipes(tmp_path / "recipes")
    async with (
        running_homeport(tmp_path, "--app", str(tmp_path / "recipes"), command=()) as homeport,
        signed_in_client(homeport) as client,
    ):
        # What a chat keeps until its user presses Refresh: the list of tools, and what is at an address of a widget.
        meta = (await tools(client))["find_recipes"]
        (document,) = (await ask(client, "resources/read", uri=meta["ui"]["resourceUri"]))["contents"]

        async def newest(arguments: dict[str, Any]) -> dict[str, Any]:
            called: dict[str, Any] = await ask(client, "tools/call", name="homeport-widget", arguments=arguments)
            return called

        async with chat_with(document["text"], bridges, tools={"homeport-widget": newest}) as chat:
            await expect(chat.widget.get_by_text("First")).to_be_visible()
            save_as_editors_do(page, EDITED)

            await built(client)
            await chat.reload()
            await expect(chat.widget.get_by_text("Edited, and object")).to_be_visible()


async def built(client: httpx2.AsyncClient) -> None:
    """Until the page is another one than the first: only the watcher of the folder knows when."""
    known = {"name": "recipe-list", "known": WidgetPage.of("recipe-list", FIRST).digest}
    async with asyncio.timeout(10):
        while (await ask(client, "tools/call", name="homeport-widget", arguments=known))["structuredContent"][
            "html"
        ] is None:
            await asyncio.sleep(POLL_SECONDS)
