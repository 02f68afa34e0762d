"""The sign-in page as Homeport serves it, with its template, policy and built script, and a server that only records.

What it answers to the tokens is the test's; what the real one does with them is tested elsewhere.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from homeport import bundles
from homeport.auth.pages import Pages
from homeport.listening import LOOPBACK, Listener, bind, port_of

REQUEST = "/authorize/request/q7Rk2"
CONSENT = f"{REQUEST}?signed-in"
PRIVY = "https://auth.privy.io"
TURNSTILE = "https://challenges.cloudflare.com"


@dataclass
class Home:
    """What the page is told, and what it said. Every field may be changed before a page is opened."""

    app_id: str
    origin: str = ""
    client_id: str | None = None
    keep_session: bool = True
    switching: bool = False
    knows_captcha: bool = False
    privy: str = PRIVY
    """The host that the page's policy lets it connect to."""
    answers: list[tuple[int, dict[str, str] | str]] = field(default_factory=list)
    """Answers to the next tokens; when there is none left, the way on."""
    posts: list[dict[str, Any]] = field(default_factory=list)
    _pages: Pages = field(default_factory=Pages)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def url(self) -> str:
        return f"{self.origin}{REQUEST}"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route(REQUEST, self._request),
                Route("/authorize/privy", self._came_back),
                Route("/authorize/assets/{name}", self._asset),
                Route(f"{REQUEST}/privy", self._identify, methods=["POST"]),
            ]
        )

    async def _request(self, request: Request) -> Response:
        if request.url.query == "signed-in":
            return HTMLResponse('<!doctype html><html lang="en"><title>Consent</title><h1>Allow ChatGPT?</h1></html>')
        return self._page(REQUEST)

    async def _came_back(self, _: Request) -> Response:
        return self._page(None)

    async def _asset(self, request: Request) -> Response:
        script = bundles.script("sign-in")
        kinds = {script.code.file: (script.code, "text/javascript"), script.css.file: (script.css, "text/css")}
        asset, kind = kinds[request.path_params["name"]]
        return Response(asset.content, media_type=kind)

    async def _identify(self, request: Request) -> Response:
        self.posts.append(await request.json())
        status, body = self.answers.pop(0) if self.answers else (200, {"next": CONSENT})
        async with self._news:
            self._news.notify_all()
        return HTMLResponse(body, status) if isinstance(body, str) else JSONResponse(body, status)

    async def tokens(self) -> dict[str, Any]:
        """What the page handed over last, waiting for the first time."""
        async with asyncio.timeout(20), self._news:
            await self._news.wait_for(lambda: self.posts)
        return self.posts[-1]

    def _page(self, path: str | None) -> Response:
        script = bundles.script("sign-in")
        config = {
            "app_id": self.app_id,
            "client_id": self.client_id,
            "request": path,
            "client": "ChatGPT" if path else "",
            "origin": self.origin,
            "keep_session": self.keep_session,
            "switching": self.switching,
        }
        return self._pages.render_sign_in(
            privy=self.privy,
            captcha=TURNSTILE if self.knows_captcha else None,
            config=json.dumps(config),
            script_url=f"{self.origin}/authorize/assets/{script.code.file}",
            style=f"{self.origin}/authorize/assets/{script.css.file}",
            client="ChatGPT" if path else "",
            verified_host="chatgpt.com",
            redirect_host="chatgpt.com",
            here=path or "",
        )


@asynccontextmanager
async def running_home(app_id: str, **told: Any) -> AsyncIterator[Home]:
    """The page on a free port of localhost, which browsers count as secure."""
    sockets = bind(LOOPBACK, 0)
    home = Home(app_id, origin=f"http://localhost:{port_of(sockets)}", **told)
    listener = Listener()
    await listener.start(home.app(), sockets)
    try:
        yield home
    finally:
        await listener.stop()
