"""The JSON API of the control listener and the page around it. Translates between HTTP and the Engine's methods, and
decides nothing itself."""

from __future__ import annotations

import functools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from homeport.control.bodies import json_answer, read_body
from homeport.control.event_stream import EventStream
from homeport.control.guard import Guard, refuse
from homeport.control.opening_page import OpeningPage
from homeport.control.preview import Preview
from homeport.control.request_bodies import CodeBody, Nothing, OpeningBody
from homeport.control.routes import ENGINE_ROUTES
from homeport.control.rows import Done, EngineRoute
from homeport.control.session import Sessions
from homeport.control.shell import shell
from homeport.engine.protocol import EngineMethods
from homeport.errors import (
    ApprovingPaused,
    EmailError,
    HomeportError,
    NoSuchCall,
    NoSuchRequest,
    NotFoundError,
    SettingsError,
)
from homeport.settings.as_typed import as_typed

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class SessionCode:
    code: str


@dataclass(frozen=True, slots=True)
class SessionToken:
    token: str


def control_app(
    engine: EngineMethods,
    sessions: Sessions,
    *,
    port: int,
    quit: Callable[[], None],
    opening_page: OpeningPage | None = None,
    preview: Preview | None = None,
    stream: EventStream | None = None,
) -> ASGIApp:
    """The control listener's whole application, guarded. `quit` asks the process to end.

    Without an `opening_page` the dashboard is opened by its address alone; without a `preview` or `stream` there is
    none.
    """

    async def open_session(request: Request) -> Response:
        body = await read_body(request, CodeBody)
        token = sessions.trade(body.code)
        if token is None:
            return refuse(
                403,
                "wrong_code",
                "This link was used already, or is older than a minute.",
                "Open it again with `homeport open`.",
            )
        return json_answer(SessionToken(token), SessionToken)

    async def session_code(request: Request) -> Response:
        await read_body(request, Nothing)
        return json_answer(SessionCode(sessions.issue_code()), SessionCode)

    async def write_opening_page(request: Request) -> Response:
        body = await read_body(request, OpeningBody)
        if opening_page is None:
            raise HTTPException(404)
        opening_page.write(f"http://127.0.0.1:{port}{body.address(sessions.issue_code())}")
        return json_answer(Done(), Done)

    async def end(request: Request) -> Response:
        await read_body(request, Nothing)
        quit()
        return json_answer(Done(), Done)

    async def events(request: Request) -> Response:
        if stream is None:
            raise HTTPException(404)
        token = request.headers["authorization"].partition(" ")[2].strip()
        lines = stream.lines(lambda: sessions.knows(token))
        return StreamingResponse(lines, media_type="application/x-ndjson")

    routes = [
        Route("/", shell, methods=["GET"]),
        Route("/api/session", open_session, methods=["POST"]),
        Route("/api/session_code", session_code, methods=["POST"]),
        Route("/api/opening_page", write_opening_page, methods=["POST"]),
        Route("/api/quit", end, methods=["POST"]),
        Route("/api/events", events, methods=["GET"]),
        *(Route(f"/api/{row.name}", _endpoint(row, engine), methods=[row.method]) for row in ENGINE_ROUTES),
        *(preview.routes(port) if preview is not None else ()),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={
            HomeportError: _homeport_error,
            ValidationError: _bad_request,
            HTTPException: _http_error,
            Exception: _internal_error,
        },
    )
    return Guard(app, port=port, knows_token=sessions.knows)


def _endpoint(row: EngineRoute, engine: EngineMethods) -> Endpoint:
    # Most routes are for pages that are not open: theirs are not built.
    adapter = functools.cache(lambda: TypeAdapter[Any](row.answer))

    async def endpoint(request: Request) -> Response:
        body = await read_body(request, row.body) if row.method == "POST" else row.body()
        answer = await row.call(engine, body)
        return Response(adapter().dump_json(answer), media_type="application/json")

    return endpoint


def status_of(error: HomeportError) -> int:
    """The HTTP status of an error a person reads; never 500, since nothing broke."""
    match error:
        case NotFoundError() | NoSuchRequest() | NoSuchCall():
            return 404
        case ApprovingPaused():
            return 429
        case SettingsError() | EmailError():
            return 400
        case _:
            return 409


async def _homeport_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HomeportError)
    message, hint = as_typed(error.message), as_typed(error.hint)
    content = {"code": error.code, "title": error.title, "message": message, "hint": hint}
    return JSONResponse(content, status_of(error))


async def _bad_request(_: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    said = "; ".join(f"{'.'.join(map(str, p['loc'])) or 'body'}: {p['msg']}" for p in problems[:5])
    return refuse(422, "bad_request", said)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    response = refuse(error.status_code, "bad_request", error.detail)
    response.headers.update(error.headers or {})
    return response


async def _internal_error(request: Request, error: Exception) -> Response:
    logger.error("%s failed", request.url.path, exc_info=error)
    return refuse(500, "internal", "Homeport failed at this.", "The log of the running Homeport says more.")
