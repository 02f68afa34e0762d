"""A desktop session for tests: a bus of its own, a real StatusNotifierWatcher on it, and a browser that takes notes."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest
from dbus_fast import Message, MessageType, PropertyAccess, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusInt32, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from homeport.desktop.icons import Pixels

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"

PATIENCE_SECONDS = 20.0

SERVICES = Path("/usr/share/dbus-1/services")

Nothing = Annotated[None, DBusSignature("")]

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    """Skip where one of these is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    return pytest.mark.skipif(bool(missing), reason=f"this machine has no {' and no '.join(missing)}")


@asynccontextmanager
async def session_bus(folder: Path, *services: str, environment: Mapping[str, str] | None = None) -> AsyncIterator[str]:
    """A bus that starts these services by itself, in this environment, and no others; its address."""
    config, socket, started = folder / "bus.conf", folder / "bus", folder / "services"
    started.mkdir(exist_ok=True)
    for service in services:
        shutil.copy(SERVICES / f"{service}.service", started)
    config.write_text(CONFIG.format(socket=socket, services=started))
    process = await asyncio.create_subprocess_exec(
        *("dbus-daemon", f"--config-file={config}", "--nofork", "--print-address=1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=None if environment is None else dict(environment),
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        socket.unlink(missing_ok=True)


class _Watcher(ServiceInterface):
    """What a panel exports: items and hosts register here."""

    def __init__(self, *, hosted: bool) -> None:
        super().__init__(WATCHER)
        self.hosted = hosted
        self.registered: asyncio.Queue[str] = asyncio.Queue()

    @dbus_method()
    def RegisterStatusNotifierItem(self, service: DBusStr) -> Nothing:
        self.registered.put_nowait(service)

    @dbus_method()
    def RegisterStatusNotifierHost(self, service: DBusStr) -> Nothing:
        self.hosted = True

    @dbus_property(access=PropertyAccess.READ)
    def RegisteredStatusNotifierItems(self) -> Annotated[list[str], DBusSignature("as")]:
        return []

    @dbus_property(access=PropertyAccess.READ)
    def IsStatusNotifierHostRegistered(self) -> DBusBool:
        return self.hosted

    @dbus_property(access=PropertyAccess.READ)
    def ProtocolVersion(self) -> DBusInt32:
        return 0

    @dbus_signal()
    def StatusNotifierHostRegistered(self) -> Nothing:
        pass


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One item as a panel gets it. `depth` 0: in the menu itself."""

    number: int
    depth: int
    label: str
    enabled: bool
    checked: bool | None


class Panel:
    """Shows items as a desktop's panel does. Use `a_panel`."""

    def __init__(self, bus: MessageBus, watcher: _Watcher) -> None:
        self._bus = bus
        self._watcher = watcher
        self._changed = asyncio.Condition()
        bus.add_message_handler(self._heard)

    async def item(self) -> Item:
        """The next item that registers."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return Item(self, await self._watcher.registered.get())

    def crashes(self) -> None:
        self._bus.disconnect()

    def registered_since(self) -> int:
        """How many items registered that nobody has asked for."""
        return self._watcher.registered.qsize()

    def host_comes(self) -> None:
        self._watcher.hosted = True
        self._watcher.StatusNotifierHostRegistered()

    async def ask(
        self, to: str, path: str, interface: str, member: str, signature: str = "", *body: object
    ) -> list[Any]:
        message = Message(
            destination=to, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        answer = await self._bus.call(message)
        assert answer is not None
        assert answer.message_type is not MessageType.ERROR, (member, answer.error_name, answer.body)
        return list(answer.body)

    async def news(self) -> None:
        """Wait for the next signal of any item or menu."""
        async with self._changed:
            await self._changed.wait()

    def _heard(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface in (ITEM, MENU):
            self._tasks = asyncio.ensure_future(self._tell())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class Item:
    """One application's item, with its menu."""

    def __init__(self, panel: Panel, name: str) -> None:
        self._panel = panel
        self.name = name

    async def get(self, property: str) -> Any:
        (value,) = await self._panel.ask(self.name, "/StatusNotifierItem", PROPERTIES, "Get", "ss", ITEM, property)
        return value.value

    async def menu(self) -> list[MenuLine]:
        """All lines that are no separators, submenus behind the line that opens them."""
        path = await self.get("Menu")
        _, layout = await self._panel.ask(self.name, path, MENU, "GetLayout", "iias", 0, -1, [])
        lines: list[MenuLine] = []

        def walk(below: list[Variant], depth: int) -> None:
            for each in below:
                number, properties, further = each.value
                got = {name: value.value for name, value in properties.items()}
                if got.get("type") != "separator":
                    state = got.get("toggle-state")
                    lines.append(
                        MenuLine(
                            number, depth, got["label"], got.get("enabled", True), None if state is None else state == 1
                        )
                    )
                walk(further, depth + 1)

        walk(layout[2], 0)
        return lines

    async def click(self, label: str) -> None:
        """Click the line of this label, when it is there and can be clicked."""
        line = await self.shows(label, enabled=True)
        await self.click_number(line.number)

    async def click_number(self, number: int) -> None:
        path = await self.get("Menu")
        await self._panel.ask(self.name, path, MENU, "Event", "isvu", number, "clicked", Variant("i", 0), 0)

    async def draws(self, pixels: Sequence[Pixels]) -> None:
        """Wait until this is its icon."""
        wanted = [(each.size, each.size, each.argb) for each in pixels]
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                news = asyncio.ensure_future(self._panel.news())
                await asyncio.sleep(0)
                if [tuple(each) for each in await self.get("IconPixmap")] == wanted:
                    news.cancel()
                    return
                await news

    async def goes(self, label: str) -> None:
        """Wait until no line's label begins so."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                news = asyncio.ensure_future(self._panel.news())
                await asyncio.sleep(0)
                if not any(line.label.startswith(label) for line in await self.menu()):
                    news.cancel()
                    return
                await news

    async def shows(self, label: str, *, enabled: bool | None = None, checked: bool | None = None) -> MenuLine:
        """Wait until a line is in the menu whose label begins so."""
        lines: list[MenuLine] = []
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while True:
                    news = asyncio.ensure_future(self._panel.news())
                    await asyncio.sleep(0)
                    lines = await self.menu()
                    for line in lines:
                        fits = enabled in (None, line.enabled) and checked in (None, line.checked)
                        if line.label.startswith(label) and fits:
                            news.cancel()
                            return line
                    await news
        except TimeoutError:
            raise AssertionError(f"the menu never showed {label!r}, but {lines}") from None


@asynccontextmanager
async def a_panel(address: str, *, hosted: bool = True, instead: Panel | None = None) -> AsyncIterator[Panel]:
    """A panel on this bus, until the block ends, as when it crashes. `hosted`: it shows items from the first moment.

    The one that this comes `instead` of crashes now.
    """
    if instead is not None:
        instead.crashes()
    bus = await MessageBus(bus_address=address).connect()
    try:
        watcher = _Watcher(hosted=hosted)
        bus.export("/StatusNotifierWatcher", watcher)
        panel = Panel(bus, watcher)
        for interface in (ITEM, MENU):
            rule = f"type='signal',interface='{interface}'"
            await panel.ask(
                "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", rule
            )
        await bus.request_name(WATCHER)
        yield panel
    finally:
        bus.disconnect()


class NotingBrowser:
    """A program for `BROWSER` that writes down where it was sent, instead of going there."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "opened"
        self._notes.mkdir()
        self.program = folder / "noting-browser"
        # The page is gone in a minute, and with its Homeport: what it says is noted. A browser that fails is followed
        # by the next one of the machine, which has no business here.
        self.program.write_text(
            f'#!/bin/sh\nnote={self._notes}/$$\ncat "${{1#file://}}" > $note.part && mv $note.part $note.html\nexit 0\n'
        )
        self.program.chmod(0o700)

    def opened(self) -> list[str]:
        """The pages it was sent to, as they were."""
        return [
            note.read_text() for note in sorted(self._notes.glob("*.html"), key=lambda each: each.stat().st_mtime_ns)
        ]

    def forget(self) -> None:
        for note in self._notes.iterdir():
            note.unlink()

    async def opens(self, count: int = 1) -> list[str]:
        """Wait until it was sent to this many pages."""
        from watchfiles import awatch

        if len(found := self.opened()) >= count:
            return found
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for _ in awatch(self._notes, rust_timeout=200, yield_on_timeout=True):
                if len(found := self.opened()) >= count:
                    return found
        raise AssertionError
