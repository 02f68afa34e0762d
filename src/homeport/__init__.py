"""What an app author imports. Loads neither the MCP SDK nor a web framework, and nothing at all before it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from homeport.apps.app import App
    from homeport.apps.backend import Backend
    from homeport.apps.errors import Conflict, NotFound, ToolError
    from homeport.apps.results import Context, Result
    from homeport.apps.widgets import Widget
    from homeport.people.person import Person

__all__ = ["App", "Backend", "Conflict", "Context", "NotFound", "Person", "Result", "ToolError", "Widget"]

_HOMES = {
    "App": "homeport.apps.app",
    "Backend": "homeport.apps.backend",
    "Conflict": "homeport.apps.errors",
    "Context": "homeport.apps.results",
    "NotFound": "homeport.apps.errors",
    "Person": "homeport.people.person",
    "Result": "homeport.apps.results",
    "ToolError": "homeport.apps.errors",
    "Widget": "homeport.apps.widgets",
}


if not TYPE_CHECKING:
    # A type checker that saw this would let every name through.
    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
