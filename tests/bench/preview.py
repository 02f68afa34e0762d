"""From the save of a .tsx to the preview showing it: a real Homeport, its preview in Chromium, the list view edited."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from pathlib import Path

from homeport.apps.widget_toolchain import install_toolchain
from tests.bench.widgets import app_with_list_view
from tests.browser.chromium import chromium_window
from tests.program import running_homeport

PAUSE_SECONDS = 0.5
"""Between two edits, so that none waits for the type check of the one before."""

APP = '''
from homeport import App, Result, Widget
from homeport.items.app import ItemList
from homeport.items.item import Item

app = App("Items")


@app.tool(effect="read", name="get-items", widget=Widget("list-view"))
async def get_items(filter: str = "") -> Result[ItemList]:
    """Show the items."""
    items = [Item(id=f"i{n}", title=f"Item {n}", description="", tags=["one"], state="open") for n in range(20)]
    return Result(ItemList(items=items), text="20 items")
'''

TELLS = """
const told = () => {
  if (document.querySelector("[role=row]") === null) return;
  seen.disconnect();
  const { edit } = view as { edit?: string };
  requestAnimationFrame(() => (window as { shows?: (edit?: string) => void }).shows?.(edit));
};
const seen = new MutationObserver(told);
seen.observe(document, { childList: true, subtree: true });
told();
"""
"""The widget says when its items are there and the next picture is drawn."""


async def measure_preview(folder: Path, edits: int = 20) -> float:
    """The median, in milliseconds, from writing the file to the picture of the edited widget with its items."""
    # The first build fetches a toolchain; what is measured are the later ones.
    await install_toolchain(folder / "home" / ".cache" / "homeport" / "widgets")
    app = folder / "app"
    app.mkdir(parents=True)
    (app / "app.py").write_text(APP, encoding="utf-8")
    edited = app_with_list_view(app)
    entry = app / "widgets" / "list-view.tsx"
    entry.write_text(entry.read_text(encoding="utf-8") + TELLS, encoding="utf-8")
    code = edited.read_text(encoding="utf-8")
    edited.write_text(f'{code}\nexport const edit = "first";\n', encoding="utf-8")
    async with running_homeport(folder, "--app", str(app), command=()) as homeport, chromium_window() as window:
        page = await window.new_page()
        shown: asyncio.Queue[str] = asyncio.Queue()

        # A binding of the browser's own: the preview reads what a widget writes to the console.
        await page.expose_binding("shows", lambda _, edit: shown.put_nowait(str(edit)))
        link = re.search(r"http://\S+", await homeport.run("preview", "--print"))
        assert link is not None
        await page.goto(link[0])
        await _until(shown, "first")
        taken = []
        for edit in range(edits):
            await asyncio.sleep(PAUSE_SECONDS)
            began = time.perf_counter()
            edited.write_text(f'{code}\nexport const edit = "{edit}";\n', encoding="utf-8")
            await _until(shown, str(edit))
            taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1000


async def _until(shown: asyncio.Queue[str], wanted: str) -> None:
    async with asyncio.timeout(60):
        while await shown.get() != wanted:
            pass
