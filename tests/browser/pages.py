"""How a browser comes to each page that strangers and people who sign in can see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

import httpx2
from playwright.async_api import Page, Route

from tests.browser.sign_in import read_code
from tests.program import Installation

REDIRECT_URI = "http://127.0.0.1:9/callback"
# RFC 7636 appendix B.
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


class Visit:
    """One client's way to the pages of one Homeport, as a browser window goes it."""

    def __init__(self, homeport: Installation, page: Page, client_id: str) -> None:
        self.homeport = homeport
        self.page = page
        self._client_id = client_id
        self._count = 0

    def authorize_url(self, **changed: str) -> str:
        """A valid authorization request, another one each time, but for what is changed."""
        self._count += 1
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": "read write offline_access",
            "state": f"state-{id(self.page)}-{self._count}",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "resource": self.homeport.mcp_url,
        }
        return f"{self.homeport.issuer}/authorize?{urlencode(parameters | changed)}"

    async def front(self) -> None:
        await self.page.goto(f"{self.homeport.issuer}/")

    async def unknown_app(self) -> None:
        await self.page.goto(self.authorize_url(client_id="nobody"))

    async def unregistered_redirect(self) -> None:
        await self.page.goto(self.authorize_url(redirect_uri="https://evil.example.com/callback"))

    async def cookies_refused(self) -> None:
        await self.page.goto(self.authorize_url().replace("/authorize?", "/authorize/start?"))

    async def waiting(self) -> None:
        await self.page.goto(self.authorize_url())
        await read_code(self.page)

    async def displaced(self) -> None:
        """The oldest of too many requests of one network: its code is no longer good."""
        await self.page.goto(self.authorize_url())
        shown = self.page.url
        for _ in range(3):
            await self.page.goto(self.authorize_url())
        await self.page.goto(shown)
        await self.page.get_by_role("button", name="Show a new code").wait_for()

    async def consent(self) -> None:
        await self.page.goto(self.authorize_url())
        await self.homeport.approve(await read_code(self.page), "--consent-in-browser")
        await self.page.get_by_role("button", name="Allow", exact=True).wait_for()

    async def going_back(self) -> None:
        """The page between consent and the client, held there."""

        async def hold(route: Route) -> None:
            await route.fulfill(status=204)  # RFC 9110 15.3.5: the browser stays where it is.

        await self.page.route("**/continue", hold)
        await self.page.goto(self.authorize_url())
        await self.homeport.approve(await read_code(self.page))
        await self.page.get_by_role("link", name="Go on").wait_for()


PAGES: dict[str, Callable[[Visit], Awaitable[None]]] = {
    "front": Visit.front,
    "unknown-app": Visit.unknown_app,
    "unregistered-redirect": Visit.unregistered_redirect,
    "cookies-refused": Visit.cookies_refused,
    "waiting": Visit.waiting,
    "displaced": Visit.displaced,
    "consent": Visit.consent,
    "going-back": Visit.going_back,
}


async def register(homeport: Installation, name: str = "A client") -> str:
    """Register a client; the answer is its client_id."""
    asked = {"client_name": name, "redirect_uris": [REDIRECT_URI], "token_endpoint_auth_method": "none"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{homeport.issuer}/register", json=asked)
    assert answer.status_code == 201, answer.text
    client_id: str = answer.json()["client_id"]
    return client_id
