"""How large pages are, and how long the save of a .tsx takes to its page: the list view, edited again and again."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import statistics
import time
from pathlib import Path

from homeport import bundles
from homeport.apps.builder import FolderWidgets

LIST_VIEW = Path(__file__).resolve().parents[2] / "widgets" / "src" / "list-view"
PAUSE_SECONDS = 0.5
"""Between two edits, so that the type check after each is part of what is measured, and none waits for another."""


async def measure_saves(folder: Path, edits: int = 20) -> float:
    """The median, in milliseconds, from writing the file to the moment at which the new page is at hand."""
    edited = app_with_list_view(folder)
    widgets = FolderWidgets(folder, settling=0)
    await widgets.start(building=True)
    try:
        await widgets.settled()
        await asyncio.sleep(PAUSE_SECONDS)
        code = edited.read_text(encoding="utf-8")
        taken = [await _save(widgets, edited, f'{code}\nexport const edit = "{edit}";\n') for edit in range(edits)]
    finally:
        await widgets.stop()
    return statistics.median(taken) * 1000


def measure_sizes() -> tuple[float, float]:
    """Kilobytes, gzipped, of the list view, and of what the sign-in page loads until it is usable."""
    script = bundles.script("sign-in")
    loaded = [bundles.page("list-view").encode()], [script.code.content, script.css.content]
    list_view, sign_in = (sum(len(gzip.compress(part, 9)) for part in parts) / 1000 for parts in loaded)
    return list_view, sign_in


def app_with_list_view(folder: Path) -> Path:
    """Makes the list view the widget of an app in `folder`; the answer is the file to edit."""
    parts = folder / "widgets" / "list-view"
    shutil.copytree(LIST_VIEW, parts, ignore=shutil.ignore_patterns("*.html"))
    # What is exported only would be left out of the page, and the page would be the same.
    shown = (
        'import * as view from "./list-view/list-view";\nimport "./list-view/main";\nObject.assign(window, { view });\n'
    )
    (folder / "widgets" / "list-view.tsx").write_text(shown, encoding="utf-8")
    return parts / "list-view.tsx"


async def _save(widgets: FolderWidgets, file: Path, code: str) -> float:
    built = asyncio.Event()
    end = widgets.subscribe(lambda _: built.set())
    saved = time.perf_counter()
    file.write_text(code, encoding="utf-8")
    async with asyncio.timeout(30):
        await built.wait()
    taken = time.perf_counter() - saved
    end()
    await asyncio.sleep(PAUSE_SECONDS)
    return taken
