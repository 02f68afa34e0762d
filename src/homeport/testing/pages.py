"""The pages of an app's widgets for a test: built once from the files as they are now, and watched no longer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from homeport.apps.app import App
from homeport.apps.builder import FolderWidgets
from homeport.apps.watching import Sources
from homeport.apps.widget_files import look_at_widgets
from homeport.apps.widget_toolchain import has_node
from homeport.apps.widgets import WidgetMissing, WidgetPage


class ReadyPages:
    """WidgetPages that never change. `missing` says of a widget without a page what is wrong with it."""

    def __init__(self, pages: Mapping[str, WidgetPage], missing: Callable[[str], WidgetMissing]) -> None:
        self._pages = pages
        self._missing = missing

    def page(self, name: str) -> WidgetPage:
        if name not in self._pages:
            raise self._missing(name)
        return self._pages[name]

    def names(self) -> Collection[str]:
        return list(self._pages)

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        return lambda: None


class PageShelf:
    """Keeps what was built for the tests of one run: a second test finds the page of the first, unless a file has
    changed meanwhile.
    """

    def __init__(self) -> None:
        self._built: dict[Path, tuple[Sources, ReadyPages]] = {}

    async def pages(self, folder: Path, app: App) -> ReadyPages:
        seen = look_at_widgets(folder)
        known = self._built.get(folder)
        if known is not None and known[0].files == seen.files:
            return known[1]
        built = await build_pages(folder, app)
        # The build writes types for editors into the folder.
        self._built[folder] = (look_at_widgets(folder), built)
        return built


async def build_pages(folder: Path, app: App) -> ReadyPages:
    """The page of each widget of the app in `folder`. Without Node a .tsx is what `homeport build` made of it."""
    widgets = FolderWidgets(folder)
    widgets.use_app(app)
    await widgets.start(building=has_node())
    try:
        await widgets.settled()
        found = {name: widgets.page(name) for name in widgets.names()}
        problems = {problem.file: str(problem) for problem in widgets.problems() if problem.kind == "build"}
    finally:
        await widgets.stop()

    def missing(name: str) -> WidgetMissing:
        try:
            widgets.page(name)
        except WidgetMissing as error:
            return error
        return WidgetMissing(f"The widget {name!r} has no page.")

    # A last good page is for somebody who edits. A test is to see that the file is broken.
    broken = [name for name in found if f"widgets/{name}.tsx" in problems]
    return ReadyPages({name: page for name, page in found.items() if name not in broken}, missing)
