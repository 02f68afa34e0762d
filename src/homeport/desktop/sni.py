"""The tray on Linux: a StatusNotifierItem on the session bus, in a thread and an event loop of its own.

A missing or restarted panel, a broken bus or none at all is waited out, and ends nothing.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from typing import Any

from dbus_fast import DBusError, Message, MessageType, NameFlag
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from homeport.desktop import dbusmenu, status_item
from homeport.desktop.dbusmenu import DbusMenu
from homeport.desktop.panel_colour import PanelColour
from homeport.desktop.status_item import StatusItem
from homeport.desktop.tray import Choices, Chosen
from homeport.desktop.view import Choice, View, What

logger = logging.getLogger(__name__)

WATCHER = "org.kde.StatusNotifierWatcher"
WATCHER_PATH = "/StatusNotifierWatcher"
DBUS = "org.freedesktop.DBus"

MATCHES = (
    f"type='signal',sender='{DBUS}',interface='{DBUS}',member='NameOwnerChanged',arg0='{WATCHER}'",
    f"type='signal',interface='{WATCHER}',member='StatusNotifierHostRegistered'",
)
BUS_SECONDS = 5.0
"""How long the bus or a panel may take to answer."""

AGAIN_SECONDS = (1.0, 5.0, 30.0, 60.0)
"""How long is waited before a lost bus is tried again; the last one for ever."""


class SniTray:
    """A `Tray`. Give it the address of the session bus (empty: there is none) and `start` it."""

    def __init__(self, address: str, first: View) -> None:
        self._address = address
        self._view = first
        self._choices = Choices()
        self._thread = threading.Thread(target=self._run, name="tray", daemon=True)
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._refresh: Callable[[], None] | None = None
        self._appeared: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._tried = threading.Event()

    def start(self, *, seconds: float) -> bool:
        """Show the icon, and wait at most this long for a panel to take it. True: one has."""
        self._thread.start()
        self._tried.wait(seconds)
        return self._appeared.done()

    def show(self, view: View) -> None:
        self._view = view
        self._in_thread(lambda: self._refresh() if self._refresh is not None else None)

    def listen(self, chosen: Chosen) -> None:
        self._in_thread(lambda: self._choices.listen(chosen))

    async def appears(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(self._appeared)), seconds)
        return self._appeared.done()

    def close(self) -> None:
        self._in_thread(self._closing.set)
        if self._thread.is_alive():
            self._thread.join(BUS_SECONDS)

    def _in_thread(self, work: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the thread has ended
            self._loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._live())
        except Exception:
            logger.exception("The tray icon failed; Homeport goes on without it")
        finally:
            self._tried.set()

    async def _live(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_unheard)
        failures = 0
        while self._address and not self._closing.is_set():
            try:
                await self._on_bus()
                failures = 0
            except (OSError, EOFError, ValueError, TimeoutError, DBusFastError) as error:
                logger.debug("The session bus cannot be used: %s", error)
            self._tried.set()
            pause = AGAIN_SECONDS[min(failures, len(AGAIN_SECONDS) - 1)]
            failures += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
        self._tried.set()
        await self._closing.wait()

    async def _on_bus(self) -> None:
        """Be an item on the bus until that ends, or until we do."""
        bus = await asyncio.wait_for(MessageBus(bus_address=self._address).connect(), BUS_SECONDS)
        menu = DbusMenu(self._view.menu, self._choices.chosen)
        item = StatusItem(self._view.light, self._view.title, lambda: self._choices.chosen(Choice(What.OPEN_DASHBOARD)))
        colour = PanelColour(bus, os.environ)
        registration = _Registration(bus, self._is_seen)
        shown = self._view.menu

        def refresh() -> None:
            nonlocal shown
            item.change(self._view.light, self._view.title, dark_panel=colour.dark)
            if self._view.menu != shown:
                shown = self._view.menu
                menu.replace(shown)
                menu.LayoutUpdated()

        try:
            bus.export(dbusmenu.PATH, menu)
            bus.export(status_item.PATH, item)
            await asyncio.wait_for(registration.begin(), BUS_SECONDS)
            self._refresh = refresh
            refresh()
            self._tried.set()
            await colour.follow(refresh)
            lost = asyncio.ensure_future(_end_of(bus))
            closing = asyncio.create_task(self._closing.wait())
            await asyncio.wait({lost, closing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (lost, closing):
                task.cancel()
            await asyncio.gather(lost, closing, return_exceptions=True)
        finally:
            self._refresh = None
            registration.end()
            bus.disconnect()

    def _is_seen(self) -> None:
        if not self._appeared.done():
            self._appeared.set_result(None)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A signal that was being sent while the bus ended: nobody waits for it, and the end is noticed elsewhere."""
    if isinstance(context.get("exception"), (OSError, EOFError)):
        logger.debug("Lost with the session bus: %s", context["exception"])
    else:
        loop.default_exception_handler(context)


async def _end_of(bus: MessageBus) -> None:
    with contextlib.suppress(Exception):  # why it ended is nobody's business: it is tried again
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]


class _Registration:
    """Makes the item known to every panel that comes, and says when one shows it."""

    def __init__(self, bus: MessageBus, seen: Callable[[], None]) -> None:
        self._bus = bus
        self._seen = seen
        self._name = f"org.kde.StatusNotifierItem-{os.getpid()}-1"
        self._tasks: set[asyncio.Task[None]] = set()

    async def begin(self) -> None:
        self._bus.add_message_handler(self._heard)
        for match in MATCHES:
            await self._call(DBUS, "/org/freedesktop/DBus", DBUS, "AddMatch", "s", match)
        await self._bus.request_name(self._name, NameFlag.DO_NOT_QUEUE)
        await self._register()

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _register(self) -> None:
        try:
            await self._call(WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem", "s", self._name)
        except DBusError:
            return  # no panel yet: NameOwnerChanged will tell
        try:
            (hosted,) = await self._call(
                *(WATCHER, WATCHER_PATH, f"{DBUS}.Properties", "Get", "ss"), WATCHER, "IsStatusNotifierHostRegistered"
            )
        except DBusError:
            self._seen()  # a watcher that does not say so
            return
        if getattr(hosted, "value", False):
            self._seen()

    def _heard(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == WATCHER and message.body[2]:
            task = asyncio.create_task(self._register())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif message.member == "StatusNotifierHostRegistered" and message.interface == WATCHER:
            self._seen()

    async def _call(
        self, to: str, path: str, interface: str, member: str, signature: str, *body: object
    ) -> list[object]:
        """The answer's body. Raises DBusError, and OSError where the bus is gone."""
        message = Message(
            destination=to, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        answer = await self._bus.call(message)
        if answer is None or answer.message_type is MessageType.ERROR:
            raise DBusError(answer.error_name if answer and answer.error_name else f"{DBUS}.Error.Failed", "refused")
        return list(answer.body)
