"""Whether the panel that shows the icon is dark: asked of the desktop's settings portal, and followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SETTINGS = "org.freedesktop.portal.Settings"
APPEARANCE = ("org.freedesktop.appearance", "color-scheme")

PORTAL_SECONDS = 3.0
PREFERS_LIGHT = 2

ALWAYS_DARK = {"GNOME", "ubuntu"}
"""Desktops whose panel is dark whatever the windows are."""


class PanelColour:
    """`dark` is True until the portal says otherwise: most panels are."""

    def __init__(self, bus: MessageBus, environ: Mapping[str, str]) -> None:
        self._bus = bus
        self._fixed = bool(ALWAYS_DARK & set(environ.get("XDG_CURRENT_DESKTOP", "").split(":")))
        self._changed: Callable[[], None] = lambda: None
        self._reading: asyncio.Task[None] | None = None
        self.dark = True

    async def follow(self, changed: Callable[[], None]) -> None:
        """Learn the colour, and call `changed` for each other one. Never fails: without a portal it stays dark."""
        if self._fixed:
            return
        self._changed = changed
        self._bus.add_message_handler(self._heard)
        for match in (
            f"type='signal',interface='{SETTINGS}',member='SettingChanged',arg0='{APPEARANCE[0]}'",
            # At login the portal may come after us.
            f"type='signal',sender='{BUS[0]}',member='NameOwnerChanged',arg0='{PORTAL}'",
        ):
            await self._ask(*BUS, "AddMatch", "s", match)
        if await self._has_portal():
            await self._read()

    async def _read(self) -> None:
        answer = await self._ask(PORTAL, PATH, SETTINGS, "Read", "ss", *APPEARANCE)
        if answer:
            self._learn(answer[0])

    async def _has_portal(self) -> bool:
        """Without starting one: a portal that is broken takes half a minute to say so."""
        owner = await self._ask(*BUS, "NameHasOwner", "s", PORTAL)
        return bool(owner and owner[0])

    def _heard(self, message: Message) -> None:
        if message.member == "SettingChanged" and tuple(message.body[:2]) == APPEARANCE:
            self._learn(message.body[2])
        elif message.member == "NameOwnerChanged" and message.body[0] == PORTAL and message.body[2]:
            self._reading = asyncio.get_running_loop().create_task(self._read())

    def _learn(self, value: object) -> None:
        while isinstance(value, Variant):  # `Read` wraps it twice
            value = value.value
        dark = value != PREFERS_LIGHT
        if dark != self.dark:
            self.dark = dark
            self._changed()

    async def _ask(
        self, to: str, path: str, interface: str, member: str, signature: str, *body: object
    ) -> list[object] | None:
        message = Message(
            destination=to, path=path, interface=interface, member=member, signature=signature, body=list(body)
        )
        try:
            answer = await asyncio.wait_for(self._bus.call(message), PORTAL_SECONDS)
        except (TimeoutError, OSError, EOFError):
            return None
        if answer is None or answer.message_type is MessageType.ERROR:
            return None
        return list(answer.body)
