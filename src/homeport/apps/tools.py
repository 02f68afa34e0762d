"""One tool: what its decorator says, checked once, and how it is called. Knows no protocol."""

from __future__ import annotations

import inspect
import json
import re
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import anyio.to_thread

from homeport.apps.backend import Backend
from homeport.apps.backend_errors import NoBackend
from homeport.apps.results import Context, Result
from homeport.apps.schema import ArgumentSchema, ResultSchema, argument_schema, result_schema
from homeport.apps.widgets import ACCESSES, Widget, WidgetAccess
from homeport.people.person import Person

Effect = Literal["read", "write", "destroy"]

EFFECTS: tuple[str, ...] = get_args(Effect)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")  # RFC 6749 3.3 scope-token
_HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: structured data, the text a chat shows without a widget (None: the data as JSON), and meta."""

    data: dict[str, Any]
    text: str | None
    meta: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as clients see it. One word, `effect`, decides hints, scope, consent mark and default rule."""

    name: str
    title: str
    description: str
    effect: Effect
    open_world: bool
    idempotent: bool
    scope: str | None
    was: tuple[str, ...]
    arguments: ArgumentSchema
    result: ResultSchema
    function: Callable[..., Any]
    scopes: frozenset[str]
    """Every scope a call needs: read or write by effect, and the tool's own."""
    in_thread: bool
    """A plain function, run in a worker thread."""
    widget: Widget | None = None
    """Shows the result."""
    access: WidgetAccess | None = None
    """Whom a host should let call it; None: the author has not said. Hosts heed it, a call does not show it."""

    @property
    def input_schema(self) -> Mapping[str, Any]:
        return self.arguments.json_schema

    @property
    def output_schema(self) -> Mapping[str, Any]:
        return self.result.json_schema

    @property
    def wants_context(self) -> bool:
        return Context in self.arguments.injected.values()

    @property
    def wants_backend(self) -> bool:
        return Backend in self.arguments.injected.values()

    @property
    def needs_backend(self) -> bool:
        """Without a backend every call is refused."""
        return any(kind is Backend and name not in self.arguments.optional for name, kind in self._injected())

    def _injected(self) -> Iterable[tuple[str, type]]:
        return self.arguments.injected.items()

    async def call(
        self, arguments: Mapping[str, Any], *, person: Person, context: Context, backend: Backend | None = None
    ) -> Outcome:
        """Check the arguments, call the function, check its result.

        Raises InvalidArguments, ToolError, and whatever else the function raises. A plain function runs in a worker
        thread; when the call is cancelled the thread is left to finish alone.
        """
        values = self.arguments.validate(arguments)
        if backend is None and self.needs_backend:
            raise NoBackend
        for name, kind in self._injected():
            values[name] = person if kind is Person else context if kind is Context else backend
        if self.in_thread:
            returned = await anyio.to_thread.run_sync(partial(self.function, **values), abandon_on_cancel=True)
        else:
            returned = await self.function(**values)
        if isinstance(returned, Result):
            return Outcome(self.result.dump(returned.data), returned.text, returned.meta)
        return Outcome(self.result.dump(returned), None, {})


def define_tool(
    function: Callable[..., Any],
    *,
    effect: Effect,
    name: str | None,
    title: str | None,
    open_world: bool,
    idempotent: bool,
    scope: str | None,
    was: Sequence[str],
    widget: Widget | None,
    access: WidgetAccess | None,
    locals_: Mapping[str, Any],
) -> ToolDefinition:
    """A tool from its function and what the decorator says. Raises TypeError in words for the author."""
    label = getattr(function, "__name__", repr(function))
    try:
        return _define(
            function,
            effect=effect,
            name=label if name is None else name,
            title=title,
            open_world=open_world,
            idempotent=idempotent,
            scope=scope,
            was=was,
            widget=widget,
            access=access,
            locals_=locals_,
        )
    except TypeError as error:
        raise TypeError(f"The tool {label!r} cannot be offered: {error}") from error


def _define(
    function: Callable[..., Any],
    *,
    effect: Effect,
    name: str,
    title: str | None,
    open_world: bool,
    idempotent: bool,
    scope: str | None,
    was: Sequence[str],
    widget: Widget | None,
    access: WidgetAccess | None,
    locals_: Mapping[str, Any],
) -> ToolDefinition:
    if not callable(function) or inspect.isclass(function):
        raise TypeError("a tool is a function")
    if effect not in EFFECTS:
        raise TypeError(f"effect is {effect!r}, and it must be one of {', '.join(EFFECTS)}")
    if isinstance(was, str):
        raise TypeError(f'was is a list of names, like ["{was}"]')
    for used in (name, *was):
        if not _NAME.fullmatch(used):
            raise TypeError(f"the name {used!r} must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -")
    if scope is not None and not _SCOPE.fullmatch(scope):
        raise TypeError(f"the scope {scope!r} must be one word without spaces, quotes or backslashes")
    if widget is not None and not isinstance(widget, Widget):
        raise TypeError('widget is a Widget, like Widget("recipe-list")')
    if access is not None and access not in ACCESSES:
        raise TypeError(f"widget_access is {access!r}, and it must be one of {', '.join(ACCESSES)}")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError("a tool returns once; it must not yield")
    description = inspect.getdoc(function)
    if not description:
        raise TypeError("it has no docstring, and a model reads that to know when to use it")
    hints = _hints(function, locals_)
    if "return" not in hints:
        raise TypeError("it has no return type")
    returns = hints.pop("return")
    arguments = argument_schema(function, hints)
    if Backend in arguments.injected.values() and not inspect.iscoroutinefunction(function):
        raise TypeError("it calls the backend, and only a coroutine can: write `async def`")
    result = result_schema(returns)
    for what, text in (
        ("title", title or ""),
        ("docstring", description),
        ("arguments", json.dumps(arguments.json_schema, ensure_ascii=False, default=repr)),
        ("result", json.dumps(result.json_schema, ensure_ascii=False, default=repr)),
    ):
        if half_a_character(text):
            raise TypeError(f"half a character (a lone surrogate) is in its {what}, and cannot be sent")
    return ToolDefinition(
        name=name,
        title=title or name.replace("_", " ").replace("-", " ").strip().capitalize() or name,
        description=description,
        effect=effect,
        open_world=open_world,
        idempotent=idempotent,
        scope=scope,
        was=tuple(was),
        arguments=arguments,
        result=result,
        function=function,
        scopes=_scopes(effect, scope),
        in_thread=not inspect.iscoroutinefunction(function),
        widget=widget,
        access=access,
    )


def half_a_character(text: str) -> bool:
    """Whether a lone surrogate is in it: no message can carry one."""
    return _HALF_CHARACTER.search(text) is not None


def _scopes(effect: Effect, own: str | None) -> frozenset[str]:
    by_effect = "read" if effect == "read" else "write"
    return frozenset({by_effect, own} if own else {by_effect})


def _hints(function: Callable[..., Any], locals_: Mapping[str, Any]) -> dict[str, Any]:
    """The function's types, also those defined beside it inside another function."""
    try:
        return typing.get_type_hints(function, localns=dict(locals_), include_extras=True)
    except NameError as error:
        raise TypeError(f"its types name {error.name!r}, which is not defined (yet) above it") from error
