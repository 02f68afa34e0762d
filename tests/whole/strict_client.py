"""A client that keeps a diary: what it was promised, and what it asked for without hearing an answer.

`Lost` is what it hears when the other side dies. It never gives up a login by itself.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2

from homeport.errors import WrongCode

REDIRECT = "http://127.0.0.1:9/callback"

Approve = Callable[[str, str], Awaitable[None]]
"""Types the code of a page, and says who that is."""


class Lost(Exception):
    """No answer came."""


@dataclass
class Code:
    """An authorization code and how often it was exchanged for tokens."""

    value: str
    verifier: str
    successes: int = 0


@dataclass
class StrictClient:
    """`number` names it. Everything in it was acknowledged, but for `asked_items` and `code`."""

    issuer: str
    number: int
    client_id: str = ""
    access_token: str = ""
    refresh_token: str = ""
    code: Code | None = None
    items: set[str] = field(default_factory=set)
    asked_items: set[str] = field(default_factory=set)
    refreshes: int = 0
    logins: int = 0

    async def work(self, http: httpx2.AsyncClient, approve: Approve) -> None:
        """Register, sign in, and then add items and refresh until the other side is lost."""
        try:
            if not self.client_id:
                await self.register(http)
            if not self.refresh_token:
                await self.sign_in(http, approve)
            while True:
                await self.add_item(http, f"client{self.number}: {len(self.asked_items)}")
                await self.refresh(http)
        except Lost:
            return

    async def register(self, http: httpx2.AsyncClient) -> None:
        body = {"redirect_uris": [REDIRECT], "client_name": f"Client {self.number}"}
        answer = await self._send(http, "POST", "/register", json=body)
        assert answer.status_code == 201, f"{answer.status_code} {answer.text} {dict(answer.headers)}"
        self.client_id = answer.json()["client_id"]

    async def sign_in(self, http: httpx2.AsyncClient, approve: Approve) -> None:
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "scope": "read write offline_access",
        }
        start = await self._send(http, "GET", "/authorize", params=asked)
        cookie = {"cookie": start.headers["set-cookie"].split(";")[0]}
        moved = await self._send(http, "GET", start.headers["location"], headers=cookie)
        page = moved.headers["location"]
        await self._wait_for_owner(http, page, cookie, approve)
        await self._send(http, "GET", page, headers=cookie)
        back = await self._send(http, "GET", f"{page}/continue", headers=cookie)
        self.code = Code(parse_qs(urlsplit(back.headers["location"]).query)["code"][0], verifier)
        answer = await self.exchange(http)
        assert answer.status_code == 200, answer.text
        self._take(answer)
        self.logins += 1

    async def _wait_for_owner(
        self, http: httpx2.AsyncClient, page: str, cookie: dict[str, str], approve: Approve
    ) -> None:
        """Read the code to the owner; once more where others of this network took its place, as three may wait."""
        while True:
            shown = await self._send(http, "GET", page, headers=cookie)
            found = re.search(r'data-approval-code="(\d{6})"', shown.text)
            if found is None:
                assert "Newer requests took its place." in shown.text, shown.text
                await self._send(http, "POST", f"{page}/code", headers={**cookie, "origin": self.issuer})
                continue
            try:
                return await approve(found[1], f"Person {self.number}")
            except WrongCode:
                again = await self._send(http, "GET", page, headers=cookie)
                assert found[0] not in again.text, "the page shows a code that is refused"

    async def exchange(self, http: httpx2.AsyncClient) -> httpx2.Response:
        """Present the code, for the first time or again."""
        assert self.code is not None
        form = {"grant_type": "authorization_code", "code": self.code.value, "code_verifier": self.code.verifier}
        answer = await self._token(http, redirect_uri=REDIRECT, **form)
        self.code.successes += answer.status_code == 200
        return answer

    async def refresh(self, http: httpx2.AsyncClient) -> None:
        """The newest token that was acknowledged; when its answer was lost, this is the retry."""
        answer = await self._token(http, grant_type="refresh_token", refresh_token=self.refresh_token)
        assert answer.status_code == 200, f"client {self.number} lost its login: {answer.text}"
        self._take(answer)
        self.refreshes += 1

    async def add_item(self, http: httpx2.AsyncClient, title: str) -> None:
        self.asked_items.add(title)
        await self.call(http, "add-item", title=title)
        self.items.add(title)

    async def titles(self, http: httpx2.AsyncClient, words: str) -> set[str]:
        """The items there are with these words."""
        result = await self.call(http, "get-items", filter=words)
        return {item["title"] for item in result["structuredContent"]["items"]}

    async def call(self, http: httpx2.AsyncClient, tool: str, **arguments: Any) -> Any:
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}
        headers = {"authorization": f"Bearer {self.access_token}"}
        answer = await self._send(http, "POST", "/mcp", json=message, headers=headers)
        assert answer.status_code == 200, answer.text
        result = answer.json()["result"]
        assert not result.get("isError"), result
        return result

    def _take(self, answer: httpx2.Response) -> None:
        tokens = answer.json()
        self.access_token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]

    async def _token(self, http: httpx2.AsyncClient, **form: str) -> httpx2.Response:
        return await self._send(http, "POST", "/token", data={**form, "client_id": self.client_id})

    async def _send(self, http: httpx2.AsyncClient, method: str, path: str, **more: Any) -> httpx2.Response:
        try:
            return await http.request(method, f"{self.issuer}{path}", **more)
        except httpx2.TransportError as error:
            raise Lost from error
