"""The app of the folder that the settings choose, and another app while they choose none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from homeport.clock import Clock
from homeport.engine.served import AppSource
from homeport.events import AppLoaded, Event
from homeport.foreign_text import clean

if TYPE_CHECKING:
    from homeport.folder import TextFolder


def cache_folder() -> Path:
    """Where the indexes of folders are kept: the user's own folder for caches."""
    import platformdirs

    return platformdirs.user_cache_path("homeport", appauthor=False) / "folders"


class ChosenFolder:
    """An AppSource. `otherwise` is served while no folder is chosen; `data_dir` is never looked into."""

    live = False
    widget_problems: Sequence[str] = ()

    def __init__(
        self,
        folder: Path | None,
        *,
        otherwise: AppSource,
        data_dir: Path,
        cache: Path,
        publish: Callable[[Event], None],
        clock: Clock,
    ) -> None:
        self._otherwise = otherwise
        self._data_dir = data_dir
        self._cache = cache
        self._publish = publish
        self._clock = clock
        self._started = False
        self._searched: TextFolder | None = None
        self._before: list[TextFolder] = []
        self.app = otherwise.app
        self.pages = otherwise.pages
        self._choose(folder)

    @property
    def problem(self) -> str:
        return self._searched.problem if self._searched is not None else ""

    async def start(self) -> None:
        self._started = True
        if self._searched is not None:
            self._searched.start()

    async def stop(self) -> None:
        self._started = False
        for folder in (*self._before, *((self._searched,) if self._searched is not None else ())):
            await asyncio.to_thread(folder.stop)
        self._before.clear()

    def use(self, folder: Path | None) -> None:
        """The settings choose this folder now, or none. Clients that listen hear of other tools."""
        if folder == (self._searched.path if self._searched is not None else None):
            return
        if self._searched is not None:
            self._searched.end()
            self._before.append(self._searched)
        self._choose(folder)
        if self._started and self._searched is not None:
            self._searched.start()
        self._publish(AppLoaded(at=self._clock(), app=clean(self.app.name), tools=len(self.app.tools)))

    def _choose(self, folder: Path | None) -> None:
        if folder is None:
            self._searched, self.app = None, self._otherwise.app
        else:
            # Most never choose one, and a start should be quick for them.
            from homeport.folder import TextFolder, folder_app

            self._searched = TextFolder(folder, cache=self._cache, left_out=(self._data_dir,))
            self.app = folder_app(self._searched)
