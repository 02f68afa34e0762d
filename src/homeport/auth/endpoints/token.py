"""/token, /revoke, /introspect and /userinfo (RFC 6749, 7009, 7662, OpenID Connect Core 5.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport.auth import scopes
from homeport.auth.access import Access, bearer_token
from homeport.auth.assertions import AuthenticatedClient, ClientAuthenticator
from homeport.auth.endpoints import incoming
from homeport.auth.errors import InvalidClient, InvalidRequest, OAuthError, UnsupportedGrantType
from homeport.auth.exchanges import CodeExchange, Exchanges, RefreshExchange
from homeport.auth.introspection import Introspection
from homeport.origins import Origin

Handler = Callable[[Request], Awaitable[Response]]

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class TokenEndpoints:
    """One per engine."""

    def __init__(
        self, authenticator: ClientAuthenticator, exchanges: Exchanges, introspection: Introspection, access: Access
    ) -> None:
        self._authenticator = authenticator
        self._exchanges = exchanges
        self._introspection = introspection
        self._access = access

    def routes(self) -> list[Route]:
        return [
            Route("/token", answered(self.token), methods=["POST"]),
            Route("/revoke", answered(self.revoke), methods=["POST"]),
            Route("/introspect", answered(self.introspect), methods=["POST"]),
            Route("/userinfo", answered(self.userinfo), methods=["GET", "POST"]),
        ]

    async def token(self, request: Request) -> Response:
        origin = incoming.origin_of(request)
        form = await incoming.form_of(request)
        grant_type = form.get("grant_type")
        if grant_type == "authorization_code":
            code = _required(form, "code")
            verifier = _required(form, "code_verifier")
            client = await self._authenticate(request, form, origin, used_for=code)
            exchange = CodeExchange(code, verifier, form.get("redirect_uri"), form.get("resource"), origin.issuer)
            return JSONResponse(await self._exchanges.exchange_code(client, exchange), headers=NO_STORE)
        if grant_type == "refresh_token":
            token = _required(form, "refresh_token")
            client = await self._authenticate(request, form, origin, used_for=token)
            if await request.is_disconnected():
                # This computer stood still, and the client gave up. A successor that nobody gets would make its next
                # try, after the grace, look like a thief's.
                return Response(status_code=408, headers=NO_STORE)
            refresh = RefreshExchange(token, form.get("scope"), form.get("resource"), origin.issuer)
            return JSONResponse(await self._exchanges.refresh(client, refresh), headers=NO_STORE)
        if grant_type is None:
            raise InvalidRequest("grant_type is missing.")
        raise UnsupportedGrantType("Only authorization_code and refresh_token are supported.")

    async def revoke(self, request: Request) -> Response:
        origin = incoming.origin_of(request)
        form = await incoming.form_of(request)
        token = _required(form, "token")
        client = await self._authenticate(request, form, origin, used_for=token)
        await self._exchanges.revoke(client, token, origin.issuer)
        return Response(status_code=200, headers=NO_STORE)

    async def introspect(self, request: Request) -> Response:
        origin = incoming.origin_of(request)
        form = await incoming.form_of(request)
        token = _required(form, "token")
        authorization = request.headers.get("authorization")
        if authorization is not None and bearer_token(authorization.encode("latin-1")) is not None:
            bearer = await self._access.of_any_resource(authorization.encode("latin-1"), origin)
            if bearer is None:
                raise _BearerRefused(401, 'Bearer error="invalid_token"')
            answer = await self._introspection.for_grant(token, origin.issuer, bearer.grant_id)
        elif "client_assertion" in form:
            client = await self._authenticate(request, form, origin, used_for=token)
            answer = await self._introspection.for_client(token, origin.issuer, client)
        else:
            # SECURITY, grants and tokens: a bare client_id proves nothing, so it may ask nothing.
            raise InvalidClient("Authenticate with private_key_jwt, or with an access token.")
        return JSONResponse(answer, headers=NO_STORE)

    async def userinfo(self, request: Request) -> Response:
        origin = incoming.origin_of(request)
        header = request.headers.get("authorization")
        bearer = await self._access.of_any_resource(header.encode("latin-1") if header else None, origin)
        if bearer is None:
            raise _BearerRefused(401, 'Bearer error="invalid_token", scope="openid"')
        if scopes.OPENID not in bearer.scopes:
            raise _BearerRefused(403, 'Bearer error="insufficient_scope", scope="openid"')
        person = bearer.person
        claims: dict[str, Any] = {"sub": person.id}
        if person.email is not None and scopes.EMAIL in bearer.scopes:
            claims |= {"email": person.email, "email_verified": True}
        if person.name is not None:
            claims["name"] = person.name
        return JSONResponse(claims, headers=NO_STORE)

    async def _authenticate(
        self, request: Request, form: dict[str, str], origin: Origin, *, used_for: str
    ) -> AuthenticatedClient:
        return await self._authenticator.authenticate(
            form,
            authorization=request.headers.get("authorization"),
            issuer=origin.issuer,
            token_endpoint=origin.endpoint("/token"),
            used_for=used_for,
        )


class _BearerRefused(OAuthError):
    def __init__(self, status: int, www_authenticate: str) -> None:
        super().__init__("The access token does not allow this.", headers={"WWW-Authenticate": www_authenticate})
        self.status = status
        self.error = "invalid_token" if status == 401 else "insufficient_scope"


def answered(handler: Handler) -> Handler:
    """Turns an OAuthError into its JSON answer (RFC 6749 5.2)."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except OAuthError as error:
            return JSONResponse(error.as_json(), status_code=error.status, headers=NO_STORE | error.headers)

    return answer


def _required(form: dict[str, str], name: str) -> str:
    try:
        return form[name]
    except KeyError:
        raise InvalidRequest(f"{name} is missing.") from None
