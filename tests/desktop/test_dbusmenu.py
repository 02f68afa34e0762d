"""The menu as a panel reads it over D-Bus: each line has a number of its own, which never becomes another's."""

from __future__ import annotations

import pytest

from homeport.desktop.menu import Seen, Waiting, view_of
from homeport.desktop.view import Choice, What

pytest.importorskip("dbus_fast")

from homeport.desktop.dbusmenu import DbusMenu


def labels(layout: list[object], path: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[int]]:
    """The numbers of all lines, by the labels that lead to them."""
    found: dict[tuple[str, ...], list[int]] = {}
    number, properties, below = layout
    assert isinstance(number, int)
    assert isinstance(properties, dict)
    assert isinstance(below, list)
    here = (*path, properties["label"].value) if "label" in properties else path
    found.setdefault(here, []).append(number)
    for each in below:
        for name, numbers in labels(each.value, here).items():
            found.setdefault(name, []).extend(numbers)
    return found


def test_two_who_wait_and_look_the_same_are_denied_each_on_its_own_line() -> None:
    clicked: list[Choice] = []
    same = "ChatGPT, returns to chatgpt.com"
    menu = DbusMenu(view_of(Seen(engine="online", waiting=(Waiting(4, same), Waiting(9, same)))).menu, clicked.append)
    (first, second) = labels(menu._layout(0, -1))["Waiting for you (2)", same, "Deny"]
    menu._click(second, "clicked")
    menu._click(first, "clicked")
    assert clicked == [Choice(What.DENY_REQUEST, 9), Choice(What.DENY_REQUEST, 4)]
    menu.replace(view_of(Seen(engine="online", waiting=(Waiting(9, same),))).menu)
    menu._click(first, "clicked")
    assert len(clicked) == 2
