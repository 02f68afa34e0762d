"""The app of a folder and the pages of its widgets; while its author works on them, at their development addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from homeport.apps.app import App
from homeport.apps.builder import FolderWidgets
from homeport.apps.live_widgets import live_app
from homeport.apps.loader import FolderApp
from homeport.clock import Clock
from homeport.events import AppLoaded, Event, ToolchainStep


class FolderSource:
    """An AppSource. `develops` says whether anybody may be working on it: then its widgets are built as they change."""

    def __init__(self, folder: Path, *, develops: bool, publish: Callable[[Event], None], clock: Clock) -> None:
        self._publish = publish
        self._loaded = FolderApp(folder, publish=self._heard, clock=clock)
        self._served: tuple[App, App] | None = None
        self.pages = FolderWidgets(
            folder,
            publish=publish,
            progress=lambda words: publish(ToolchainStep(at=clock(), words=words)),
            clock=clock,
        )
        self.live = develops

    @property
    def app(self) -> App:
        loaded = self._loaded.app
        if not self.live:
            return loaded
        if self._served is None or self._served[0] is not loaded:
            self._served = (loaded, live_app(loaded, self.pages, self.pages.settled))
        return self._served[1]

    @property
    def problem(self) -> str:
        return self._loaded.problem

    @property
    def widget_problems(self) -> Sequence[str]:
        return [str(problem) for problem in self.pages.problems()]

    async def start(self) -> None:
        """Raises AppError where there is no folder or no app.py."""
        await self.pages.start(building=self.live)
        await self._loaded.start()

    async def stop(self) -> None:
        try:
            await self._loaded.stop()
        finally:
            await self.pages.stop()

    def _heard(self, event: Event) -> None:
        if isinstance(event, AppLoaded):
            self.pages.use_app(self._loaded.app)
        self._publish(event)
