"""What else a desktop has on its bus: a notification daemon, and the portal that tells bright from dark."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusInt32, DBusSignature, DBusStr, DBusUInt32, DBusVariant
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

from tests.desktop.session import PATIENCE_SECONDS

NOTIFICATIONS = "org.freedesktop.Notifications"

PORTAL = "org.freedesktop.portal.Desktop"

Texts = Annotated[list[str], DBusSignature("as")]
Hints = Annotated[dict[str, Variant], DBusSignature("a{sv}")]
Server = Annotated[list[str], DBusSignature("ssss")]
Clicked = Annotated[list[Any], DBusSignature("us")]
Setting = Annotated[list[Any], DBusSignature("ssv")]


@dataclass(frozen=True, slots=True)
class Notification:
    """One `Notify` as it came; `actions` has a name and a label for each."""

    number: int
    program: str
    title: str
    text: str
    actions: tuple[str, ...]


class _Notifications(ServiceInterface):
    def __init__(self) -> None:
        super().__init__(NOTIFICATIONS)
        self.came: asyncio.Queue[Notification] = asyncio.Queue()
        self._count = 0

    @dbus_method()
    def GetCapabilities(self) -> Texts:
        return ["actions", "body"]

    @dbus_method()
    def GetServerInformation(self) -> Server:
        return ["a test", "", "1", "1.2"]

    @dbus_method()
    def Notify(
        self,
        program: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        title: DBusStr,
        text: DBusStr,
        actions: Texts,
        hints: Hints,
        milliseconds: DBusInt32,
    ) -> DBusUInt32:
        self._count += 1
        self.came.put_nowait(Notification(self._count, program, title, text, tuple(actions)))
        return self._count

    @dbus_signal()
    def ActionInvoked(self, number: int, action: str) -> Clicked:
        return [number, action]


class NotificationDaemon:
    """Shows nothing, and tells what came. Use `a_notification_daemon`."""

    def __init__(self, bus: MessageBus, notifications: _Notifications) -> None:
        self._bus = bus
        self._notifications = notifications
        self._sender = ""
        bus.add_message_handler(self._heard)

    async def shows(self) -> Notification:
        """Wait for the next one."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._notifications.came.get()

    def _heard(self, message: Message) -> None:
        if message.member == "Notify":
            self._sender = message.sender or ""

    async def click(self, notification: Notification) -> None:
        """Click the notification itself, and no button of it."""
        # Nobody clicks what they do not see: it has the number from our answer before it has the click.
        await _reach(self._bus, self._sender)
        self._notifications.ActionInvoked(notification.number, "default")

    async def more(self) -> int:
        """How many came that nobody waited for; all that others sent until now counts."""
        await _reach(self._bus)
        return self._notifications.came.qsize()


class Portal(ServiceInterface):
    """What of the settings portal an icon needs. `scheme` as in its documents: 1 prefers dark, 2 light, 0 neither.

    `asked` counts who read it.
    """

    def __init__(self, bus: MessageBus, scheme: int) -> None:
        super().__init__("org.freedesktop.portal.Settings")
        self._bus = bus
        self.scheme = scheme
        self.asked = 0

    def changes(self, scheme: int) -> None:
        self.scheme = scheme
        self.SettingChanged("org.freedesktop.appearance", "color-scheme", scheme)

    async def reached(self) -> None:
        """Wait until the bus has everything that was told."""
        await _reach(self._bus)

    @dbus_method()
    def Read(self, group: DBusStr, key: DBusStr) -> DBusVariant:
        assert (group, key) == ("org.freedesktop.appearance", "color-scheme")
        self.asked += 1
        # This old method wraps twice (org.freedesktop.portal.Settings, "Read").
        return Variant("v", Variant("u", self.scheme))

    @dbus_signal()
    def SettingChanged(self, group: str, key: str, value: int) -> Setting:
        return [group, key, Variant("u", value)]


@asynccontextmanager
async def a_notification_daemon(address: str) -> AsyncIterator[NotificationDaemon]:
    bus = await MessageBus(bus_address=address).connect()
    try:
        notifications = _Notifications()
        bus.export("/org/freedesktop/Notifications", notifications)
        await bus.request_name(NOTIFICATIONS)
        yield NotificationDaemon(bus, notifications)
    finally:
        bus.disconnect()


@asynccontextmanager
async def a_portal(address: str, scheme: int) -> AsyncIterator[Portal]:
    bus = await MessageBus(bus_address=address).connect()
    try:
        portal = Portal(bus, scheme)
        bus.export("/org/freedesktop/portal/desktop", portal)
        await bus.request_name(PORTAL)
        yield portal
    finally:
        bus.disconnect()


async def _reach(bus: MessageBus, whom: str = "org.freedesktop.DBus") -> None:
    """The bus keeps the order: with this answer, all that came before it is here, and all that was sent is there."""
    ping = Message(destination=whom, path="/", interface="org.freedesktop.DBus.Peer", member="Ping")
    answer = await bus.call(ping)
    assert answer is not None
    assert answer.message_type is MessageType.METHOD_RETURN, answer.body
