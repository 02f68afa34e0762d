"""/register: dynamic client registration (RFC 7591)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport.auth.clients import Clients
from homeport.auth.endpoints import incoming
from homeport.auth.endpoints.token import NO_STORE, answered


class RegistrationEndpoint:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def routes(self) -> list[Route]:
        return [Route("/register", answered(self.register), methods=["POST"])]

    async def register(self, request: Request) -> Response:
        body = await incoming.json_object_of(request)
        return JSONResponse(await self._clients.register(body), status_code=201, headers=NO_STORE)
