"""An app: a name, instructions for the model, and the tools it offers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from homeport.apps.tools import Effect, ToolDefinition, define_tool

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")


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
        self.name = name.strip()
        self.instructions = instructions
        self._tools: dict[str, ToolDefinition] = {}
        self._callable: dict[str, ToolDefinition] = {}

    @property
    def tools(self) -> Mapping[str, ToolDefinition]:
        """The tools that are listed, by name, in the order they were defined."""
        return MappingProxyType(self._tools)

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
    ) -> Callable[[F], F]:
        """Offer a typed function as a tool; the function itself stays as it is.

        `effect` says what a call does to the person's things: "read" changes nothing, "write" adds or changes,
        "destroy" may lose something for good. `open_world`: it reaches beyond Homeport, to other people or services.
        `idempotent`: doing it twice is doing it once. `scope` is asked of the person in addition, when the tool is
        first called. `was` keeps old names callable, unlisted. Raises TypeError when a tool cannot be offered.
        """
        beside = sys._getframe(2).f_locals  # 1 is the check of `effect`

        def offer(function: F) -> F:
            self._add(
                define_tool(
                    function,
                    effect=effect,
                    name=name,
                    title=title,
                    open_world=open_world,
                    idempotent=idempotent,
                    scope=scope,
                    was=was,
                    locals_=beside,
                )
            )
            return function

        return offer

    def _add(self, tool: ToolDefinition) -> None:
        names = (tool.name, *tool.was)
        for name in names:
            if names.count(name) > 1 or name in self._callable:
                raise TypeError(f"The tool {tool.name!r} cannot be offered: the app uses the name {name!r} already.")
        self._tools[tool.name] = tool
        self._callable.update(dict.fromkeys(names, tool))

    def __repr__(self) -> str:
        return f"App({self.name!r}, {len(self._tools)} tools)"
