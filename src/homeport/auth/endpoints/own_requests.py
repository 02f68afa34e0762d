"""What every page below /authorize shares: only the browser that began a request sees it, and errors become pages."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from homeport.auth.authorization import Authorization
from homeport.auth.authorization_requests import AuthorizationRequest
from homeport.auth.endpoints import incoming
from homeport.auth.errors import OAuthError, PageError, RedirectError
from homeport.auth.pages import Pages
from homeport.clock import Clock
from homeport.errors import StoreError
from homeport.foreign_text import clean
from homeport.store import Transaction

Handler = Callable[[Request], Awaitable[Response]]

REQUEST = "/authorize/request/"

logger = logging.getLogger(__name__)


class OwnRequests:
    """One per engine."""

    def __init__(self, authorization: Authorization, pages: Pages, *, clock: Clock) -> None:
        self._authorization = authorization
        self._pages = pages
        self._clock = clock

    def find(self, tx: Transaction, request: Request) -> AuthorizationRequest:
        """The request of the path, for its own browser and origin. Raises PageError."""
        browser = incoming.browser_of(request)
        stored = self._authorization.find(tx, request.path_params["request_id"], browser)
        if stored is None or stored.parameters.issuer != incoming.origin_of(request).issuer:
            raise PageError(
                "This page belongs to another browser window, or it has ended.",
                title="This page is not yours or is over",
                hint="Open it in the normal window you began in, with cookies allowed, or start again from the app.",
                status=404,
            )
        return stored

    def find_live(self, tx: Transaction, request: Request) -> AuthorizationRequest:
        """The same while it has not ended: what a POST may change. Raises PageError."""
        stored = self.find(tx, request)
        if stored.ended(self._clock()):
            raise ended()
        return stored

    def shown(self, handler: Handler) -> Handler:
        """Turns errors into what a person sees, and refuses a POST that no page of ours sent."""

        async def shown(request: Request) -> Response:
            try:
                if request.method == "POST":
                    require_own_post(request)
                return await handler(request)
            except PageError as error:
                return self._pages.render(
                    "error",
                    status=error.status,
                    title=error.title,
                    message=clean(error.message, 300),
                    hint=clean(error.hint, 300),
                )
            except RedirectError as error:
                return redirect(error.redirect_uri, error.parameters())
            except StoreError as error:
                logger.error("The database did not answer %s: %s", request.url.path, error)
                return self._pages.render(
                    "error",
                    status=503,
                    title="Homeport has trouble on its computer",
                    message="Its database does not answer just now. Nothing was changed.",
                    hint="Load this page again in a moment. `homeport status` on that computer tells more.",
                )
            except OAuthError as error:
                return self._pages.render(
                    "error", status=error.status, title="This request cannot go on", message=error.description, hint=""
                )

        return shown


def require_own_post(request: Request) -> None:
    """Raises PageError for a POST that another site sent."""
    if not incoming.is_own_post(request):
        raise PageError(
            "Another site tried to answer in your place. Nothing was changed.",
            title="This came from another site",
            hint="Answer on the page itself, in a normal browser window.",
            status=403,
        )


def page_of(stored: AuthorizationRequest) -> str:
    """The path of a request's page."""
    return REQUEST + stored.request_id


def page_again(stored: AuthorizationRequest) -> Response:
    return private(RedirectResponse(page_of(stored), status_code=303))


def ended() -> PageError:
    return PageError("This request has ended.", title="This page is over", hint="Start again from the app.", status=410)


def redirect(uri: str, parameters: dict[str, str]) -> Response:
    """Back to the client, at a redirect URI that is known to be its own."""
    separator = "&" if "?" in uri else "?"
    return private(RedirectResponse(f"{uri}{separator}{urlencode(parameters)}", status_code=303))


def private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
