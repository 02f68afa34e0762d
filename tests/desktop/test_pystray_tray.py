"""The tray of Windows and macOS: what it calls from which thread, what it shows, and how it keeps macOS awake."""

from __future__ import annotations

import asyncio
import importlib
import io
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from homeport.desktop.icons import png_of
from homeport.desktop.menu import FIRST_VIEW, Seen, Waiting, view_of
from homeport.desktop.pystray_tray import ICON_SIZE, PystrayTray
from homeport.desktop.view import Light
from tests.desktop.macos import a_mac

ONLINE = Seen(engine="online", tunnel="up", host="home.example.com", can_copy=True)

THEME = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"


def driven(tray: PystrayTray, drive: Callable[[], None]) -> None:
    """Show the icon from this thread, as its main one, while another one does this; then the icon goes."""

    def beside() -> None:
        try:
            assert asyncio.run(tray.appears(20))
            drive()
        finally:
            tray.close()

    with ThreadPoolExecutor(1) as pool:
        driving = pool.submit(beside)
        assert tray.run()
        driving.result()


def test_macos_is_called_from_its_main_thread_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_mac(monkeypatch) as mac:
        tray = PystrayTray(FIRST_VIEW)

        def drive() -> None:
            for seen in (ONLINE, replace(ONLINE, waiting=(Waiting(7, "ChatGPT"),)), replace(ONLINE, paused=True)):
                tray.show(view_of(seen))
            mac.settle()

        driven(tray, drive)
    assert mac.trespasses == []
    tips = [arguments[0] for _, name, arguments in mac.calls if name == "setToolTip_"]
    assert tips[-1] == "Homeport: tools are paused"
    assert {"setImage_", "setMenu_", "stop_"} <= set(mac.names)


def test_an_icon_that_is_gone_before_it_was_there_ends_its_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_mac(monkeypatch) as mac:
        tray = PystrayTray(FIRST_VIEW)
        tray.close()
        assert tray.run()
    assert mac.trespasses == []


def test_ctrl_c_stays_ours_on_macos_and_the_menu_bar_colours_the_icon(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_mac(monkeypatch) as mac:
        tray = PystrayTray(FIRST_VIEW)
        driven(tray, lambda: tray.show(view_of(ONLINE)))
    assert "signal" not in mac.names
    assert mac.names[-1] == "removeStatusItem_"
    pictures = [arguments[0] for _, name, arguments in mac.calls if name == "setImage_"]
    assert len(pictures) >= 2
    assert pictures == [owner for owner, name, arguments in mac.calls if (name, arguments) == ("setTemplate_", (True,))]


def test_macos_does_not_slow_down_a_homeport_that_chatgpt_may_call(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[tuple[int, int]] = []
    with a_mac(monkeypatch) as mac:
        tray = PystrayTray(FIRST_VIEW)

        def held(*states: Seen) -> list[tuple[int, int]]:
            """For each: how many activities there are then, and how many there ever were."""
            found.clear()
            for seen in states:
                tray.show(view_of(seen))
                mac.settle()
                found.append((len(mac.held), mac.begun))
            return list(found)

        def drive() -> None:
            mac.settle()
            assert mac.begun == 0
            running = held(
                replace(ONLINE, engine="starting"),
                ONLINE,
                replace(ONLINE, paused=True),
                replace(ONLINE, tunnel="reconnecting"),
                replace(ONLINE, tunnel="error"),
                replace(ONLINE, waiting=(Waiting(7, "ChatGPT"),)),
            )
            assert running == [(1, 1)] * 6, "begun once, without a gap"
            assert held(Seen(engine="stopping"), Seen(engine="stopped"), Seen(engine="error")) == [(0, 1)] * 3
            assert held(ONLINE) == [(1, 2)]

        driven(tray, drive)
    assert mac.held == []
    (options, reason) = next(arguments for _, name, arguments in mac.calls if name.startswith("beginActivity"))
    assert options == 0x00EFFFFF, "user-initiated, and the computer may sleep"
    assert reason == "Homeport answers ChatGPT"


@dataclass
class Taskbar:
    """That of a Windows whose registry holds `bright` for its theme; `shown` is what it was given: picture and title.

    `before` is called before it draws anything.
    """

    bright: int | None = None
    before: Callable[[], None] = lambda: None
    shown: list[tuple[bytes, str]] = field(default_factory=list)

    def query(self, key: str, name: str) -> tuple[int, int]:
        if self.bright is None:
            raise FileNotFoundError
        return {(THEME, "SystemUsesLightTheme"): self.bright}[key, name], 4


@pytest.fixture
def taskbar(monkeypatch: pytest.MonkeyPatch) -> Taskbar:
    """PystrayTray is on Windows, with an icon that stands in for pystray's own: that one loads there only."""
    bar = Taskbar()
    registry = SimpleNamespace(
        HKEY_CURRENT_USER=1, OpenKey=lambda root, path: nullcontext(path), QueryValueEx=bar.query
    )
    monkeypatch.setitem(sys.modules, "winreg", registry)
    monkeypatch.setattr("homeport.desktop.pystray_tray.sys", SimpleNamespace(platform="win32"))
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    pystray: Any = importlib.import_module("pystray")

    class Icon(pystray.Icon):  # type: ignore[misc]
        def __init__(self, *arguments: object, **named: object) -> None:
            self._stopped = threading.Event()
            super().__init__(*arguments, **named)

        def _run(self) -> None:
            self._mark_ready()
            assert self._stopped.wait(20)

        def _stop(self) -> None:
            self._stopped.set()

        def _draw(self) -> None:
            bar.before()
            bar.shown.append((self.icon.tobytes(), self.title))

        def _nothing(self) -> None:
            pass

        _show = _update_icon = _update_title = _draw
        _hide = _update_menu = _nothing

    monkeypatch.setattr(pystray, "Icon", Icon)
    return bar


def drawing(light: Light, *, dark_panel: bool) -> bytes:
    with Image.open(io.BytesIO(png_of(light, ICON_SIZE, dark_panel=dark_panel))) as image:
        return image.tobytes()


@pytest.mark.parametrize(("bright", "dark_panel"), [(1, False), (0, True), (None, True)])
def test_windows_gets_the_drawing_for_its_taskbar_and_no_title_it_fails_at(
    bright: int | None, dark_panel: bool, taskbar: Taskbar
) -> None:
    taskbar.bright = bright
    tray = PystrayTray(FIRST_VIEW)
    driven(tray, lambda: tray.show(replace(view_of(ONLINE), title="Homeport: " + "o" * 200)))
    assert taskbar.shown[-1] == (drawing(Light.ONLINE, dark_panel=dark_panel), "Homeport: " + "o" * 117)


def test_what_is_shown_while_the_icon_appears_is_not_overtaken_by_what_was_before(taskbar: Taskbar) -> None:
    tray = PystrayTray(FIRST_VIEW)
    engine = threading.Thread(target=lambda: tray.show(view_of(ONLINE)))
    appeared = threading.Event()

    def show_meanwhile() -> None:
        if asyncio.run(tray.appears(0)) and not appeared.is_set():
            engine.start()
            appeared.set()
            # It waits for us now. Where it does not, it has shown the new state long before we go on with the old one.
            engine.join(0.2)

    taskbar.before = show_meanwhile

    def drive() -> None:
        assert appeared.wait(20)
        engine.join(20)

    driven(tray, drive)
    assert taskbar.shown[-1] == (drawing(Light.ONLINE, dark_panel=True), "Homeport: online at home.example.com")
