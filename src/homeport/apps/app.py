"""An app: a name, instructions for the model, and the tools it offers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from homeport.apps.tools import Effect, ToolDefinition, define_tool

F = TypeVar("F", bound=Callable[..., Any])


class App:
    """What one connector offers. `instructions` reach the model once per connection; say what the tools are for."""

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
        beside = sys._getframe(1).f_locals

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
