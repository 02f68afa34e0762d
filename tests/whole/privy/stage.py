"""Everything there is when somebody connects ChatGPT: a Homeport at its public https address, Privy, ChatGPT, Chromium.

Nothing of Homeport is replaced: the built page runs under its own policy and finds Privy at its real name. What the
browsers said, asked for and complained about is kept for the test to judge.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from httpcore2 import AnyIOBackend, AsyncNetworkStream
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from homeport.engine.engine import Engine
from homeport.settings import load_settings
from tests.browser.chromium import PATIENCE_MILLISECONDS, chromium
from tests.judges import chatgpt_host
from tests.judges.chatgpt_host import CLIENT_ID, CONNECT_PAGE, REDIRECT_URI, ChatGptHost
from tests.judges.in_process import PlayedNetwork
from tests.judges.node import HERE, node_program
from tests.judges.scene import StrictClient
from tests.judges.tls import Authority, reverse_proxy
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.program import free_ports

LOCAL = "127.0.0.1"
HOST = "home.example"
HOME = f"https://{HOST}"
POPUP = {"width": 480, "height": 600}
PHONE = {"width": 360, "height": 640}
NOTHING: Mapping[str, str] = MappingProxyType({})
# What a test makes Privy or Homeport refuse, the browser reports as a failed load.
REFUSED = ("Failed to load resource", "failed: ", "blocked by CORS policy")


class Outside(PlayedNetwork):
    """ChatGPT's host, and what runs on this computer."""

    async def resolve(self, host: str) -> list[str]:
        return [host] if host == LOCAL else await super().resolve(host)

    async def connect(self, address: str, port: int, *, timeout: float | None) -> AsyncNetworkStream:
        if address == LOCAL:
            return await AnyIOBackend().connect_tcp(address, port, timeout=timeout)
        return await super().connect(address, port, timeout=timeout)


@dataclass(slots=True)
class Watch:
    """A clock that goes right, or as many seconds `ahead` as a test says."""

    ahead: float = 0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Visitor:
    """Somebody with a browser profile of their own who uses ChatGPT in it."""

    stage: Stage
    context: BrowserContext
    judge: StrictClient
    complaints: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    client: Mapping[str, Any] = field(default_factory=lambda: {"clientId": CLIENT_ID, "redirect": REDIRECT_URI})
    _asked: bool = False
    _opener: Page | None = None

    def listen(self) -> None:
        """Hear everything in this profile, popups from their first byte on."""
        self.context.on("request", lambda one: self.requests.append(one))
        self.context.on("requestfailed", lambda one: self.complaints.append(f"failed: {one.url} {one.failure}"))
        self.context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))

        def note(line: ConsoleMessage) -> None:
            # ChatGPT's page here has no icon.
            if line.type in ("error", "warning") and not line.location["url"].endswith("/favicon.ico"):
                self.complaints.append(f"{line.type}: {line.text}")

        self.context.on("console", note)

    async def link(self) -> str:
        """The authorize URL of one more connection."""
        first, self._asked = not self._asked, True
        asked = self.judge.ask("connect", **self.client) if first else self.judge.ask("again", scope="read write")
        return str((await asked)["authorize"])

    async def connects(self, size: Mapping[str, int] = POPUP) -> Page:
        """Press Connect in ChatGPT; the answer is its popup, which shows Homeport."""
        url = await self.link()
        self._opener = await self.context.new_page()
        await self._opener.goto(f"{CONNECT_PAGE}?{urlencode({'authorize': url})}")
        async with self._opener.expect_popup() as opened:
            await self._opener.get_by_role("button", name="Connect").click()
        popup = await opened.value
        await popup.set_viewport_size(dict(size))  # type: ignore[arg-type]
        return popup

    async def sends_code(self, popup: Page, email: str) -> None:
        await popup.get_by_label("E-mail address").fill(email)
        await click(popup, "Send me a code")
        await popup.get_by_label("Code of six digits").wait_for()

    async def types_code(self, popup: Page, to: str) -> None:
        await popup.get_by_label("Code of six digits").fill(self.stage.privy.code_for(to))

    async def signs_in(self, popup: Page, email: str) -> None:
        """By e-mail, up to the page on which they consent."""
        await self.sends_code(popup, email)
        await self.types_code(popup, email)
        await self.is_asked(popup, email)

    async def is_asked(self, popup: Page, name: str, client: str = "ChatGPT") -> None:
        """The consent page is there and says who they are."""
        await popup.get_by_role("heading", name=f"Allow {client} to use").wait_for()
        await expect(popup.locator("dl.facts dd").first).to_contain_text(name)

    async def callback(self) -> str:
        """The URL that the popup came back to, as ChatGPT's page was told it."""
        assert self._opener is not None
        output = self._opener.locator("#callback")
        await expect(output).to_contain_text("state=", timeout=PATIENCE_MILLISECONDS)
        return await output.inner_text()

    async def answers(self, popup: Page, answer: str = "Allow") -> str:
        """The one act on the consent page, and the callback that follows."""
        url = await self.goes_back(popup, answer)
        await popup.close()
        return url

    async def goes_back(self, popup: Page, answer: str = "Allow") -> str:
        """The same with a popup that stays open."""
        await click(popup, answer)
        return await self.callback()

    async def allows(self, popup: Page) -> None:
        """Consent, and see ChatGPT use a tool."""
        await self.judge.ask("callback", url=await self.answers(popup))
        await self.judge.ask("call", tool="get-items")

    def no_complaints(self, *harmless: str) -> None:
        """The browser found nothing wrong."""
        left = [line for line in self.complaints if not any(part in line for part in harmless)]
        assert left == [], left


@dataclass
class Stage:
    engine: Engine
    privy: PrivyEmulator
    chatgpt: ChatGptHost
    browser: Browser
    folder: Path
    watch: Watch
    """Homeport's clock."""
    privys_watch: Watch
    _settings: Path
    _open: AsyncExitStack

    async def visitor(self, beside: Visitor | None = None, *, client: Mapping[str, Any] | None = None) -> Visitor:
        """Somebody new, or another account of ChatGPT in the same browser; `client` as the strict client connects."""
        context = await self.browser.new_context() if beside is None else beside.context
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        child = await self._open.enter_async_context(
            node_program(HERE / "strict_client.mjs", str(self._settings), folder=self.folder)
        )
        visitor = Visitor(self, context, StrictClient(child))
        if client is not None:
            visitor.client = client
        if beside is None:
            visitor.listen()
        return visitor

    def passes(self, seconds: float) -> None:
        """Time goes on, for Homeport and for Privy."""
        self.watch.ahead += seconds
        self.privys_watch.ahead += seconds

    def at_privy(self, pattern: str = "") -> list[str]:
        """What was asked at Privy's hosts so far, as `METHOD /path`, of those endpoints that match."""
        return [seen.request.endpoint for seen in self.privy.requests if re.search(pattern, seen.request.endpoint)]


@asynccontextmanager
async def stage(
    folder: Path, *, app: EmulatedApp | None = None, method: str = "private_key_jwt", **options: str
) -> AsyncIterator[Stage]:
    """`options` are settings by field name; `method` is how ChatGPT proves who it is."""
    authority, chatgpt = Authority(folder), ChatGptHost()
    watch, privys_watch = Watch(), Watch()
    async with AsyncExitStack() as open_:
        emulated = app or EmulatedApp(allowed_origins=[HOME])
        privy = await open_.enter_async_context(PrivyEmulator(emulated, clock=privys_watch))
        chatgpts = await open_.enter_async_context(authority.place(chatgpt_host.HOST, chatgpt.answer))
        (port,) = free_ports(1)
        given = {"data_dir": str(folder / "data"), "port": str(port), "public_url": HOME, "ephemeral": "true"}
        loaded = load_settings(
            options={**given, "privy_app_id": emulated.app_id, "people": "open", **options},
            environ={"PRIVY_APP_SECRET": emulated.app_secret},
            cwd=folder,
            serve=True,
        )
        network = privy.network(Outside(authority, chatgpts))
        engine = Engine(loaded, environ={}, clock=watch, network=network)
        open_.push_async_callback(engine.close)
        await engine.start()
        home = await open_.enter_async_context(authority.place(HOST, reverse_proxy(port)))
        settings = folder / "strict-client.json"
        settings.write_text(
            json.dumps(
                {
                    "mcpUrl": f"{HOME}/mcp",
                    "authority": str(authority.file),
                    "places": {home.host: home.port, chatgpts.host: chatgpts.port},
                    "privateJwk": chatgpt.private_jwk(),
                    "method": method,
                    "audience": "issuer",
                }
            )
        )
        browser = await open_.enter_async_context(chromium(*privy.chromium_args(home, chatgpts)))
        yield Stage(engine, privy, chatgpt, browser, folder, watch, privys_watch, settings, open_)
    assert chatgpt.complaints == []


async def click(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


def trouble(page: Page, code: str) -> Locator:
    """What the sign-in page says is in the way."""
    return page.locator(f"[role=alert][data-code={code}]")
