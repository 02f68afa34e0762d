"""One row of the control API's table: a method of the Engine, what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from homeport.control.request_bodies import Body, Nothing
from homeport.engine.protocol import EngineMethods


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of what gives nothing back."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    denied: int


@dataclass(frozen=True, slots=True)
class EngineRoute:
    """One method of the Engine at `/api/<name>`."""

    name: str
    method: Literal["GET", "POST"]
    summary: str
    body: type[Body]
    answer: Any
    call: Callable[[EngineMethods, Any], Awaitable[Any]]


def asks(name: str, summary: str, answer: Any, call: Callable[[EngineMethods], Awaitable[Any]]) -> EngineRoute:
    """A question without fields."""
    return EngineRoute(name, "GET", summary, Nothing, answer, lambda engine, _: call(engine))


def does(
    name: str, summary: str, body: type[Body], call: Callable[[EngineMethods, Any], Awaitable[None]]
) -> EngineRoute:
    """What gives nothing back but that it was done."""

    async def do(engine: EngineMethods, given: Any) -> Done:
        await call(engine, given)
        return Done()

    return EngineRoute(name, "POST", summary, body, Done, do)
