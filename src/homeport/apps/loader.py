"""The app of a folder: loaded at the start and again on edits. The last good version stays while one is broken."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

from homeport.apps.app import App
from homeport.apps.load_errors import slow
from homeport.apps.loading import LoadedApp, Loading, demand_source
from homeport.apps.watching import SETTLING_SECONDS, Sources, edits, look
from homeport.clock import Clock, system_clock
from homeport.errors import AppError
from homeport.events import AppFailed, AppLoaded, Event
from homeport.foreign_text import clean

LOADING_SECONDS = 30.0
"""After so long a load is called a problem; its result is still taken when it comes."""

REPLACING_SECONDS = 0.3
"""An app.py that is missing for less is being replaced by an editor."""

ENDING_SECONDS = 2.0

OUT_OF_ORDER = (
    "This app has an error and offers no tools until its author has mended it. Its owner sees the error in Homeport."
)

logger = logging.getLogger(__name__)


class FolderApp:
    """FOLDER/app.py as an app. Before its first good version it is an empty one, named after the folder.

    `publish` gets AppLoaded and AppFailed. `patience` with a load, and `settling` before it is watched, are in seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        publish: Callable[[Event], None],
        clock: Clock = system_clock,
        patience: float = LOADING_SECONDS,
        settling: float = SETTLING_SECONDS,
    ) -> None:
        # Not resolved: messages name the folder as its author does.
        self._folder = Path(os.path.abspath(folder))
        self._publish = publish
        self._clock = clock
        self._patience = patience
        self._settling = settling
        self._app = App(self._folder.name or "App", OUT_OF_ORDER)
        self._problem = ""
        self._good: LoadedApp | None = None
        self._loading: Loading | None = None
        self._judged = asyncio.Event()
        self._edited = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def app(self) -> App:
        return self._app

    @property
    def problem(self) -> str:
        """File, line and cause when the files as they are now cannot be loaded; empty when they are served."""
        return self._problem

    async def start(self) -> None:
        """Load it and begin to watch it. Returns after `patience` seconds at most, whatever the app does.

        Raises AppError where there is no folder or no app.py; any other error is a `problem`.
        """
        demand_source(self._folder)
        seen = await asyncio.to_thread(look, self._folder)
        self._tasks.append(asyncio.create_task(self._keep_loaded()))
        try:
            await self._judged.wait()
        except BaseException:
            await self.stop()
            raise
        self._tasks.append(asyncio.create_task(self._watch(seen)))

    async def stop(self) -> None:
        """Watch no more and forget the folder's modules. `app` stays what it is."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._loading is not None:
            await self._loading.ended(within=ENDING_SECONDS)
        if self._good is not None:
            self._good.modules.drop()
            self._good = None

    async def _watch(self, seen: Sources) -> None:
        async with aclosing(edits(self._folder, seen, settling=self._settling)) as changes:
            async for _ in changes:
                self._edited.set()

    async def _keep_loaded(self) -> None:
        while True:
            self._edited.clear()
            await self._load()
            await self._edited.wait()
            if not (self._folder / "app.py").exists():
                await asyncio.sleep(REPLACING_SECONDS)

    async def _load(self) -> None:
        """Returns when the load has come to an end, or is overdue and the files have changed."""
        loading = self._loading = Loading(self._folder)
        try:
            await asyncio.wait({loading.result}, timeout=self._patience)
            if not loading.result.done():
                # Only now may an edit end it: a library that is broken off while it loads may not load again.
                self._fail(slow(self._folder, self._patience))
                await self._ended_or_edited(loading)
        except asyncio.CancelledError:
            loading.abandon()
            raise
        if loading.result.done():
            self._take(loading.result.result())
        else:
            loading.abandon()

    async def _ended_or_edited(self, loading: Loading) -> None:
        edited = asyncio.create_task(self._edited.wait())
        either: set[asyncio.Future[Any]] = {loading.result, edited}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            edited.cancel()

    def _take(self, outcome: LoadedApp | AppError) -> None:
        if isinstance(outcome, AppError):
            self._fail(outcome)
            return
        before, self._good = self._good, outcome
        if before is not None:
            before.modules.drop()
        self._app = outcome.app
        self._problem = ""
        self._judged.set()
        self._publish(AppLoaded(self._clock(), clean(self._app.name), len(self._app.tools)))

    def _fail(self, error: AppError) -> None:
        self._problem = str(error)
        logger.debug("What was raised while the app was loaded", exc_info=error.__cause__)
        self._judged.set()
        self._publish(AppFailed(self._clock(), clean(self._app.name), self._problem))
