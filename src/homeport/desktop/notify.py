"""Shows notifications by `desktop-notifier`, and opens a page when one is clicked. No daemon, no notification: that
ends nothing.
"""

from __future__ import annotations

import asyncio
import html
import logging
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from homeport.desktop.icons import app_icon
from homeport.desktop.notices import Notice, NoticePage

if TYPE_CHECKING:
    from desktop_notifier import DesktopNotifier

logger = logging.getLogger(__name__)

SEND_SECONDS = 5.0
"""A daemon that starts by itself and fails keeps its caller waiting for half a minute."""

MOST_WAITING = 16


class Notifier:
    """Shows one notification after the other. `open_page` opens a page of the dashboard.

    There is no button on them: nothing is answered here, and Deny beside them would be pressed by mistake.
    """

    def __init__(self, open_page: Callable[[NoticePage], Awaitable[None]]) -> None:
        self._open_page = open_page
        self._waiting: asyncio.Queue[Notice] = asyncio.Queue(MOST_WAITING)
        self._shown: DesktopNotifier | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, notice: Notice) -> None:
        """Show it soon. When too many wait, the newest are left out."""
        if not self._waiting.full():
            self._waiting.put_nowait(notice)

    async def run(self) -> None:
        """Show what comes, until this is cancelled."""
        while True:
            notice = await self._waiting.get()
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await self._send(notice)
            except Exception as error:  # whatever a daemon, D-Bus, WinRT or Cocoa makes of it
                self._forget()
                logger.info("No notification could be shown: %s", error or type(error).__name__)
            finally:
                self._waiting.task_done()

    async def idle(self) -> None:
        """Wait until all that came was shown, or could not be."""
        await self._waiting.join()

    def close(self) -> None:
        """Let go of the daemon; clicks on what is shown still are heard no longer."""
        for task in self._tasks:
            task.cancel()
        self._forget()

    async def _send(self, notice: Notice) -> None:
        notifier = self._shown
        if notifier is None:
            notifier = self._shown = await asyncio.to_thread(_notifier)
        # Some daemons read the text as markup (Desktop Notifications Specification, "Markup").
        text = html.escape(notice.text, quote=False) if sys.platform == "linux" else notice.text
        sent = await notifier.send(title=notice.title, message=text, on_clicked=lambda: self._clicked(notice.page))
        if sys.platform == "linux" and sent not in await notifier.get_current_notifications():
            self._forget()  # it failed, which `send` tells nobody

    def _clicked(self, page: NoticePage) -> None:
        task = asyncio.ensure_future(self._open(page))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, page: NoticePage) -> None:
        try:
            await self._open_page(page)
        except Exception as error:
            logger.warning("The dashboard could not be opened: %s", error)

    def _forget(self) -> None:
        """The next one begins anew, with a connection of its own."""
        shown, self._shown = self._shown, None
        bus = getattr(getattr(shown, "_backend", None), "bus", None)
        if bus is not None:
            bus.disconnect()


def _notifier() -> DesktopNotifier:
    """Imported late, and in a thread: it brings D-Bus, WinRT or Cocoa."""
    # It warns of what is missing through its own logger; we say it in our words.
    logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)
    from desktop_notifier import DesktopNotifier, Icon

    icon = app_icon()
    return DesktopNotifier(app_name="Homeport", app_icon=Icon(path=icon) if icon is not None else None)
