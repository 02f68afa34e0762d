"""The preview's place in the control listener. What it needs is loaded when somebody opens it, not at the start."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Literal, Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from homeport.clock import Clock, system_clock
from homeport.events import EventBus
from homeport.origins import Origins

if TYPE_CHECKING:
    from homeport.control.preview.endpoints import PreviewEndpoints
    from homeport.engine.rooms import Rooms

PATHS: tuple[tuple[str, Literal["GET", "POST"], str], ...] = (
    ("/preview", "GET", "page"),
    ("/preview/sandbox", "GET", "sandbox"),
    ("/api/preview/scene", "GET", "scene"),
    ("/api/preview/widget", "POST", "widget"),
    ("/api/preview/call", "POST", "call"),
    ("/api/preview/relay", "POST", "relay"),
    ("/api/preview/load", "POST", "load"),
    ("/api/preview/save", "POST", "save"),
    ("/api/preview/changes", "GET", "changes"),
)
"""Each path with its method and its endpoint."""


class PreviewedEngine(Protocol):
    """What the preview needs of an Engine of this process."""

    @property
    def rooms(self) -> Rooms: ...
    @property
    def events(self) -> EventBus: ...
    @property
    def origins(self) -> Origins: ...


class Preview:
    """Give its `routes` to the control listener, which guards them; `close` ends the pages that listen."""

    def __init__(self, engine: PreviewedEngine, *, clock: Clock = system_clock) -> None:
        self._engine = engine
        self._clock = clock
        self._opened: PreviewEndpoints | None = None

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()

    def routes(self, port: int) -> list[Route]:
        return [Route(path, self._endpoint(name, port), methods=[method]) for path, method, name in PATHS]

    def _endpoint(self, name: str, port: int) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            if self._opened is None:
                from homeport.control.preview.endpoints import PreviewEndpoints

                self._opened = PreviewEndpoints(self._engine, port=port, clock=self._clock)
            answer: Response = await getattr(self._opened, name)(request)
            return answer

        return endpoint
