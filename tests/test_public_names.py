"""What an app author may import from `homeport`, and that every name says what it is."""

from __future__ import annotations

import inspect

import pytest

import homeport
import homeport.testing


def test_the_names_for_authors_are_these() -> None:
    assert homeport.__all__ == [
        "App",
        "Backend",
        "Conflict",
        "Context",
        "NotFound",
        "Person",
        "Result",
        "ToolError",
        "Widget",
    ]
    assert homeport.testing.__all__ == ["Chat", "OpenWidget", "WidgetFault", "WidgetOpener", "open_widget"]


def test_nothing_else_leaks_out() -> None:
    shown = {name for name in dir(homeport) if not name.startswith("_")}
    found = {name for name in shown if not inspect.ismodule(getattr(homeport, name))}
    assert found - {"TYPE_CHECKING", "annotations"} == set(homeport.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Widget_'"):
        _ = homeport.Widget_  # type: ignore[attr-defined]


def test_every_public_name_and_method_has_a_docstring() -> None:
    public = [getattr(homeport, name) for name in homeport.__all__]
    public += [getattr(homeport.testing, name) for name in homeport.testing.__all__]
    silent = [thing.__qualname__ for thing in public if not inspect.getdoc(thing)]
    silent += [
        member.__qualname__
        for thing in public
        for name, member in inspect.getmembers(thing, inspect.isfunction)
        if not name.startswith("_") and member.__module__.startswith("homeport") and not inspect.getdoc(member)
    ]
    assert silent == []
