"""ChatGPT, its user's browser and a Homeport at a public https address behind a proxy: what the ChatGPT tests play in.

The client is oauth4webapi (`strict_client.mjs`), the browser is Chromium with ChatGPT's page and its popup, and
`chatgpt_host` is the host that Homeport fetches the client's document and keys from.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import BrowserContext, Page, expect

from homeport.tunnel import Tunnel
from tests.browser.chromium import PATIENCE_MILLISECONDS, chromium_window
from tests.browser.sign_in import read_code
from tests.child import Child
from tests.judges import chatgpt_host
from tests.judges.chatgpt_host import CONNECT_PAGE, ChatGptHost
from tests.judges.in_process import HomeportHere, PlayedNetwork, homeport_here
from tests.judges.node import HERE, node_program
from tests.judges.tls import Authority, Change, browser_flags, reverse_proxy, unchanged

HOST = "homeport.test"
PUBLIC_URL = f"https://{HOST}"


class JudgeFailed(AssertionError):
    """The strict client refused something: what it said, and OAuth's error code where there is one."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(json.dumps(answer))
        self.error = answer.get("error")


class StrictClient:
    def __init__(self, child: Child) -> None:
        self._child = child

    async def ask(self, command: str, **parameters: Any) -> Any:
        """Let it do one thing. Raises JudgeFailed when it will not have it."""
        read = len(self._child.output)
        await self._child.write(json.dumps({"command": command, **parameters}))
        line = await self._child.says(r"^\{.*\}$", after=read)
        answer = json.loads(line[0])
        if "answer" not in answer:
            raise JudgeFailed(answer)
        return answer["answer"]


@dataclass(slots=True)
class Scene:
    """ChatGPT, its user's browser, and a Homeport at a public address."""

    homeport: HomeportHere
    host: ChatGptHost
    browser: BrowserContext
    judge: StrictClient
    opener: Page | None = None

    async def popup(self, authorize_url: str) -> Page:
        """ChatGPT's page opens the authorize URL in a popup, as its Connect button does."""
        self.opener = await self.browser.new_page()
        await self.opener.goto(f"{CONNECT_PAGE}?{urlencode({'authorize': authorize_url})}")
        async with self.opener.expect_popup() as opened:
            await self.opener.get_by_role("button", name="Connect").click()
        return await opened.value

    async def callback(self) -> str:
        """The redirect URL, as the popup told it to the page that opened it."""
        assert self.opener is not None
        output = self.opener.locator("#callback")
        await expect(output).to_contain_text("state=", timeout=PATIENCE_MILLISECONDS)
        return await output.inner_text()

    async def approves(self, popup: Page) -> str:
        """The owner types the popup's code; the answer is the URL that ChatGPT's page got."""
        await self.homeport.approve(await read_code(popup), "--other-network")
        return await self.callback()


@asynccontextmanager
async def scene(
    folder: Path,
    *,
    method: str,
    audience: str = "issuer",
    change: Change = unchanged,
    host: ChatGptHost | None = None,
    tunnel: Tunnel | None = None,
    reached_at: int | None = None,
) -> AsyncIterator[Scene]:
    """`change` makes Homeport's answers wrong on their way out. `tunnel` leads here from the port `reached_at`."""
    authority, host = Authority(folder), host or ChatGptHost()
    async with authority.place(chatgpt_host.HOST, host.answer) as chatgpt:
        network = PlayedNetwork(authority, chatgpt)
        async with (
            homeport_here(folder, network, public_url=PUBLIC_URL, tunnel=tunnel) as homeport,
            authority.place(HOST, reverse_proxy(reached_at or homeport.port, change)) as public,
        ):
            settings = folder / "strict-client.json"
            settings.write_text(
                json.dumps(
                    {
                        "mcpUrl": homeport.mcp_url,
                        "authority": str(authority.file),
                        "places": {public.host: public.port, chatgpt.host: chatgpt.port},
                        "privateJwk": host.private_jwk(),
                        "method": method,
                        "audience": audience,
                    }
                )
            )
            async with (
                node_program(HERE / "strict_client.mjs", str(settings), folder=folder) as child,
                chromium_window(*browser_flags(public, chatgpt)) as browser,
            ):
                yield Scene(homeport, host, browser, StrictClient(child))
            assert host.complaints == []
