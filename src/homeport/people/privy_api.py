"""Privy's API, as far as Homeport asks it. Two hosts and no other; it decides nothing and stores nothing.

The app secret leaves only for api.privy.io, a person's tokens only for auth.privy.io, neither for a log.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from homeport.foreign_text import clean
from homeport.people.privy_config import PrivyAppConfig

CLIENT_API = "https://auth.privy.io/api/v1"
SERVER_API = "https://api.privy.io/v1"

DEADLINE = 5.0
"""Seconds for one question with all its repetitions: longer nobody waits in front of a sign-in page."""
MOST_BYTES = 256 * 1024
REPEATED_AFTER = (0.2, 0.8)
"""Seconds before a question that changes nothing is asked once more."""
_LONGEST_TOKEN = 16_384
_CLIENT = "homeport:1.0.0"
"""Name and version, as Privy's own clients send them; the version is that of what is said here."""
_PASSING = frozenset({408, 425, 429, *range(500, 600)})


class PrivyUnreachable(Exception):
    """Privy did not answer, or not as itself. The message is for the log and holds no secret."""


class PrivyApiRefused(Exception):
    """Privy said no: `status`, and Privy's own `code` such as `invalid_origin`. The message is for the log."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"Privy answered {status} {code}".strip())
        self.status = status
        self.code = code


class NoAppSecret(Exception):
    """The question needs the app secret, and there is none."""


@dataclass(frozen=True, slots=True)
class RefreshedSession:
    """`action` is `set` (store all), `ignore` (keep what there is) or `clear` (the session is over)."""

    action: str
    token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    privy_access_token: str | None = field(repr=False)


class PrivyApi:
    """One per engine. Every question raises PrivyUnreachable, and PrivyApiRefused where Privy says no."""

    def __init__(
        self,
        app_id: str,
        secret: Callable[[], str | None],
        http: httpx2.AsyncClient,
        client_id: str | None = None,
        *,
        deadline: float = DEADLINE,
    ) -> None:
        """`secret` is asked each time, so that a new one counts at once. `deadline`: seconds for one question."""
        self._app_id = app_id
        self._secret = secret
        self._http = http
        self._deadline = deadline
        self._headers = {"privy-app-id": app_id, **({"privy-client-id": client_id} if client_id else {})}
        self.jwks_uri = f"{CLIENT_API}/apps/{quote(app_id, safe='')}/jwks.json"

    @property
    def has_secret(self) -> bool:
        return bool(self._secret())

    async def config(self) -> PrivyAppConfig:
        """The app's public configuration, as the app client sees it where there is one."""
        document = await self.config_document()
        try:
            return PrivyAppConfig.parse(document, self._app_id)
        except ValueError as error:
            raise PrivyUnreachable(f"Privy's answer is {error}") from None

    async def config_document(self) -> Any:
        """The same as Privy gave it, to be kept."""
        return await self._ask("GET", f"{CLIENT_API}/apps/{quote(self._app_id, safe='')}", self._headers)

    async def jwks(self, uri: str) -> bytes:
        """The app's public keys, for RemoteKeys. Raises ValueError for any address but `jwks_uri`."""
        if uri != self.jwks_uri:
            raise ValueError("only the keys of this Privy app are fetched here")
        return await self._body("GET", uri, self._headers)

    async def user(self, did: str) -> Mapping[str, Any]:
        """A user with all linked accounts. Raises NoAppSecret."""
        found = await self._ask("GET", f"{SERVER_API}/users/{_segment(did)}", self._server_headers())
        if not isinstance(found, dict) or found.get("id") != did:
            raise PrivyUnreachable("Privy answered with something that is not this user")
        return found

    async def create_wallet(self, did: str) -> None:
        """Make an embedded Ethereum wallet for a user. Not repeated: it would make a second one. Raises NoAppSecret."""
        body = {"wallets": [{"chain_type": "ethereum"}]}
        await self._ask("POST", f"{SERVER_API}/users/{_segment(did)}/wallets", self._server_headers(), body)

    async def check_secret(self) -> bool:
        """Whether Privy accepts the app secret. Raises NoAppSecret."""
        try:
            await self._ask("GET", f"{SERVER_API}/apps/{quote(self._app_id, safe='')}", self._server_headers())
        except PrivyApiRefused as error:
            if error.status in (401, 403):
                return False
            raise
        return True

    async def refresh_session(self, refresh_token: str, bearer: str, origin: str) -> RefreshedSession:
        """Trade a refresh token in, once: Privy rotates it. `bearer`: the Privy access token, or else the app token;
        `origin`: one that Privy allows for this app."""
        if not is_sendable(refresh_token) or not is_sendable(bearer):
            raise PrivyApiRefused(400, "missing_or_invalid_token")
        headers = {
            **self._headers,
            "privy-client": _CLIENT,
            "Authorization": f"Bearer {bearer}",
            "Origin": origin,
        }
        answer = await self._ask("POST", f"{CLIENT_API}/sessions", headers, {"refresh_token": refresh_token})
        action = answer.get("session_update_action") if isinstance(answer, dict) else None
        if action not in ("set", "ignore", "clear"):
            raise PrivyUnreachable("Privy answered with something that is not a session")
        renewed = _token(answer.get("refresh_token"))
        return RefreshedSession(
            action=action,
            token=_token(answer.get("token")),
            # What Privy writes where the session is kept in cookies.
            refresh_token=None if renewed == "deprecated" else renewed,
            privy_access_token=_token(answer.get("privy_access_token")),
        )

    def _server_headers(self) -> dict[str, str]:
        secret = self._secret()
        if not secret:
            raise NoAppSecret("there is no Privy app secret")
        basic = base64.b64encode(f"{self._app_id}:{secret}".encode()).decode()
        return {"privy-app-id": self._app_id, "Authorization": f"Basic {basic}"}

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: object = None) -> Any:
        answer = await self._body(method, url, headers, body)
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise PrivyUnreachable("Privy's answer is not JSON") from None

    async def _body(self, method: str, url: str, headers: Mapping[str, str], body: object = None) -> bytes:
        """The body of a 200. A question that changes nothing is repeated after a failure that may pass."""
        pauses = list(REPEATED_AFTER) if method == "GET" else []
        try:
            async with asyncio.timeout(self._deadline):
                while True:
                    try:
                        return await self._once(method, url, headers, body)
                    except _Passing as failure:
                        if not pauses:
                            raise PrivyUnreachable(str(failure)) from None
                        await asyncio.sleep(failure.wait or pauses[0])
                        pauses.pop(0)
        except TimeoutError:
            raise PrivyUnreachable(f"Privy did not answer within {self._deadline:g} seconds") from None

    async def _once(self, method: str, url: str, headers: Mapping[str, str], body: object) -> bytes:
        try:
            async with self._http.stream(method, url, headers=headers, json=body) as response:
                answer = await _read(response)
        except (httpx2.TransportError, httpx2.StreamError) as error:
            # From nothing: the library's error keeps the request, with its Authorization.
            raise _Passing(f"no connection to Privy: {type(error).__name__}") from None
        if response.is_success:
            return answer
        if response.status_code in _PASSING:
            raise _Passing(f"Privy answered {response.status_code}", _seconds(response.headers.get("Retry-After")))
        if response.status_code < 400:
            raise PrivyUnreachable(f"Privy answered {response.status_code}, which leads elsewhere")
        raise PrivyApiRefused(response.status_code, _code(answer))


class _Passing(Exception):
    """A failure that may be over soon; `wait`: seconds that Privy asked for."""

    def __init__(self, words: str, wait: float = 0.0) -> None:
        super().__init__(words)
        self.wait = wait


async def _read(response: httpx2.Response) -> bytes:
    """At most MOST_BYTES. A compressed answer was not asked for, and could be a bomb."""
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise PrivyUnreachable("Privy's answer is compressed, which was not asked for")
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > MOST_BYTES:
            raise PrivyUnreachable(f"Privy's answer is longer than {MOST_BYTES} bytes")
    return bytes(body)


def _code(body: bytes) -> str:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    code = document.get("code") if isinstance(document, dict) else None
    return clean(code) if isinstance(code, str) else ""


def is_sendable(token: str) -> bool:
    """Whether a text can be a token that goes into a header: visible ASCII, not too long."""
    return 0 < len(token) <= _LONGEST_TOKEN and token.isascii() and token.isprintable() and " " not in token


def _token(value: object) -> str | None:
    return value if isinstance(value, str) and is_sendable(value) else None


def _seconds(value: str | None) -> float:
    return float(value) if value is not None and value.isascii() and value.isdigit() and len(value) < 4 else 0.0


def _segment(did: str) -> str:
    # As Privy's own clients write it: the colons of a DID stay.
    return quote(did, safe=":")
