"""A real engine that serves one app with widgets from memory, behind the real control listener with its preview."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from pydantic import BaseModel

from homeport import App, Person, Result, Widget
from homeport.apps.widgets import WidgetMissing, WidgetPage, WidgetPages
from homeport.clock import system_randomness
from homeport.control.api import control_app
from homeport.control.preview import Preview
from homeport.control.session import Sessions
from homeport.engine.engine import Engine
from homeport.engine.served import AppSource
from homeport.listening import LOOPBACK, Listener, bind, port_of
from homeport.settings import load_settings
from homeport.store import Database

PLAIN = "<!doctype html><title>Plain</title><p>Plain</p>"


class Pages:
    """WidgetPages in memory: setting a page tells who listens, as an edit would."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self._pages = dict(pages)
        self._callbacks: dict[object, Callable[[str], None]] = {}

    def page(self, name: str) -> WidgetPage:
        if name not in self._pages:
            raise WidgetMissing(f"widgets/{name}.html is not there.", hint="Write it.")
        return WidgetPage.of(name, self._pages[name])

    def names(self) -> Collection[str]:
        return list(self._pages)

    def subscribe(self, callback: Callable[[str], None]) -> Callable[[], None]:
        key = object()
        self._callbacks[key] = callback
        return lambda: self._callbacks.pop(key, None) and None

    def edit(self, name: str, html: str) -> None:
        self._pages[name] = html
        for callback in tuple(self._callbacks.values()):
            callback(name)


class Source:
    """An AppSource of a test's own app."""

    def __init__(self, app: App, pages: Pages) -> None:
        self._app = app
        self._pages = pages
        self.broken = ""

    @property
    def app(self) -> App:
        return self._app

    @property
    def pages(self) -> WidgetPages:
        return self._pages

    @property
    def problem(self) -> str:
        return self.broken

    @property
    def widget_problems(self) -> Sequence[str]:
        return ()

    @property
    def live(self) -> bool:
        return False

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        return None


class OneAppEngine(Engine):
    """The real Engine with another choice of what is served."""

    source: Source

    def _sources(self, database: Database) -> Mapping[str, AppSource]:
        return {"/mcp": self.source}


class Note(BaseModel):
    who: str
    words: str


def notes_app(widget: Widget | None = None) -> App:
    """Reads, writes and destroys; one tool is the model's only, one needs a scope of its own."""
    app = App("Notes")
    view = widget or Widget("note-view", redirects=["https://notes.example.com"])

    @app.tool(effect="read", widget=view, widget_access="model+app")
    async def show_note(person: Person, words: str = "hello") -> Result[Note]:
        """Show a note to the person who asks for it."""
        return Result(Note(who=person.id, words=words), text=f"A note: {words}", meta={"secret": "for the widget"})

    @app.tool(effect="write", widget_access="model+app")
    async def keep_note(person: Person, words: str) -> Note:
        """Keep a note for the person who asks for it."""
        return Note(who=person.id, words=words)

    @app.tool(effect="write", widget_access="model")
    async def publish_note(words: str) -> Note:
        """Publish a note, which only the model may do."""
        raise AssertionError("no widget may come here")

    @app.tool(effect="destroy", widget_access="model+app")
    async def burn_note(words: str) -> Note:
        """Burn a note, which cannot be undone by anybody."""
        raise AssertionError("the default rule asks first")

    @app.tool(effect="read", scope="diary", widget_access="model+app")
    async def read_diary(person: Person) -> Note:
        """Read the diary of the person who asks for it."""
        return Note(who=person.id, words="dear diary")

    @app.tool(effect="read", widget_access="model+app")
    async def read_everything() -> Note:
        """Read far more than any model should be given at once."""
        return Note(who="all", words="word " * 6_000)

    return app


@dataclass
class Previewed:
    """The running engine, and HTTP to its control listener with a session unless told otherwise."""

    engine: OneAppEngine
    source: Source
    pages: Pages
    port: int
    folder: Path
    http: httpx2.AsyncClient
    sessions: Sessions

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.port}/preview"

    def link(self, simulation: str = "") -> str:
        more = f"&simulation={simulation}" if simulation else ""
        return f"{self.page}#code={self.sessions.issue_code()}{more}"

    async def post(self, name: str, /, **body: Any) -> Any:
        answer = await self.http.post(f"/api/preview/{name}", json=body)
        return answer.json() if answer.status_code == 200 else answer

    async def get(self, name: str) -> Any:
        return (await self.http.get(f"/api/preview/{name}")).json()


@asynccontextmanager
async def previewed(
    folder: Path, pages: Mapping[str, str] | None = None, *, app: App | None = None, **options: object
) -> AsyncIterator[Previewed]:
    """`folder` holds data and app folder. `options` are settings."""
    given = Pages(pages or {"note-view": PLAIN})
    source = Source(app or notes_app(), given)
    options = {"data_dir": folder / "data", "port": 0, **options}
    engine = OneAppEngine(load_settings(options=options, environ={}, cwd=folder), environ={})
    engine.source = source
    sockets = bind(LOOPBACK, 0)
    port = port_of(sockets)
    token = system_randomness(16).hex()
    sessions = Sessions(token)
    preview = Preview(engine)
    listener = Listener()
    await engine.start()
    await listener.start(
        control_app(engine, sessions, port=port, quit=lambda: None, preview=preview),
        sockets,
    )
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as http:
            yield Previewed(engine, source, given, port, folder, http, sessions)
    finally:
        preview.close()
        await listener.stop()
        await engine.close()
