"""A screen that nobody looks at (Xvfb), and the mouse, keyboard and camera of whoever would."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import Xlib.display  # type: ignore[import-untyped]
import Xlib.X  # type: ignore[import-untyped]
from PIL import Image


class Screen:
    """Use `a_screen`. `environment` is what a program needs to appear there."""

    def __init__(self, display: str, folder: Path) -> None:
        self.display = display
        self._folder = folder
        self.environment = {"DISPLAY": display}

    async def click(self, x: int, y: int) -> None:
        await self.run("xdotool", "mousemove", str(x), str(y), "click", "1")

    async def point(self, x: int, y: int) -> None:
        await self.run("xdotool", "mousemove", str(x), str(y))

    async def picture(self, name: str = "screen") -> Image.Image:
        """All that is seen now; it stays as a file in the test's folder."""
        path = self._folder / f"{name}.png"
        await self.run("import", "-window", "root", str(path))
        with Image.open(path) as image:
            return image.convert("RGB")

    async def clipboard(self) -> str:
        """Wait until there is text on the clipboard; the text."""
        async with asyncio.timeout(20):
            while True:
                process = await asyncio.create_subprocess_exec(
                    *("xclip", "-o", "-selection", "clipboard"),
                    env={**os.environ, **self.environment},
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.DEVNULL,
                )
                out, _ = await process.communicate()
                if process.returncode == 0:
                    return out.decode()
                await self.anything_changes()

    async def anything_changes(self) -> None:
        """Give programs a moment to draw: a screen tells nobody when it changes."""
        await asyncio.sleep(0.1)

    async def tray_is_there(self) -> None:
        """Wait until a panel takes icons in the old way of X11 (System Tray Protocol): it owns this selection then."""
        display = await asyncio.to_thread(Xlib.display.Display, self.display)
        try:
            async with asyncio.timeout(20):
                selection = display.intern_atom("_NET_SYSTEM_TRAY_S0")
                while display.get_selection_owner(selection) == Xlib.X.NONE:
                    await self.anything_changes()
        finally:
            display.close()

    async def run(self, *command: str) -> str:
        process = await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **self.environment}, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 20)
        assert process.returncode == 0, command
        return out.decode()


@asynccontextmanager
async def a_screen(folder: Path, size: str = "800x480x24") -> AsyncIterator[Screen]:
    """A screen of its own, which goes with the block."""
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *("Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"),
        pass_fds=[writing],
        stderr=asyncio.subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        number = await asyncio.to_thread(_line, reading)
        yield Screen(f":{number}", folder)
    finally:
        os.close(reading)
        process.terminate()
        await process.wait()


def _line(descriptor: int) -> str:
    got = b""
    while not got.endswith(b"\n"):
        more = os.read(descriptor, 16)
        assert more, "Xvfb did not start"
        got += more
    return got.decode().strip()


XFCE_PANEL = """<?xml version="1.1" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="true"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="double" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="30"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="square-icons" type="bool" value="true"/>
    </property>
  </property>
</channel>
"""


PANEL_STARTS = 3


@asynccontextmanager
async def xfce4_panel(folder: Path, environment: Mapping[str, str], screen: Screen) -> AsyncIterator[None]:
    """The panel of XFCE with nothing on it but icons of programs, at the upper edge; it takes icons from now on.

    One that ends by itself before that is started again, as XFCE's session does.
    """
    config = folder / "xfce" / "xfce4" / "xfconf" / "xfce-perchannel-xml"
    config.mkdir(parents=True, exist_ok=True)
    (config / "xfce4-panel.xml").write_text(XFCE_PANEL)
    said = folder / "xfce4-panel.log"
    there = asyncio.create_task(screen.tray_is_there())
    for _ in range(PANEL_STARTS):
        with said.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *("xfce4-panel", "--disable-wm-check"),
                env={**environment, "XDG_CONFIG_HOME": str(folder / "xfce"), "NO_AT_BRIDGE": "1"},
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
            )
        ended = asyncio.create_task(process.wait())
        try:
            await asyncio.wait({there, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await there
                yield
                return
        finally:
            if process.returncode is None:
                process.terminate()
            await ended
    there.cancel()
    raise AssertionError(f"xfce4-panel ended {PANEL_STARTS} times by itself: {said.read_text()}")
