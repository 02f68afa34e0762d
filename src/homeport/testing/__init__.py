"""What an app's own tests import. Loads each part when it is used: a chat needs no browser."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.testing.chat import Chat
    from homeport.testing.opened import OpenWidget, WidgetFault
    from homeport.testing.opening import open_widget
    from homeport.testing.showing import WidgetOpener

__all__ = ["Chat", "OpenWidget", "WidgetFault", "WidgetOpener", "open_widget"]

_HOMES = {
    "Chat": "chat",
    "OpenWidget": "opened",
    "WidgetFault": "opened",
    "WidgetOpener": "showing",
    "open_widget": "opening",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
