"""The tray on Windows and macOS, by pystray. Its loop has the main thread; what touches the screen is done there."""

from __future__ import annotations

import asyncio
import importlib
import io
import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from homeport.desktop.icons import png_of
from homeport.desktop.tray import Choices, Chosen
from homeport.desktop.view import Choice, Entry, Light, View, What

logger = logging.getLogger(__name__)

ICON_SIZE = 64

Marshal = Callable[[Callable[[], None]], None]


class PystrayTray:
    """A `MainThreadTray`. `marshal` has work done where the screen may be touched; None: the system's own way."""

    def __init__(self, first: View, *, marshal: Marshal | None = None) -> None:
        self._choices = Choices()
        self._lock = threading.Lock()
        self._drawing = threading.Lock()
        self._view = first
        self._closed = False
        self._appeared = threading.Event()
        self._marshal = marshal or _marshal_of(sys.platform)
        self._awake = _StayAwake() if sys.platform == "darwin" else None
        import pystray  # type: ignore[import-untyped]

        self._pystray: Any = pystray
        kind = _without_pystray_signals(pystray.Icon) if sys.platform == "darwin" else pystray.Icon
        self._icon = kind(
            "homeport", self._picture(first.light), first.title, menu=menu_of(pystray, first.menu, self._click)
        )

    def run(self) -> bool:
        try:
            self._icon.run(setup=lambda icon: self._marshal(self._begin))
        except Exception:
            logger.exception("The tray icon failed; Homeport goes on without it")
            return False
        return True

    def ask_to_quit(self) -> None:
        self._choices.chosen(Choice(What.QUIT))

    def show(self, view: View) -> None:
        with self._lock:
            self._view = view
        if self._appeared.is_set():
            self._marshal(self._refresh)

    def listen(self, chosen: Chosen) -> None:
        self._choices.listen(chosen)

    async def appears(self, seconds: float) -> bool:
        return await asyncio.to_thread(self._appeared.wait, seconds)

    def close(self) -> None:
        with self._lock:
            self._closed = True
        if self._appeared.is_set():
            self._marshal(self._end)

    # --- in the thread that may touch the screen -----------------------------------------------------------------

    def _begin(self) -> None:
        self._icon.visible = True
        self._appeared.set()
        self._refresh()
        with self._lock:
            closed = self._closed
        if closed:
            self._end()

    def _refresh(self) -> None:
        # Windows draws in whichever thread asks: of two, the second must be the one with the newer view.
        with self._drawing:
            with self._lock:
                view = self._view
            try:
                self._icon.icon = self._picture(view.light)
                self._icon.title = view.title[:127]  # Windows cuts a longer one off, and fails at 128
                self._icon.menu = menu_of(self._pystray, view.menu, self._click)
                if self._awake is not None:
                    self._awake.keep(view.awake)
            except Exception:
                logger.exception("The tray icon could not be brought up to date")

    def _end(self) -> None:
        if self._awake is not None:
            self._awake.keep(False)
        self._icon.stop()

    def _click(self, choice: Choice) -> None:
        self._choices.chosen(choice)

    def _picture(self, light: Light) -> Any:
        from PIL import Image

        return Image.open(io.BytesIO(png_of(light, ICON_SIZE, dark_panel=_dark_panel(sys.platform))))


def menu_of(pystray: Any, entries: tuple[Entry, ...], click: Callable[[Choice], None]) -> Any:
    """The entries as pystray's own menu; a left click opens the dashboard where the system has one."""
    return pystray.Menu(*(_item_of(pystray, entry, click) for entry in entries))


def _item_of(pystray: Any, entry: Entry, click: Callable[[Choice], None]) -> Any:
    if entry.is_separator:
        return pystray.Menu.SEPARATOR
    # Windows underlines what follows a single one.
    label = entry.label.replace("&", "&&") if sys.platform == "win32" else entry.label
    if entry.below:
        return pystray.MenuItem(label, menu_of(pystray, entry.below, click), enabled=entry.enabled)
    choice, checked = entry.choice, entry.checked

    def chosen(icon: object, item: object) -> None:
        if choice is not None:
            click(choice)

    return pystray.MenuItem(
        label,
        chosen,
        enabled=entry.enabled,
        checked=None if checked is None else lambda item: checked,
        default=choice == Choice(What.OPEN_DASHBOARD) and entry.label == "Open dashboard",
    )


def _marshal_of(platform: str) -> Marshal:
    """macOS kills a process that calls AppKit outside its main thread; pystray does so wherever it is called."""
    if platform == "darwin":
        helper: Any = importlib.import_module("PyObjCTools.AppHelper")
        call_after: Marshal = helper.callAfter
        return call_after
    return lambda work: work()


def _without_pystray_signals(icon: Any) -> Any:
    """pystray's icon for macOS, as it should be here: Ctrl+C is ours, and the menu bar colours the icon itself."""

    class MenuBarIcon(icon):  # type: ignore[misc]
        def _run(self) -> None:
            # As pystray does it, but for its signal handler, which ends the process without a word to anybody.
            self._mark_ready()
            try:
                self._app.run()
            finally:
                self._status_bar.removeStatusItem_(self._status_item)

        def _assert_image(self) -> None:
            super()._assert_image()
            # The menu bar is bright or dark as the wallpaper is: only the system knows, and draws a template's shape.
            self._icon_image.setTemplate_(True)

    return MenuBarIcon


class _StayAwake:
    """Keeps macOS from slowing the process down (App Nap) while it answers ChatGPT. The computer may still sleep."""

    USER_INITIATED_ALLOWING_IDLE_SYSTEM_SLEEP = 0x00FFFFFF & ~(1 << 20)
    """NSActivityUserInitiatedAllowingIdleSystemSleep (Foundation, NSProcessInfo.h)."""

    def __init__(self) -> None:
        foundation: Any = importlib.import_module("Foundation")
        self._process: Any = foundation.NSProcessInfo.processInfo()
        self._activity: Any = None

    def keep(self, awake: bool) -> None:
        if awake and self._activity is None:
            self._activity = self._process.beginActivityWithOptions_reason_(
                self.USER_INITIATED_ALLOWING_IDLE_SYSTEM_SLEEP, "Homeport answers ChatGPT"
            )
        elif not awake and self._activity is not None:
            self._process.endActivity_(self._activity)
            self._activity = None


def _dark_panel(platform: str) -> bool:
    """Whether the taskbar is dark. macOS draws a template's shape, in whatever colour."""
    if platform != "win32":
        return True
    winreg: Any = importlib.import_module("winreg")
    try:
        with winreg.OpenKey(
            winreg.HKEY_CURRENT_USER, r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
        ) as key:
            value, _ = winreg.QueryValueEx(key, "SystemUsesLightTheme")
    except OSError:
        return True
    return not value
