"""One Homeport in the test's own process, seen from outside: browsers, strict clients, and raw bytes. All over HTTP."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from homeport.apps.app import App
from homeport.engine.engine import Engine
from homeport.engine.served import AppSource, BuiltIn
from homeport.events import Event
from homeport.network import Network
from homeport.settings import load_settings
from homeport.store import Database, Transaction
from tests.auth.outside import HandClock
from tests.auth.tiny import tiny_app

PUBLIC_URL = "https://home.invalid"
"""A public origin that leads nowhere: requests for it are sent to the listener with this Host, as a tunnel would."""
PROBE = b"\x07" * 16
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
REDIRECT = "http://127.0.0.1:4567/callback"

Answer = httpx2.Response
NOTHING: Mapping[str, str] = MappingProxyType({})


class TinyEngine(Engine):
    """The real engine with an app of the test's own, or with what it serves when nothing is chosen."""

    app: App | None

    def _sources(self, database: Database) -> Mapping[str, AppSource]:
        return super()._sources(database) if self.app is None else {"/mcp": BuiltIn(self.app)}


class KnownProbe:
    """Real randomness, but for the first value, which is the token of the engine's self-probe."""

    def __init__(self) -> None:
        self._first = True

    def __call__(self, size: int) -> bytes:
        first, self._first = self._first, False
        return PROBE if first else secrets.token_bytes(size)


@dataclass
class Browser:
    """One browser: a cookie jar of its own, a user agent, and (on the public origin) an address."""

    door: Door
    origin: str
    address: str | None = None
    agent: str = CHROME
    cookies: dict[str, str] = field(default_factory=dict)

    async def send(
        self, method: str, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request, no redirect followed. An empty header value takes the header away."""
        sent = {"user-agent": self.agent}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent |= {"origin": self.origin, "sec-fetch-site": "same-origin"}
        sent |= headers or {}
        content = None
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
            content = urlencode(form).encode()
        answer = await self.door.send(
            method, url, origin=self.origin, address=self.address, headers=sent, content=content
        )
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";", 1)[0].partition("=")
            self.cookies[name] = value
        return answer

    async def get(self, url: str, **headers: str) -> Answer:
        return await self.send("GET", url, headers=headers)

    async def post(self, url: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.send("POST", url, form=form or {}, headers=named)

    async def open(self, url: str) -> Answer:
        """Follow redirects as long as they stay on this site."""
        answer = await self.get(url)
        for _ in range(5):
            location = answer.headers.get("location", "")
            if not location.startswith("/"):
                break
            answer = await self.get(location)
        return answer


@dataclass
class ChatApp:
    """A client that accepts nothing but what the RFCs promise it."""

    door: Door
    origin: str
    client_id: str
    redirect_uri: str = REDIRECT
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(12))

    @property
    def resource(self) -> str:
        return f"{self.origin}/mcp"

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()

    def parameters(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
            "state": self.state,
            "resource": self.resource,
            "scope": "read write offline_access",
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def link(self, **changes: str | None) -> str:
        """The address the person's browser is sent to."""
        return f"/authorize?{urlencode(self.parameters(**changes))}"

    def came_back(self, answer: Answer) -> dict[str, str]:
        """What a redirect to this client says. RFC 9207: an answer without the right iss is thrown away."""
        assert answer.status_code == 303, (answer.status_code, answer.text[:300])
        location = answer.headers["location"]
        assert location.startswith(self.redirect_uri), location
        said = parse_qsl(urlsplit(location).query, keep_blank_values=True)
        assert len(dict(said)) == len(said)
        found = dict(said)
        assert found.get("iss") == self.origin
        assert found.get("state") == self.state
        return found

    async def token(self, **form: str | None) -> Answer:
        given = {name: value for name, value in form.items() if value is not None}
        return await self.door.form("/token", given, origin=self.origin)

    async def exchange(self, code: str, **changes: str | None) -> Answer:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": self.verifier,
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "resource": self.resource,
        }
        return await self.token(**{**form, **changes})

    async def refresh(self, refresh_token: str, **changes: str | None) -> Answer:
        form: dict[str, str | None] = {
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
            "client_id": self.client_id,
        }
        return await self.token(**{**form, **changes})

    async def call(self, access_token: str, tool: str = "hello", **arguments: Any) -> Answer:
        """One tools/call."""
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments or ({"who": "you"} if tool == "hello" else {})},
        }
        return await self.door.send(
            "POST", "/mcp", origin=self.origin, json=message, headers={"authorization": f"Bearer {access_token}"}
        )


@dataclass
class Signed:
    """A client with tokens, and the browser the person used."""

    app: ChatApp
    browser: Browser
    code: str
    answer: dict[str, Any]

    @property
    def access(self) -> str:
        return str(self.answer["access_token"])

    @property
    def refresh(self) -> str:
        return str(self.answer["refresh_token"])


class Door:
    """The running engine and what can be done at its public listener."""

    def __init__(
        self,
        folder: Path,
        clock: HandClock,
        *,
        public: bool,
        database_url: str,
        app: App | None,
        options: Mapping[str, str] = NOTHING,
        environ: Mapping[str, str] = NOTHING,
        network: Network | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.events: list[Event] = []
        self._public = public
        self._database_url = database_url
        self._app = app
        self._options = options
        self._environ = environ
        self._network = network
        self._port = 0
        self.public_url = PUBLIC_URL
        """Where `public` requests come; a tunnel gives another one."""

    def make_engine(self) -> Engine:
        """An engine on this folder and port that was not started."""
        options = {
            "data_dir": str(self.folder),
            "port": str(self._port),
            "public_url": PUBLIC_URL if self._public else None,
            "database_url": self._database_url or None,
            **self._options,
        }
        environ = self._environ
        loaded = load_settings(options=options, environ=environ, cwd=self.folder)
        engine = TinyEngine(loaded, environ=environ, clock=self.clock, random=KnownProbe(), network=self._network)
        engine.app = self._app
        return engine

    async def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.engine = self.make_engine()
        self.engine.events.subscribe(self.events.append)
        await self.engine.start()
        self._port = self.engine.origins.port
        # Each Browser keeps its own cookies; the connection pool between them keeps none.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        base = f"http://127.0.0.1:{self._port}"
        self._http = httpx2.AsyncClient(base_url=base, trust_env=False, timeout=30, cookies=no_cookies)

    async def stop(self) -> None:
        await self._http.aclose()
        await self.engine.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    @property
    def port(self) -> int:
        return self._port

    @property
    def local(self) -> str:
        return f"http://localhost:{self._port}"

    async def send(self, method: str, url: str, *, origin: str = "", address: str | None = None, **more: Any) -> Answer:
        """One request at `origin` (the local one unless given); at the public one it comes as through a tunnel."""
        headers = {"host": urlsplit(origin or self.local).netloc, **more.pop("headers", {})}
        if address is not None:
            headers["x-forwarded-for"] = address
        sent = {name: value.encode("latin-1") for name, value in headers.items() if value != ""}
        return await self._http.request(method, url, headers=sent, **more)

    async def get(self, url: str, *, origin: str = "", **headers: str) -> Answer:
        return await self.send("GET", url, origin=origin, headers=headers)

    async def form(self, url: str, form: Mapping[str, str], *, origin: str = "", **headers: str) -> Answer:
        return await self.send("POST", url, origin=origin, data=dict(form), headers=headers)

    async def raw(self, request: bytes) -> bytes:
        """Bytes in, bytes out, until the other side closes or nothing more comes for a while."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(request)
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()

    def browser(self, *, public: bool = False, address: str | None = None, agent: str = CHROME) -> Browser:
        if public:
            return Browser(self, self.public_url, address or "203.0.113.7", agent)
        return Browser(self, self.local, None, agent)

    async def register(self, *, public: bool = False, redirect_uri: str = REDIRECT, name: str = "Strict") -> ChatApp:
        origin = self.public_url if public else self.local
        body = {"redirect_uris": [redirect_uri], "client_name": name, "token_endpoint_auth_method": "none"}
        answer = await self.send("POST", "/register", origin=origin, json=body)
        assert answer.status_code == 201, answer.text
        return ChatApp(self, origin, answer.json()["client_id"], redirect_uri)

    async def learn_own_network(self, address: str) -> None:
        """The self-probe comes back through the tunnel from this address."""
        await self.send("GET", "/health", headers={"homeport-probe": PROBE.hex(), "x-forwarded-for": address})

    async def approve(self, code: str, who: str = "me", **changes: bool) -> Any:
        given = {"read_only": False, "consent_in_browser": False, "other_network": False, **changes}
        return await self.engine.approve(code, who=who, **given)

    async def sign_in(self, app: ChatApp | None = None, *, who: str = "me", scope: str | None = None) -> Signed:
        """The whole way, from the link to tokens."""
        app = app or await self.register()
        browser = self.browser() if app.origin == self.local else self.browser(public=True)
        changes = {"scope": scope} if scope is not None else {}
        page = await browser.open(app.link(**changes))
        await self.approve(code_on(page), who, other_network=app.origin != self.local)
        code = await self.walk_back(app, browser, page)
        answer = await app.exchange(code)
        assert answer.status_code == 200, answer.text
        return Signed(app, browser, code, answer.json())

    async def walk_back(self, app: ChatApp, browser: Browser, page: Answer) -> str:
        """The page goes on by itself; returns the authorization code the client gets."""
        shown = await browser.get(page.request.url.path)
        assert shown.status_code == 200
        said = app.came_back(await browser.get(way_on(shown)))
        assert "error" not in said, said
        return said["code"]

    async def count(self, table: str) -> int:
        return len(await self.query(lambda tx: tx.all(f"SELECT * FROM {table}")))

    async def query(self, work: Any) -> Any:
        return await self.engine.rooms.database.transaction(work)

    async def everything_stored(self) -> str:
        """All rows of all tables, as text."""

        def work(tx: Transaction) -> str:
            names = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return "\n".join(repr([dict(row) for row in tx.all(f"SELECT * FROM {name}")]) for name in names)

        return str(await self.query(work))


def code_on(page: Answer) -> str:
    """The six digits a waiting page shows."""
    found = re.search(r'data-approval-code="(\d{6})"', page.text)
    assert page.status_code == 200, page.text[-600:]
    assert found is not None, page.text[-600:]
    return found[1]


def way_on(page: Answer) -> str:
    """Where the page's meta refresh leads."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.text)
    assert found is not None, page.text[-600:]
    return found[1]


@asynccontextmanager
async def open_door(
    folder: Path,
    *,
    public: bool = False,
    database_url: str = "",
    app: App | None = None,
    built_in: bool = False,
    clock: HandClock | None = None,
    options: Mapping[str, str] = NOTHING,
    environ: Mapping[str, str] = NOTHING,
    network: Network | None = None,
) -> AsyncIterator[Door]:
    """`options` are settings by field name, `environ` the process's environment, `network` the world outside.

    `built_in`: serves the app that Homeport brings along.
    """
    door = Door(
        folder / "data",
        clock or HandClock(),
        public=public,
        database_url=database_url,
        app=None if built_in else app or tiny_app(),
        options=options,
        environ=environ,
        network=network,
    )
    await door.start()
    try:
        yield door
    finally:
        await door.stop()
