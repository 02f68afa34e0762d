"""The front page: says what this address is, and nothing about who or what is behind it (SECURITY, listeners)."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport.auth.pages import Pages
from homeport.settings.as_typed import as_typed


class FrontEndpoint:
    """`pasted_without_path` hears of a POST to `/`: a connector URL without its path."""

    def __init__(self, pages: Pages, pasted_without_path: Callable[[], None]) -> None:
        self._pages = pages
        self._pasted_without_path = pasted_without_path

    def routes(self) -> list[Route]:
        return [Route("/", self.front, methods=["GET", "POST"])]

    async def front(self, request: Request) -> Response:
        if request.method == "POST":
            self._pasted_without_path()
            message = as_typed(
                "This is not the connector URL: its path is missing. `homeport url` prints the whole address."
            )
            return JSONResponse(
                {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": message}}, status_code=404
            )
        return self._pages.render("front")
