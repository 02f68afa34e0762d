"""Homeport on a desktop: the Engine behind a tray, the browser as its window, and how it was when it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from homeport.cli.words import error_lines
from homeport.control.listener import ControlListener
from homeport.desktop.autostart import autostart, own_command
from homeport.desktop.browser import open_file
from homeport.desktop.clipboard import copy
from homeport.desktop.desk import Desk, Page
from homeport.desktop.icons import app_icon
from homeport.desktop.notices import Notices
from homeport.desktop.notify import Notifier
from homeport.desktop.tray import Tray
from homeport.engine import facts
from homeport.errors import HomeportError
from homeport.events import EngineStateChanged, Event
from homeport.settings import LoadedSettings
from homeport.settings.model import table

if TYPE_CHECKING:
    from homeport.cli.compose import OwnEngine

logger = logging.getLogger("homeport")

TRAY_SECONDS = 2.0
"""How long a panel may take to show the icon, before the dashboard opens in its place."""

OpenPage = Callable[[Page], Awaitable[None]]


def page_opener(control: ControlListener) -> OpenPage:
    """Opens a page of the control listener in the browser of whoever sits here."""

    async def open_page(page: Page) -> None:
        file = control.write_opening_page(page)
        if not await asyncio.to_thread(open_file, file):
            logger.warning("No browser could be opened. Use `homeport open --print`.")

    return open_page


@contextlib.asynccontextmanager
async def on_desktop(
    engine: OwnEngine,
    tray: Tray,
    control: ControlListener,
    loaded: LoadedSettings,
    *,
    quit: Callable[[], None],
    say: Callable[[str], None],
) -> AsyncIterator[Callable[[], Coroutine[Any, Any, None]]]:
    """The tray shows this Engine and rules it for as long as the block runs, which is given what starts it all."""
    open_page = page_opener(control)
    icon = app_icon()
    desk = Desk(
        engine,
        tray,
        open_page=open_page,
        copy=copy,
        quit=quit,
        autostart=autostart(
            own_command(arguments_at_login(loaded)),
            environ=os.environ,
            platform=sys.platform,
            home=Path.home(),
            icon=icon,
        ),
        app_folder=loaded.settings.app is not None,
    )

    async def start() -> None:
        await come_back(engine, say)
        welcoming.append(asyncio.create_task(welcome(engine, tray, open_page)))

    welcoming: list[asyncio.Task[None]] = []
    try:
        async with desk, _remembering(engine), _notifying(engine, open_page):
            yield start
    finally:
        for task in welcoming:
            task.cancel()
        await asyncio.gather(*welcoming, return_exceptions=True)


async def come_back(engine: OwnEngine, say: Callable[[str], None]) -> None:
    """Go online, unless Homeport was offline when it ended. A failure is said, and stays in the Engine's status."""
    try:
        await engine.open()
        was_online = await engine.rooms.database.transaction(facts.read_online)
    except HomeportError:
        was_online = True  # starting fails as this did, and the Engine's status says why
    if not was_online:
        return
    try:
        await engine.start()
    except HomeportError as error:
        say("\n".join(error_lines(error)))


async def welcome(engine: OwnEngine, tray: Tray, open_page: OpenPage) -> None:
    """The first start ever opens the checklist; a later one the dashboard, where nothing shows the icon."""
    shown = await tray.appears(TRAY_SECONDS)
    first = False
    with contextlib.suppress(HomeportError):  # no database: the dashboard says why
        first = await engine.rooms.database.transaction(lambda tx: facts.first_time(tx, "welcomed"))
    if shown and not first:
        return
    try:
        await open_page("setup" if first else "dashboard")
    except HomeportError as error:
        logger.warning("The dashboard could not be opened: %s", error)


def arguments_at_login(loaded: LoadedSettings) -> list[str]:
    """The options that make this same Homeport from anywhere: what was chosen in a shell is gone at the next login.

    What the data folder's homeport.toml says is left to it, and a secret never becomes an argument.
    """
    arguments = [f"--data-dir={loaded.settings.data_dir}"]
    for name, row in table().items():
        value = getattr(loaded.settings, name)
        chosen_here = name == "app" or loaded.source(name).kind in ("option", "environment")
        if chosen_here and value is not None and not row.about.secret and name != "data_dir":
            arguments.append(f"{row.option}={as_text(value)}")
    return arguments


@contextlib.asynccontextmanager
async def _remembering(engine: OwnEngine) -> AsyncIterator[None]:
    """Write down whether Homeport is online as its owner wants it; its end is not their wish and changes nothing."""
    writing: set[asyncio.Task[None]] = set()

    async def write(online: bool) -> None:
        try:
            await engine.rooms.database.transaction(lambda tx: facts.write_online(tx, online))
        except HomeportError as error:
            logger.warning("How Homeport is could not be written down: %s", error)

    def heard(event: Event) -> None:
        if isinstance(event, EngineStateChanged) and event.state in ("online", "stopped"):
            task = asyncio.create_task(write(event.state == "online"))
            writing.add(task)
            task.add_done_callback(writing.discard)

    unsubscribe = engine.events.subscribe(heard)
    try:
        yield
    finally:
        unsubscribe()
        await asyncio.gather(*writing)


@contextlib.asynccontextmanager
async def _notifying(engine: OwnEngine, open_page: OpenPage) -> AsyncIterator[None]:
    """What happens and matters is shown as a notification, which opens the dashboard when it is clicked."""
    loop = asyncio.get_running_loop()
    notifier = Notifier(open_page)

    def later(seconds: float, look: Callable[[], None]) -> None:
        loop.call_later(seconds, look)

    unsubscribe = engine.events.subscribe(Notices(notifier.show, later).heard)
    showing = asyncio.create_task(notifier.run())
    try:
        yield
    finally:
        unsubscribe()
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        notifier.close()


def as_text(value: object) -> str:
    """A value as it is given on the command line."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return ",".join(map(str, value))
        case Mapping():
            return ",".join(f"{name}={each}" for name, each in value.items())
        case _:
            return str(value)
