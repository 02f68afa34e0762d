"""One load of an app folder, in a thread of its own: the author's modules may be slow, or never come to an end."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path

from homeport.apps.app import App
from homeport.apps.folder_modules import FolderModules
from homeport.apps.load_errors import explained, missing_folder, missing_source, no_app, wrong_app
from homeport.errors import AppError


@dataclass(frozen=True, slots=True)
class LoadedApp:
    """An app and the modules it is made of, to be dropped when it is replaced."""

    app: App
    modules: FolderModules


def demand_source(folder: Path) -> None:
    """Raises AppError where there is nothing to load."""
    if not folder.is_dir():
        raise missing_folder(folder)
    if not (folder / "app.py").is_file():
        raise missing_source(folder)


def load_app(folder: Path) -> LoadedApp:
    """Run FOLDER/app.py and take its `app`. Raises AppError, whatever the folder's modules raise."""
    demand_source(folder)
    modules = FolderModules(folder)
    try:
        try:
            module = modules.load("app")
        except BaseException as error:
            raise explained(error, folder, modules.prefix) from error
        if not hasattr(module, "app"):
            raise no_app(folder)
        if not isinstance(module.app, App):
            raise wrong_app(folder, module.app)
    except BaseException:
        modules.drop()
        raise
    return LoadedApp(module.app, modules)


class Loading:
    """A load that has begun. `result` gets the app, or the error: as a value, since nobody may be left to ask."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._folder = folder
        self.result: asyncio.Future[LoadedApp | AppError] = self._loop.create_future()
        self._over = False
        # A daemon: a module that never comes to an end must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=f"loading {folder.name}", daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        """Nobody wants the result; a module that still runs is made to end, where it runs Python."""
        if not self.result.cancel() and not self.result.cancelled():
            _drop(self.result.result())
        if not self._over and self._thread.ident is not None:
            _end_thread(self._thread.ident)

    async def ended(self, *, within: float) -> None:
        """Wait for the thread, `within` seconds at most: it may be inside something that cannot be ended."""
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, within)

    def _run(self) -> None:
        outcome: LoadedApp | AppError
        # SystemExit: it was abandoned. RuntimeError: the loop is closed, the program ends.
        with contextlib.suppress(SystemExit, RuntimeError):
            try:
                outcome = load_app(self._folder)
            except AppError as error:
                outcome = error
            self._over = True
            self._loop.call_soon_threadsafe(self._settle, outcome)

    def _settle(self, outcome: LoadedApp | AppError) -> None:
        if self.result.done():
            _drop(outcome)
        else:
            self.result.set_result(outcome)


def _drop(outcome: LoadedApp | AppError) -> None:
    if isinstance(outcome, LoadedApp):
        outcome.modules.drop()


def _end_thread(ident: int) -> None:
    """Raise SystemExit in a thread at its next step in Python."""
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(SystemExit))
