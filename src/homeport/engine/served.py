"""The apps an engine serves, each at its path, and what the authorization server is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from homeport.apps.app import App
from homeport.auth.resources import ServedApp, ToolMark
from homeport.foreign_text import clean


class AppSource(Protocol):
    """Where an app comes from: built in, or a folder that is read again on edits."""

    @property
    def app(self) -> App: ...

    @property
    def problem(self) -> str:
        """What is wrong with it now, for a person; empty when nothing is."""
        ...

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class BuiltIn:
    """An app that comes with Homeport."""

    problem = ""

    def __init__(self, app: App) -> None:
        self.app = app

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None


class Served:
    """Path to app, in a fixed order; describes each app once, until it is another one."""

    def __init__(self, sources: Mapping[str, AppSource]) -> None:
        self.sources = dict(sources)
        self._described: dict[str, tuple[App, ServedApp]] = {}

    def __call__(self) -> Mapping[str, ServedApp]:
        return {path: self._describe(path, source.app) for path, source in self.sources.items()}

    def _describe(self, path: str, app: App) -> ServedApp:
        known = self._described.get(path)
        if known is not None and known[0] is app:
            return known[1]
        marks = tuple(ToolMark(t.name, clean(t.title), t.effect, t.scope) for t in app.tools.values())
        described = ServedApp(app.name, path, marks)
        self._described[path] = (app, described)
        return described
