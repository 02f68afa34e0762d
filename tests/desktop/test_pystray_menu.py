"""The menu as pystray's own objects, which Windows and macOS draw."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from homeport.desktop.menu import Seen, Waiting, view_of
from homeport.desktop.pystray_tray import menu_of
from homeport.desktop.view import Choice, Entry, What

SEEN = Seen(
    engine="online",
    tunnel="up",
    host="home.example.com",
    can_copy=True,
    paused=True,
    waiting=(Waiting(7, "ChatGPT"),),
    at_login=False,
)


@pytest.fixture
def pystray(monkeypatch: pytest.MonkeyPatch) -> Any:
    # The menus are the same everywhere; this backend imports without a screen.
    monkeypatch.setenv("PYSTRAY_BACKEND", "dummy")
    return importlib.import_module("pystray")


def lines(entries: tuple[Entry, ...]) -> list[Any]:
    """What a menu must say of these."""
    return [
        "-" if entry.is_separator else (entry.label, entry.enabled, entry.checked, lines(entry.below))
        for entry in entries
    ]


def drawn(pystray: Any, menu: Any) -> list[Any]:
    """What pystray's menu says to a system that draws it."""
    return [
        "-"
        if item is pystray.Menu.SEPARATOR
        else (item.text, item.enabled, item.checked, drawn(pystray, item.submenu) if item.submenu else [])
        for item in menu.items
    ]


def test_every_line_is_there(pystray: Any) -> None:
    entries = view_of(SEEN).menu
    assert drawn(pystray, menu_of(pystray, entries, lambda choice: None)) == lines(entries)


def test_windows_underlines_no_letter_of_a_name(pystray: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("homeport.desktop.pystray_tray.sys.platform", "win32")
    entries = (Entry("A&B", below=(Entry("C&D", Choice(What.QUIT)),)),)
    assert drawn(pystray, menu_of(pystray, entries, lambda choice: None)) == [
        ("A&&B", True, None, [("C&&D", True, None, [])])
    ]


def test_a_click_is_the_choice_of_its_line(pystray: Any) -> None:
    clicked: list[Choice] = []
    menu = menu_of(pystray, view_of(SEEN).menu, clicked.append)

    def click_all(menu: Any) -> None:
        for item in menu.items:
            if item.submenu:
                click_all(item.submenu)
            elif item is not pystray.Menu.SEPARATOR:
                item(None)

    click_all(menu)
    assert clicked == [
        Choice(What.OPEN_REQUESTS, 7),
        Choice(What.DENY_REQUEST, 7),
        Choice(What.STOP),
        Choice(What.RESUME),
        Choice(What.COPY_URL),
        Choice(What.OPEN_DASHBOARD),
        Choice(What.START_AT_LOGIN),
        Choice(What.QUIT),
    ]


def test_a_click_on_the_icon_itself_opens_the_dashboard(pystray: Any) -> None:
    clicked: list[Choice] = []
    menu_of(pystray, view_of(SEEN).menu, clicked.append)(None)
    assert clicked == [Choice(What.OPEN_DASHBOARD)]
