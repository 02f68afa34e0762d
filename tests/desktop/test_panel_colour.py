"""The icon is bright on a dark panel and dark on a bright one, as the desktop's settings portal says it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from dbus_fast.aio import MessageBus

from homeport.desktop.icons import pixels_of
from homeport.desktop.menu import FIRST_VIEW
from homeport.desktop.panel_colour import PanelColour
from homeport.desktop.sni import SniTray
from tests.desktop.bus_services import PORTAL, a_portal
from tests.desktop.session import Item, a_panel, needs, session_bus

pytestmark = needs("dbus-daemon")

ON_DARK = pixels_of(FIRST_VIEW.light, dark_panel=True)
ON_BRIGHT = pixels_of(FIRST_VIEW.light, dark_panel=False)

NO_PREFERENCE, PREFERS_DARK, PREFERS_LIGHT = range(3)


@asynccontextmanager
async def an_icon(address: str) -> AsyncIterator[Item]:
    async with a_panel(address) as panel:
        tray = SniTray(address, FIRST_VIEW)
        try:
            assert await asyncio.to_thread(tray.start, seconds=10)
            yield await panel.item()
        finally:
            await asyncio.to_thread(tray.close)


async def followed(address: str, desktop: str) -> PanelColour:
    """A colour that has asked whom it wants to ask."""
    bus = await MessageBus(bus_address=address).connect()
    try:
        colour = PanelColour(bus, {"XDG_CURRENT_DESKTOP": desktop} if desktop else {})
        await colour.follow(lambda: None)
        return colour
    finally:
        bus.disconnect()


async def test_the_icon_is_for_the_panel_there_is_and_changes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    async with session_bus(tmp_path) as address, a_portal(address, PREFERS_LIGHT) as portal, an_icon(address) as item:
        await item.draws(ON_BRIGHT)
        for scheme, drawing in ((PREFERS_DARK, ON_DARK), (PREFERS_LIGHT, ON_BRIGHT), (NO_PREFERENCE, ON_DARK)):
            portal.changes(scheme)
            await item.draws(drawing)
        dark = await item.get("IconPixmap")
        # Other settings change too, and mean no panel. What comes after them is answered after them.
        portal.SettingChanged("org.freedesktop.appearance", "contrast", PREFERS_LIGHT)
        portal.SettingChanged("org.kde.kdeglobals", "color-scheme", PREFERS_LIGHT)
        await portal.reached()
        assert await item.get("IconPixmap") == dark


async def test_a_portal_that_comes_after_the_icon_is_asked_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    async with session_bus(tmp_path) as address, an_icon(address) as item:
        await item.draws(ON_DARK)
        async with a_portal(address, PREFERS_LIGHT):
            await item.draws(ON_BRIGHT)


@pytest.mark.parametrize("desktop", ["GNOME", "ubuntu:GNOME", "ubuntu"])
async def test_a_panel_that_is_always_dark_is_not_asked_for(tmp_path: Path, desktop: str) -> None:
    async with session_bus(tmp_path) as address, a_portal(address, PREFERS_LIGHT) as portal:
        assert (await followed(address, desktop)).dark
        assert portal.asked == 0
        assert not (await followed(address, "XFCE")).dark
        assert portal.asked == 1


async def test_without_a_portal_the_panel_is_dark_and_none_is_started(tmp_path: Path) -> None:
    """One that is broken takes half a minute to fail, in which the icon would have the wrong colour."""
    started = tmp_path / "started"
    services = tmp_path / "services"
    services.mkdir()
    (services / f"{PORTAL}.service").write_text(f"[D-BUS Service]\nName={PORTAL}\nExec=/usr/bin/touch {started}\n")
    async with session_bus(tmp_path) as address:
        assert (await followed(address, "KDE")).dark
        assert not started.exists()
