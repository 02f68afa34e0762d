"""The owner's desk: shows in the tray what the Engine says, and does what is chosen there.

Lives in the Engine's event loop. Lets nobody in: a code is typed in the dashboard, and here one can only deny.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, Protocol

from homeport.desktop.autostart import Autostart
from homeport.desktop.knowledge import seen_of
from homeport.desktop.menu import Seen, view_of
from homeport.desktop.tray import Tray
from homeport.desktop.view import Choice, View, What
from homeport.engine.protocol import CallRequest, PendingRequest, Status
from homeport.errors import HomeportError
from homeport.events import Event, EventBus, ToolCalled

logger = logging.getLogger(__name__)

Page = Literal["dashboard", "setup", "waiting", "tunnel", "preview"]
"""The pages that are opened from here."""

MOMENT_SECONDS = 0.05
"""How long several events may wait to be shown as one."""

LOOK_AGAIN_SECONDS = 30.0
"""While somebody waits: a request that nobody answers ends without an event."""


class DeskEngine(Protocol):
    """What the desk needs of an Engine of this process."""

    @property
    def events(self) -> EventBus: ...
    async def status(self) -> Status: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def pause(self) -> None: ...
    async def resume(self) -> None: ...
    async def pending(self) -> list[PendingRequest]: ...
    async def calls(self) -> list[CallRequest]: ...
    async def deny(self, number: int | None) -> int: ...
    async def deny_call(self, number: int) -> None: ...


class Desk:
    """`open_page` opens a page of the dashboard in the browser, `copy` fills the clipboard (False: it could not),
    `quit` ends the process. Use it as `async with`.
    """

    def __init__(
        self,
        engine: DeskEngine,
        tray: Tray,
        *,
        open_page: Callable[[Page], Awaitable[None]],
        copy: Callable[[str], Awaitable[bool]],
        quit: Callable[[], None],
        autostart: Autostart | None = None,
        app_folder: bool = False,
    ) -> None:
        self._engine = engine
        self._tray = tray
        self._open_page = open_page
        self._copy = copy
        self._quit = quit
        self._autostart = autostart
        self._app_folder = app_folder
        self._news = asyncio.Event()
        self._shown: View | None = None
        self._look_again: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe: Callable[[], None] | None = None

    async def __aenter__(self) -> Desk:
        self._unsubscribe = self._engine.events.subscribe(self._heard)
        self._run(self._keep_showing())
        self._news.set()
        self._tray.listen(self._chosen)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._tray.listen(lambda choice: None)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _chosen(self, choice: Choice) -> None:
        """In the tray's thread."""
        with contextlib.suppress(RuntimeError):  # our loop has ended
            self._loop.call_soon_threadsafe(self.choose, choice)

    def choose(self, choice: Choice) -> None:
        """Do what was chosen; what fails is shown, and ends nothing."""
        if choice.what is What.QUIT:
            self._quit()
        else:
            self._run(self._do(choice))

    async def _do(self, choice: Choice) -> None:
        try:
            await self._act(choice)
        except HomeportError as error:
            # The Engine's own state says what failed at a start; anything else has the dashboard to say it.
            logger.warning("Could not %s: %s", choice.what.value, error)
        except Exception:
            logger.exception("Could not %s", choice.what.value)
        self._news.set()

    async def _act(self, choice: Choice) -> None:
        engine = self._engine
        match choice.what:
            case What.START:
                await engine.start()
            case What.STOP:
                await engine.stop()
            case What.PAUSE:
                await engine.pause()
            case What.RESUME:
                await engine.resume()
            case What.DENY_REQUEST:
                await engine.deny(choice.number)
            case What.DENY_CALL:
                await engine.deny_call(choice.number)
            case What.COPY_URL:
                if not await self._copy((await engine.status()).connector_url):
                    await self._open_page("dashboard")
            case What.OPEN_DASHBOARD:
                await self._open_page("dashboard")
            case What.OPEN_SETUP:
                await self._open_page("setup")
            case What.OPEN_REQUESTS:
                await self._open_page("waiting")
            case What.OPEN_PREVIEW:
                await self._open_page("preview")
            case What.START_AT_LOGIN | What.NOT_AT_LOGIN:
                if self._autostart is not None:
                    wanted = choice.what is What.START_AT_LOGIN
                    await asyncio.to_thread(self._autostart.enable if wanted else self._autostart.disable)
            case What.QUIT:
                self._quit()

    def _heard(self, event: Event) -> None:
        if not isinstance(event, ToolCalled):  # a call changes nothing that is shown, and there are many
            self._news.set()

    async def _keep_showing(self) -> None:
        while True:
            await self._news.wait()
            await asyncio.sleep(MOMENT_SECONDS)
            self._news.clear()
            try:
                seen = await self._look()
            except Exception:
                logger.exception("The tray could not be brought up to date")
                continue
            view = view_of(seen)
            if view != self._shown:
                self._shown = view
                self._tray.show(view)
            if self._look_again is not None:
                self._look_again.cancel()
            if seen.waiting:
                self._look_again = self._loop.call_later(LOOK_AGAIN_SECONDS, self._news.set)

    async def _look(self) -> Seen:
        status = await self._engine.status()
        # Before the first start there is nobody who could wait.
        pending = await self._engine.pending() if status.waiting else []
        calls = await self._engine.calls() if status.calls_waiting else []
        at_login = None if self._autostart is None else await asyncio.to_thread(self._autostart.is_enabled)
        return seen_of(status, pending, calls, app_folder=self._app_folder, at_login=at_login)

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
