"""App folders for tests, written file by file, and what Homeport is told about them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

from homeport import App, Context, Person
from homeport.apps.loader import FolderApp
from homeport.events import AppFailed, AppLoaded, Event

NOW = 1_800_000_000.0

GREETING = '''
from homeport import App

app = App("Greetings")

@app.tool(effect="read")
def greet() -> str:
    """Greet."""
    return "WORD"
'''


def greeting(word: str) -> str:
    return GREETING.replace("WORD", word)


def write(folder: Path, **files: str) -> Path:
    """`folder` with a file NAME.py for each name; `a__b` is b.py in the package or folder a."""
    for name, code in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(code), encoding="utf-8")
    return folder


def save_as_editors_do(path: Path, code: str) -> None:
    """Write beside it, then rename over it."""
    beside = path.with_name(f".{path.name}.swp")
    beside.write_text(code, encoding="utf-8")
    os.replace(beside, path)


async def said(app: App) -> str:
    """What the tool `greet` says."""
    tool = app.find("greet")
    assert tool is not None, f"{app} does not greet"
    word: str = (await tool.call({}, person=Person("owner:1"), context=Context())).data["result"]
    return word


class Heard:
    """The events of one folder, in order."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def publish(self, event: Event) -> None:
        self._events.put_nowait(event)

    @property
    def nothing_more(self) -> bool:
        return self._events.empty()

    async def loaded(self) -> AppLoaded:
        event = await self._next()
        assert isinstance(event, AppLoaded), event
        return event

    async def failed(self) -> AppFailed:
        event = await self._next()
        assert isinstance(event, AppFailed), event
        return event

    async def _next(self) -> Event:
        async with asyncio.timeout(30):
            return await self._events.get()


@asynccontextmanager
async def started(folder: Path, heard: Heard, *, patience: float = 20.0) -> AsyncIterator[FolderApp]:
    """Loaded and watched without the delay that a server needs."""
    source = FolderApp(folder, publish=heard.publish, clock=lambda: NOW, patience=patience, settling=0.0)
    await source.start()
    try:
        yield source
    finally:
        await source.stop()
