"""Who comes to the emulator in its own tests: a page of an origin, and a server with the app secret."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from tests.privy.emulator import PrivyEmulator

HOME = "https://home.example"
AUTH = "https://auth.privy.io/api/v1"
API = "https://api.privy.io/v1"


@asynccontextmanager
async def programs(privy: PrivyEmulator) -> AsyncIterator[httpx2.AsyncClient]:
    """A program that reaches the emulator as a real process does, through the proxy."""
    environment = privy.connect_proxy()
    trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
    async with httpx2.AsyncClient(proxy=environment["HTTPS_PROXY"], verify=trust, trust_env=False) as client:
        yield client


class Page:
    """Asks as Privy's SDK does in a page. `headers` may be changed; None leaves one out."""

    def __init__(self, client: httpx2.AsyncClient, app_id: str, origin: str | None = HOME) -> None:
        self._client = client
        self.headers: dict[str, str | None] = {
            "privy-app-id": app_id,
            "privy-client": "js-sdk-core:0.76.2",
            "origin": origin,
        }

    async def ask(self, method: str, path: str, *, bearer: str | None = None, **more: Any) -> httpx2.Response:
        headers = {name: value for name, value in self.headers.items() if value is not None}
        headers.update({"authorization": f"Bearer {bearer}"} if bearer else {})
        headers.update(more.pop("headers", {}))
        return await self._client.request(method, f"{AUTH}{path}", headers=headers, **more)

    async def post(self, path: str, body: dict[str, Any], *, bearer: str | None = None) -> httpx2.Response:
        return await self.ask("POST", path, bearer=bearer, json=body)

    async def sign_in(self, privy: PrivyEmulator, email: str = "owner@example.com") -> dict[str, Any]:
        """With a code by e-mail; the answer is Privy's."""
        assert (await self.post("/passwordless/init", {"email": email})).status_code == 200
        done = await self.post("/passwordless/authenticate", {"email": email, "code": privy.code_for(email)})
        assert done.status_code == 200, done.text
        answer: dict[str, Any] = done.json()
        return answer


class Server:
    """Asks as a backend does."""

    def __init__(self, client: httpx2.AsyncClient, app_id: str, secret: str) -> None:
        self._client = client
        self.app_id = app_id
        self.secret = secret

    async def ask(self, method: str, url: str, **more: Any) -> httpx2.Response:
        headers = {"privy-app-id": self.app_id, **more.pop("headers", {})}
        return await self._client.request(method, url, auth=(self.app_id, self.secret), headers=headers, **more)


@asynccontextmanager
async def page(privy: PrivyEmulator, origin: str | None = HOME) -> AsyncIterator[Page]:
    async with programs(privy) as client:
        yield Page(client, privy.app.app_id, origin)


@asynccontextmanager
async def server(privy: PrivyEmulator) -> AsyncIterator[Server]:
    async with programs(privy) as client:
        yield Server(client, privy.app.app_id, privy.app.app_secret)


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
