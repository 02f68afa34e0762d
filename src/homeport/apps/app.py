"""An app: a name, instructions for the model, and the tools it offers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from homeport.apps.tools import Effect, ToolDefinition, define_tool, half_a_character
from homeport.apps.widgets import Widget, WidgetAccess

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")

OWN_TOOL = "homeport-widget"
"""The name of the tool that Homeport adds while an author works on widgets."""


def _in_words(words: str, fits: Callable[[int, Collection[str]], bool]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Answer a call that does not fit with `words`, where Python would talk of parameters. `fits` is given how many
    arguments have no name, and the names of the others. A type checker sees the method as it is written.
    """

    def checked(method: Callable[P, R]) -> Callable[P, R]:
        @wraps(method)
        def call(*args: P.args, **named: P.kwargs) -> R:
            if not fits(len(args) - 1, named):
                raise TypeError(words)
            return method(*args, **named)

        return call

    return checked


class App:
    """What one connector offers. `instructions` reach the model once per connection; say what the tools are for."""

    @_in_words("An app needs a name, like App('Recipes').", lambda unnamed, named: unnamed > 0 or "name" in named)
    def __init__(self, name: str, instructions: str = "") -> None:
        if not isinstance(name, str) or not name.strip():
            raise TypeError("An app needs a name, like App('Recipes').")
        if not isinstance(instructions, str):
            raise TypeError("An app's instructions are text.")
        if half_a_character(name + instructions):
            raise TypeError(
                "Half a character (a lone surrogate) is in the app's name or instructions; it cannot be sent."
            )
        self.name = name.strip()
        self.instructions = instructions
        self._tools: dict[str, ToolDefinition] = {}
        self._callable: dict[str, ToolDefinition] = {}
        self._widgets: dict[str, Widget] = {}

    @property
    def tools(self) -> Mapping[str, ToolDefinition]:
        """The tools that are listed, by name, in the order they were defined."""
        return MappingProxyType(self._tools)

    @property
    def widgets(self) -> Mapping[str, Widget]:
        """The widgets that its tools show, by name."""
        return MappingProxyType(self._widgets)

    def find(self, name: str) -> ToolDefinition | None:
        """The tool with this name, today's or an old one from `was`."""
        return self._callable.get(name)

    @_in_words(
        'Write @app.tool(effect="read"), "write" or "destroy".',
        lambda unnamed, named: unnamed == 0 and "effect" in named,
    )
    def tool(
        self,
        *,
        effect: Effect,
        name: str | None = None,
        title: str | None = None,
        open_world: bool = False,
        idempotent: bool = False,
        scope: str | None = None,
        was: Sequence[str] = (),
        widget: Widget | None = None,
        widget_access: WidgetAccess | None = None,
    ) -> Callable[[F], F]:
        """Offer a typed function as a tool; the function itself stays as it is.

        `effect` says what a call does to the person's things: "read" changes nothing, "write" adds or changes,
        "destroy" may lose something for good. `open_world`: it reaches beyond Homeport, to other people or services.
        `idempotent`: doing it twice is doing it once. `scope` is asked of the person in addition, when the tool is
        first called. `was` keeps old names callable, unlisted.

        `widget` shows the result; what the model reads must do without it. `widget_access` says who may call the tool:
        "model+app" the model and widgets, "model" no widget, "app" widgets only: hosts do not show it to the model. It
        is the host's to heed: a widget calls for the same person, under the same rules.

        Raises TypeError when a tool cannot be offered.
        """
        beside = sys._getframe(2).f_locals  # 1 is the check of `effect`

        def offer(function: F) -> F:
            tool = define_tool(
                function,
                effect=effect,
                name=name,
                title=title,
                open_world=open_world,
                idempotent=idempotent,
                scope=scope,
                was=was,
                widget=widget,
                access=widget_access,
                locals_=beside,
            )
            if OWN_TOOL in (tool.name, *tool.was):
                raise TypeError(f"The tool {tool.name!r} cannot be offered: {OWN_TOOL!r} is a name of Homeport's own.")
            self._add(tool)
            return function

        return offer

    def _add(self, tool: ToolDefinition) -> None:
        names = (tool.name, *tool.was)
        for name in names:
            if names.count(name) > 1 or name in self._callable:
                raise TypeError(f"The tool {tool.name!r} cannot be offered: the app uses the name {name!r} already.")
        if tool.widget is not None:
            if self._widgets.get(tool.widget.name, tool.widget) != tool.widget:
                raise TypeError(
                    f"The tool {tool.name!r} cannot be offered: the app has another widget named {tool.widget.name!r}. "
                    "Make it once, and give it to each tool that shows it."
                )
            self._widgets[tool.widget.name] = tool.widget
        self._tools[tool.name] = tool
        self._callable.update(dict.fromkeys(names, tool))

    def __repr__(self) -> str:
        return f"App({self.name!r}, {len(self._tools)} tools)"


def with_tool(app: App, tool: ToolDefinition) -> App:
    """The app and one tool more; the app itself stays as it is. Raises TypeError where the name is taken."""
    more = App(app.name, app.instructions)
    more._tools.update(app._tools)
    more._callable.update(app._callable)
    more._widgets.update(app._widgets)
    more._add(tool)
    return more
