"""In front of a real panel: XFCE's, on a screen, with a mouse. And pystray's own way on to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image, ImageChops

from tests.child import child_process
from tests.desktop.desktop import Desktop
from tests.desktop.screen import Screen, a_screen, xfce4_panel
from tests.desktop.session import PATIENCE_SECONDS, needs, session_bus
from tests.program import ROOT, clean_environment

pytestmark = needs("dbus-daemon", "Xvfb", "xfce4-panel", "xdotool", "import", "xclip")

ICON = (0, 0, 31, 30)
"""Where the panel shows the first icon."""

GREEN = (76, 212, 126)


@asynccontextmanager
async def xfce(folder: Path) -> AsyncIterator[tuple[Screen, str]]:
    """A screen with the panel at its upper edge, and the bus of its session."""
    async with a_screen(folder) as screen:
        environment = {**clean_environment(folder / "home"), **screen.environment}
        environment["XDG_CONFIG_HOME"] = str(folder / "xfce")
        async with session_bus(folder, "org.xfce.Xfconf", environment=environment) as address:
            environment["DBUS_SESSION_BUS_ADDRESS"] = address
            async with xfce4_panel(folder, environment, screen):
                yield screen, address


async def seen(
    screen: Screen, where: tuple[int, int, int, int], colour: tuple[int, int, int], name: str
) -> Image.Image:
    """Wait until a colour is there."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            picture = await screen.picture(name)
            pixels = list(picture.crop(where).tobytes())
            shades = zip(pixels[0::3], pixels[1::3], pixels[2::3], strict=True)
            if any(max(abs(a - b) for a, b in zip(shade, colour, strict=True)) < 40 for shade in shades):
                return picture
            await screen.anything_changes()


async def menu_of(screen: Screen, before: Image.Image, name: str) -> tuple[int, int, int, int]:
    """Click the icon and wait for its menu: where it is."""
    await screen.click(15, 15)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            now = await screen.picture(name)
            box = ImageChops.difference(now, before).crop((0, 32, *now.size)).getbbox()
            if box is not None and box[3] - box[1] > 100:
                return (box[0], box[1] + 32, box[2], box[3] + 32)
            await screen.anything_changes()


async def test_a_click_in_the_panel_stops_homeport_and_another_copies_its_url(tmp_path: Path) -> None:
    async with xfce(tmp_path) as (screen, address):
        desktop = Desktop(tmp_path, address, display=screen.display)
        async with desktop.homeport() as homeport:
            online = await seen(screen, ICON, GREEN, "online")
            left, top, right, bottom = await menu_of(screen, online, "menu")
            # The lines of the menu as it is now: state, Stop, Pause, Copy, dashboard, login, Quit; 4 separators.
            line = (bottom - top) / 7.4
            await screen.click((left + right) // 2, round(top + 3.65 * line))
            assert await screen.clipboard() == desktop.mcp_url
            await menu_of(screen, online, "menu")
            await screen.click((left + right) // 2, round(top + 1.6 * line))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await desktop.answers():
                    await screen.anything_changes()
            await screen.picture("stopped")
            assert await homeport.terminate() == 0


PYSTRAY = """
import asyncio, sys, threading
from homeport.cli.behind_tray import run_in_front
from homeport.desktop.menu import FIRST_VIEW, Seen, view_of
from homeport.desktop.pystray_tray import PystrayTray
from homeport.desktop.view import What

def body(tray):
    assert threading.current_thread() is not threading.main_thread()
    asked = threading.Event()
    tray.listen(lambda choice: asked.set() if choice.what is What.QUIT else None)
    assert asyncio.run(tray.appears(20))
    tray.show(view_of(Seen(engine="online", tunnel="up", host="home.example.com")))
    print("shown", flush=True)
    asked.wait()
    print("asked to quit", flush=True)
    raise SystemExit(7)

run_in_front(PystrayTray(FIRST_VIEW), body)
"""


async def test_pystray_shows_the_icon_from_the_main_thread_and_ends_with_a_signal(tmp_path: Path) -> None:
    """Windows and macOS have their own loops in the main thread; Xlib's stands in for them here."""
    async with xfce(tmp_path) as (screen, _):
        environment = {**clean_environment(tmp_path / "home"), **screen.environment, "PYSTRAY_BACKEND": "xorg"}
        environment["PYTHONPATH"] = str(ROOT)
        command = (sys.executable, "-c", PYSTRAY)
        async with child_process(*command, environment=environment, folder=tmp_path, name="pystray") as program:
            await program.says("shown")
            await seen(screen, ICON, GREEN, "pystray")
            assert await program.terminate() == 7
            assert "asked to quit" in program.output
            assert "Traceback" not in program.output
