"""The preview's page: a bundle that holds no data, under a policy that allows it and its sandbox only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from homeport import bundles
from homeport.control.guard import SANDBOX_PATH
from homeport.control.shell import policy
from homeport.errors import BundleError


def preview_page(port: int) -> Callable[[Request], Awaitable[Response]]:
    async def page(_: Request) -> Response:
        try:
            document = bundles.page("preview")
        except BundleError as error:
            return PlainTextResponse(f"{error.title}\n\n{error.message}\n{error.hint}\n", 503)
        headers = {
            "Content-Security-Policy": f"{policy(document)}; frame-src http://localhost:{port}{SANDBOX_PATH}",
            # A window that a widget opens gets no hold of this one.
            "Cross-Origin-Opener-Policy": "same-origin",
            "Origin-Agent-Cluster": "?1",
        }
        return HTMLResponse(document, headers=headers)

    return page
