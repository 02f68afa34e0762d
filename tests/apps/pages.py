"""The pages of widgets as a test says they are; it may say something else at any time."""

from __future__ import annotations

from collections.abc import Callable, Collection

from homeport.apps.widgets import WidgetMissing, WidgetPage


class PagesInMemory:
    """WidgetPages that are changed with `put` and `remove`."""

    def __init__(self, **html: str) -> None:
        self._pages = {name.replace("_", "-"): page for name, page in html.items()}
        self._heard: list[Callable[[str], None]] = []

    def page(self, name: str) -> WidgetPage:
        if name not in self._pages:
            raise WidgetMissing(f"There is no widgets/{name}.html.", hint="Write it.")
        return WidgetPage.of(name, self._pages[name])

    def names(self) -> Collection[str]:
        return list(self._pages)

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        self._heard.append(callback)
        return lambda: self._heard.remove(callback)

    @property
    def listeners(self) -> int:
        return len(self._heard)

    def put(self, name: str, html: str) -> None:
        self._pages[name] = html
        self._tell(name)

    def remove(self, name: str) -> None:
        del self._pages[name]
        self._tell(name)

    def _tell(self, name: str) -> None:
        for callback in list(self._heard):
            callback(name)
