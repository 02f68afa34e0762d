"""A toolchain that is installed once for all runs of the tests, and app folders with widgets to build with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from homeport.apps.builder import FolderWidgets
from homeport.apps.widget_toolchain import Toolchain, install_toolchain
from homeport.events import Event

COUNTER = """
import { useState } from "react";

export default function Counter() {
  const [count, setCount] = useState(0);
  return <button onClick={() => setCount(count + 1)}>WORD {count}</button>;
}
"""


def counter(word: str) -> str:
    return COUNTER.replace("WORD", word)


def toolchain_cache(config: pytest.Config) -> Path:
    """A cache folder that lasts from one run to the next."""
    return Path(config.cache.mkdir("toolchain")) if config.cache else Path(".pytest_cache/toolchain")


@pytest.fixture(scope="session")
def toolchain(pytestconfig: pytest.Config) -> Toolchain:
    return asyncio.run(install_toolchain(toolchain_cache(pytestconfig)))


def save(folder: Path, **files: str) -> Path:
    """`folder` with a file widgets/NAME for each name; `a__b_tsx` is a/b.tsx."""
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        path = folder / "widgets" / f"{stem.replace('__', '/').replace('_', '-')}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return folder


class Watched:
    """The widgets of a folder and what they tell, to be waited for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._news = asyncio.Condition()

    def heard(self, event: Event) -> None:
        self.events.append(event)
        self.told()

    def told(self) -> None:
        task = asyncio.ensure_future(self._wake())
        task.add_done_callback(lambda done: done.exception())

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until this is so after something was told."""
        async with asyncio.timeout(60), self._news:
            await self._news.wait_for(true)

    async def _wake(self) -> None:
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def widgets_of(
    folder: Path, toolchain: Toolchain, watched: Watched | None = None, *, building: bool = True
) -> AsyncIterator[FolderWidgets]:
    """Started, and built once, without the delay that a server needs."""
    watched = watched or Watched()

    async def installed(_: Callable[[str], None]) -> Toolchain:
        return toolchain

    widgets = FolderWidgets(folder, publish=watched.heard, toolchain=installed, settling=0)
    widgets.subscribe_problems(watched.told)
    await widgets.start(building=building)
    try:
        await widgets.settled()
        yield widgets
    finally:
        await widgets.stop()
