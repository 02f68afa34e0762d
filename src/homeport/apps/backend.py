"""The backend as a tool sees it: calls for one person. Knows no keys, no addresses and no HTTP library."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, overload

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from homeport.apps.backend_errors import AnswerNotUsable
from homeport.apps.backend_paths import QueryValue, Segment, target_of
from homeport.apps.problems import rule
from homeport.clock import Randomness, system_randomness
from homeport.foreign_text import clean

T = TypeVar("T")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Query = Mapping[str, QueryValue]

SHOWN_PROBLEMS = 5
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class BackendCall:
    """One call, ready to be sent: `target` is the encoded path and query below the backend's address."""

    method: Method
    target: str
    body: bytes | None
    repeatable: bool
    """Doing it twice is doing it once, so that it may be sent again after a failure."""
    idempotency_key: str | None
    seconds: float | None
    """For the whole call with all its repetitions; None: the usual time."""


Send = Callable[[BackendCall], Awaitable[bytes]]
"""Sends a call for one person and gives the body of a success. Raises ToolError."""

AdapterOf = Callable[[Any], TypeAdapter[Any]]


class Backend:
    """The backend, for the person whom the tool serves. A tool that names a parameter of this type gets it.

    `backend.get("recipes", id)` asks for `<backend_url>/recipes/<id>`: each segment is encoded by itself, so that no
    value leads to another place. With `into=` the JSON of the answer is checked and becomes that type; without, it is
    plain data, and None for an answer without a body. `json` may be anything pydantic can write, models too.

    Every method raises ToolErrors that a model can act on: NotFound (404), Conflict (409), and others for what a tool
    can do nothing about. GET, PUT and DELETE are repeated after failures that pass; POST and PATCH only with
    `idempotent=True`, which sends an `Idempotency-Key`. `timeout`: seconds for the whole call (20).
    """

    def __init__(self, send: Send, *, adapter: AdapterOf = TypeAdapter, random: Randomness = system_randomness) -> None:
        self._send = send
        self._adapter = adapter
        self._random = random

    @overload
    async def get(
        self, *path: Segment, into: type[T], query: Query | None = None, timeout: float | None = None
    ) -> T: ...
    @overload
    async def get(
        self, *path: Segment, into: Any = None, query: Query | None = None, timeout: float | None = None
    ) -> Any: ...
    async def get(
        self, *path: Segment, into: Any = None, query: Query | None = None, timeout: float | None = None
    ) -> Any:
        """What is there."""
        return await self._call("GET", path, into, query, None, False, timeout)

    @overload
    async def post(
        self,
        *path: Segment,
        into: type[T],
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> T: ...
    @overload
    async def post(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> Any: ...
    async def post(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Add something, or have something done."""
        return await self._call("POST", path, into, query, json, idempotent, timeout)

    @overload
    async def put(
        self,
        *path: Segment,
        into: type[T],
        query: Query | None = None,
        json: object = None,
        timeout: float | None = None,
    ) -> T: ...
    @overload
    async def put(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        timeout: float | None = None,
    ) -> Any: ...
    async def put(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        timeout: float | None = None,
    ) -> Any:
        """Put something in its place."""
        return await self._call("PUT", path, into, query, json, False, timeout)

    @overload
    async def patch(
        self,
        *path: Segment,
        into: type[T],
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> T: ...
    @overload
    async def patch(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> Any: ...
    async def patch(
        self,
        *path: Segment,
        into: Any = None,
        query: Query | None = None,
        json: object = None,
        idempotent: bool = False,
        timeout: float | None = None,
    ) -> Any:
        """Change a part of something."""
        return await self._call("PATCH", path, into, query, json, idempotent, timeout)

    @overload
    async def delete(
        self, *path: Segment, into: type[T], query: Query | None = None, timeout: float | None = None
    ) -> T: ...
    @overload
    async def delete(
        self, *path: Segment, into: Any = None, query: Query | None = None, timeout: float | None = None
    ) -> Any: ...
    async def delete(
        self, *path: Segment, into: Any = None, query: Query | None = None, timeout: float | None = None
    ) -> Any:
        """Remove something."""
        return await self._call("DELETE", path, into, query, None, False, timeout)

    async def _call(
        self,
        method: Method,
        path: tuple[Segment, ...],
        into: Any,
        query: Query | None,
        json: object,
        idempotent: bool,
        timeout: float | None,
    ) -> Any:
        call = BackendCall(
            method,
            target_of(path, query),
            None if json is None else to_json(json, inf_nan_mode="null"),
            idempotent or method in _REPEATABLE,
            base64.urlsafe_b64encode(self._random(18)).decode() if idempotent else None,
            timeout,
        )
        body = await self._send(call)
        if into is None:
            return _plain(body)
        try:
            return self._adapter(into).validate_json(body or b"null")
        except ValidationError as error:
            raise AnswerNotUsable(_wrong_shape(error)) from None


def _plain(body: bytes) -> Any:
    try:
        return from_json(body) if body else None
    except ValueError:
        raise AnswerNotUsable("The backend's answer is not JSON.") from None


def _wrong_shape(error: ValidationError) -> str:
    """Which fields break which rules, without their values."""
    problems = error.errors(include_url=False, include_input=False)
    if problems[0]["type"] == "json_invalid":
        return "The backend's answer is not JSON."
    lines = [f"{_place(p['loc'])} {rule(p['type'], p['msg'])}" for p in problems[:SHOWN_PROBLEMS]]
    if len(problems) > SHOWN_PROBLEMS:
        lines.append(f"and {len(problems) - SHOWN_PROBLEMS} more")
    return f"The backend's answer is not what this tool expects: {'; '.join(lines)}."


def _place(location: tuple[int | str, ...]) -> str:
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += ("." if place else "") + clean(part, 40)
    return place or "it"
