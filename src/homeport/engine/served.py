"""The apps an engine serves, each at its path, and what the authorization server is told of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from homeport import bundles
from homeport.apps.app import OWN_TOOL, App
from homeport.apps.widgets import WidgetMissing, WidgetPage, WidgetPages
from homeport.auth.resources import ServedApp, ToolMark
from homeport.errors import BundleError
from homeport.foreign_text import clean


class AppSource(Protocol):
    """Where an app comes from: built in, or a folder that is read again on edits."""

    @property
    def app(self) -> App: ...

    @property
    def problem(self) -> str:
        """What is wrong with it now, for a person; empty when nothing is. A widget without a page is not said here."""
        ...

    @property
    def pages(self) -> WidgetPages:
        """The pages of its widgets."""
        ...

    @property
    def widget_problems(self) -> Sequence[str]:
        """What is wrong with the files of its widgets, for a person."""
        ...

    @property
    def live(self) -> bool:
        """Whether its tools name the development addresses of their widgets."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class BuiltIn:
    """An app that comes with Homeport."""

    problem = ""
    widget_problems = ()
    live = False

    def __init__(self, app: App) -> None:
        self.app = app
        self.pages = BundledPages(app)

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None


class BundledPages:
    """The pages of a built-in app's widgets, among the bundles for the browser."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._read: dict[str, WidgetPage] = {}

    def page(self, name: str) -> WidgetPage:
        if name not in self._read:
            try:
                self._read[name] = WidgetPage.of(name, bundles.page(name))
            except BundleError as error:
                raise WidgetMissing(f"The widget {name!r} is not shown: {error.message}", hint=error.hint) from None
        return self._read[name]

    def names(self) -> Collection[str]:
        return list(self._app.widgets)

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """They never change while Homeport runs."""
        return lambda: None


class Served:
    """Path to app, in a fixed order; describes each app once, until it is another one."""

    def __init__(self, sources: Mapping[str, AppSource]) -> None:
        self.sources = dict(sources)
        self._described: dict[str, tuple[App, ServedApp]] = {}

    def __call__(self) -> Mapping[str, ServedApp]:
        return {path: self._describe(path, source.app) for path, source in self.sources.items()}

    def apps(self) -> list[App]:
        """The apps as they are now."""
        return [source.app for source in self.sources.values()]

    def _describe(self, path: str, app: App) -> ServedApp:
        known = self._described.get(path)
        if known is not None and known[0] is app:
            return known[1]
        # Homeport's own tool gives a widget the page that it may read anyway: nothing to consent to.
        tools = (tool for tool in app.tools.values() if tool.name != OWN_TOOL)
        marks = tuple(ToolMark(t.name, clean(t.title), t.effect, t.scope) for t in tools)
        described = ServedApp(app.name, path, marks)
        self._described[path] = (app, described)
        return described
