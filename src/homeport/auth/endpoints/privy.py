"""Sign-in with Privy over HTTP: its page and assets, the fixed path OAuth comes back to, and the tokens it sends.

Serves nothing that a stranger could not know; whose request a token is for, the browser's cookie says.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from homeport import bundles
from homeport.auth.authorization_requests import AuthorizationRequest, RequestState
from homeport.auth.endpoints import incoming
from homeport.auth.endpoints.own_requests import OwnRequests, page_again, page_of, private, require_own_post
from homeport.auth.errors import OAuthError, PageError
from homeport.auth.pages import Pages
from homeport.auth.privy_sign_in import PresentedTokens, PrivySignIn, SignInRefused
from homeport.errors import BundleError, StoreError
from homeport.store import Database, Transaction

RETURN = "/authorize/privy"
"""Where OAuth providers come back to: fixed and without a query, so that it can be allowed in Privy's dashboard."""
ASSETS = "/authorize/assets/"
PRIVY_ORIGIN = "https://auth.privy.io"
TURNSTILE_ORIGIN = "https://challenges.cloudflare.com"
BODY_BYTES = 64 * 1024
SWITCHING = "switch"

_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


class PrivyEndpoint:
    """One per engine whose people sign in with Privy."""

    def __init__(self, database: Database, sign_in: PrivySignIn, own: OwnRequests, pages: Pages) -> None:
        self._database = database
        self._sign_in = sign_in
        self._own = own
        self._pages = pages

    @property
    def ends_with_sign_in(self) -> bool:
        """Whether what is allowed ends with the person's session at Privy."""
        return self._sign_in.bound_to_sessions

    def routes(self) -> list[Route]:
        one = "/authorize/request/{request_id}"
        return [
            Route(RETURN, self._own.shown(self.came_back), methods=["GET"]),
            Route(ASSETS + "{name}", self.asset, methods=["GET"]),
            Route(one + "/privy", self.identify, methods=["POST"]),
            Route(one + "/switch", self._own.shown(self.switch), methods=["POST"]),
        ]

    def collected(self, before: AuthorizationRequest, now: AuthorizationRequest) -> None:
        """The owner's answer may have moved the request of somebody who had signed in on to consent."""
        if before.state is RequestState.ADMISSION and now.state is RequestState.CONSENT and now.person_id is not None:
            self._sign_in.admitted(now.person_id)

    def sign_in_page(self, request: Request, stored: AuthorizationRequest, common: Mapping[str, Any]) -> Response:
        """The page of a request whose person is still to sign in."""
        switching = request.scope["query_string"] == SWITCHING.encode()
        return self._page(request, page_of(stored), switching, {**common})

    async def came_back(self, request: Request) -> Response:
        """An OAuth provider is done. Which request it was for, the tab that began it knows; its query stays there."""
        blank = {"client": "", "verified_host": None, "redirect_host": "", "here": ""}
        return self._page(request, None, False, blank)

    async def identify(self, request: Request) -> Response:
        """What Privy gave the page: `{"token", "identity_token"?, "refresh_token"?, "privy_access_token"?}` in JSON."""
        try:
            require_own_post(request)
            tokens = _tokens(await incoming.json_of(request, BODY_BYTES))

            def find(tx: Transaction) -> AuthorizationRequest:
                return self._own.find_live(tx, request)

            await self._sign_in.identify(find, tokens, incoming.visitor_of(request))
            stored = await self._database.transaction(find)
        except SignInRefused as error:
            return _refusal(error.status, error.code, error.message, error.hint)
        except PageError as error:
            code = "request_over" if error.status == 410 else "not_your_browser"
            return _refusal(error.status, code, error.message, error.hint)
        except OAuthError as error:
            return _refusal(error.status, "bad_request", error.description, "Load the page again.")
        except StoreError:
            return _refusal(503, "store", "Homeport's database does not answer just now.", "Try again in a moment.")
        return private(JSONResponse({"next": page_of(stored)}))

    async def switch(self, request: Request) -> Response:
        """Sign in as somebody else: the page must not go on with the session that this browser still has."""

        def work(tx: Transaction) -> tuple[AuthorizationRequest, bool]:
            stored = self._own.find_live(tx, request)
            return stored, self._sign_in.switch(tx, stored)

        stored, switched = await self._database.transaction(work)
        answer = page_again(stored)
        if switched:
            answer.headers["Location"] = f"{page_of(stored)}?{SWITCHING}"
        return answer

    async def asset(self, request: Request) -> Response:
        """A part of the sign-in page, under a name that changes with its content."""
        try:
            packed = self._packed.get(request.path_params["name"])
        except BundleError:
            packed = None
        if packed is None:
            return Response(status_code=404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Encoding": "gzip",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        kind = _TYPES[request.path_params["name"].rsplit(".", 1)[-1]]
        if "gzip" not in request.headers.get("accept-encoding", ""):
            del headers["Content-Encoding"]
            packed = gzip.decompress(packed)
        return Response(packed, headers=headers, media_type=kind)

    @cached_property
    def _bundle(self) -> bundles.Script:
        return bundles.script("sign-in")

    @cached_property
    def _packed(self) -> Mapping[str, bytes]:
        """Packed once: a home's uplink is slow, and packing for each visitor would let strangers burn the processor."""
        assets = (self._bundle.code, self._bundle.css)
        return {asset.file: gzip.compress(asset.content, 9, mtime=0) for asset in assets}

    def _page(self, request: Request, path: str | None, switching: bool, values: dict[str, Any]) -> Response:
        try:
            bundle = self._bundle
        except BundleError as error:
            raise PageError(error.message, title=error.title, hint=error.hint, status=503) from None
        privy = self._sign_in.privy
        origin = incoming.origin_of(request).url
        config = {
            "app_id": privy.app_id,
            "client_id": privy.client_id,
            "request": path,
            "client": values["client"],
            "origin": origin,
            "keep_session": not self._sign_in.keeps_sessions,
            "switching": switching,
        }
        privy.refresh_soon()
        known = privy.config
        return self._pages.render_sign_in(
            privy=PRIVY_ORIGIN,
            captcha=TURNSTILE_ORIGIN if known is not None and known.turnstile else None,
            config=json.dumps(config),
            script_url=f"{origin}{ASSETS}{bundle.code.file}",
            style=f"{origin}{ASSETS}{bundle.css.file}",
            **values,
        )


def _tokens(body: Mapping[str, Any]) -> PresentedTokens:
    """Raises OAuthError for anything but the four texts."""
    names = ("token", "identity_token", "refresh_token", "privy_access_token")
    found = {name: body[name] for name in names if body.get(name) is not None}
    if set(body) - set(names) or "token" not in found or not all(isinstance(v, str) for v in found.values()):
        raise OAuthError("The sign-in page sent something else than Privy's tokens.")
    return PresentedTokens(**found)


def _refusal(status: int, code: str, message: str, hint: str) -> Response:
    return private(JSONResponse({"code": code, "message": message, "hint": hint}, status_code=status))
