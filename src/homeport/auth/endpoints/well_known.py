"""The well-known documents (RFC 8414, RFC 9728, OpenID Connect Discovery), with and without an app's path behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport.auth import metadata
from homeport.auth.challenges import PROTECTED_RESOURCE
from homeport.auth.endpoints import incoming
from homeport.auth.resources import ServedApp, ServedApps
from homeport.auth.tokens import Tokens
from homeport.foreign_text import clean

AUTHORIZATION_SERVER = "/.well-known/oauth-authorization-server"
OPENID_CONFIGURATION = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"
BACKEND_JWKS = "/.well-known/backend-jwks.json"

# The public URL can change while Homeport runs, so nobody may keep a document that names it.
_FRESH = {"Cache-Control": "no-store"}


class WellKnownEndpoints:
    """One per engine. `identity` is whether sign-in yields a verified e-mail.

    `backend_jwks` are the keys of backend assertions: a set of their own, published nowhere else, so that no access
    token or id token passes as an assertion (SECURITY, grants and tokens). None: there is no such set.
    """

    def __init__(
        self,
        apps: ServedApps,
        tokens: Tokens,
        *,
        identity: bool,
        backend_jwks: Callable[[], Mapping[str, object]] | None = None,
    ) -> None:
        self._apps = apps
        self._tokens = tokens
        self._identity = identity
        self._backend_jwks = backend_jwks

    def routes(self) -> list[Route]:
        routes = [Route(JWKS, self.jwks, methods=["GET"])]
        if self._backend_jwks is not None:
            routes.append(Route(BACKEND_JWKS, self.backend_jwks, methods=["GET"]))
        for path, handler in (
            (PROTECTED_RESOURCE, self.protected_resource),
            (AUTHORIZATION_SERVER, self.authorization_server),
            (OPENID_CONFIGURATION, self.openid_configuration),
        ):
            routes.append(Route(path, handler, methods=["GET"]))
            routes.append(Route(path + "/{app:path}", handler, methods=["GET"]))
        return routes

    async def protected_resource(self, request: Request) -> Response:
        app = self._app(request)
        if app is None:
            return Response(status_code=404)
        origin = incoming.origin_of(request)
        return _json(metadata.protected_resource(origin, app.path, name=clean(app.name), needed=app.needed))

    async def authorization_server(self, request: Request) -> Response:
        if self._app(request) is None:
            return Response(status_code=404)
        return _json(metadata.authorization_server(incoming.origin_of(request), offers_identity=self._identity))

    async def openid_configuration(self, request: Request) -> Response:
        if self._app(request) is None:
            return Response(status_code=404)
        return _json(
            metadata.openid_configuration(
                incoming.origin_of(request), offers_identity=self._identity, algorithm=self._tokens.algorithm
            )
        )

    async def jwks(self, request: Request) -> Response:
        return JSONResponse(self._tokens.jwks(), headers={"Cache-Control": "public, max-age=300"})

    async def backend_jwks(self, request: Request) -> Response:
        assert self._backend_jwks is not None
        return JSONResponse(self._backend_jwks(), headers={"Cache-Control": "public, max-age=300"})

    def _app(self, request: Request) -> ServedApp | None:
        apps = self._apps()
        suffix = request.path_params.get("app")
        if suffix is None:
            return next(iter(apps.values()), None)
        return apps.get(f"/{suffix}")


def _json(document: dict[str, Any]) -> Response:
    return JSONResponse(document, headers=_FRESH)
