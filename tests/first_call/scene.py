"""A computer on which Homeport was never started: an empty home, a desktop session with a keyring, and a browser.

ngrok's agent is on it, ChatGPT and ngrok's servers are on the Internet, and the person has a token at hand.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import BrowserContext, Page

from tests.browser.chromium import chromium_window
from tests.child import Child, child_process
from tests.desktop.desktop import Desktop
from tests.desktop.session import session_bus
from tests.first_call.chatgpt import ChatGpt
from tests.first_call.internet import piped_to, proxy_to
from tests.first_call.person import Person
from tests.judges import chatgpt_host
from tests.judges.chatgpt_host import ChatGptHost
from tests.judges.node import HERE, node_program
from tests.judges.scene import StrictClient
from tests.judges.tls import Authority, browser_flags
from tests.program import free_ports
from tests.tunnel.agents import TOKEN, FakeProgram

NAME = "careful-heron-42.ngrok-free.dev"
"""The name that ngrok gave to the account."""


@dataclass
class Scene:
    """`homeport` starts it; the person is whoever sits here."""

    desktop: Desktop
    ngrok: FakeProgram
    public_port: int
    browser: BrowserContext
    chatgpt: ChatGpt

    def person(self, *, token: str = TOKEN) -> Person:
        return Person(clipboard=token)

    @asynccontextmanager
    async def homeport(self, *more: str) -> AsyncIterator[Child]:
        """The first launch: with nothing but free ports, as several tests may run at once. Ends as by Quit."""
        ports = ("--port", str(self.desktop.port), "--control-port", str(self.desktop.control_port))
        command = (sys.executable, "-W", "error", "-m", "homeport", *ports, *more)
        async with child_process(
            *command, environment=self.desktop.environment, folder=self.desktop.folder, name="homeport"
        ) as child:
            try:
                yield child
            except BaseException as error:
                error.add_note(f"homeport said:\n{child.output}")
                raise
            assert await child.terminate() == 0, child.output
            assert "Traceback" not in child.output, child.output

    async def page(self) -> Page:
        """The page that Homeport opened in the browser last, opened."""
        opened = (await self.desktop.browser.opens())[-1]
        self.desktop.browser.forget()
        file = self.desktop.folder / "opened.html"
        file.write_text(opened, encoding="utf-8")
        page = await self.browser.new_page()
        await page.goto(file.as_uri())
        await page.wait_for_url("http://127.0.0.1:*/**")
        return page

    def steer(self, **how: object) -> None:
        """How ngrok's agent is from its next start on, and ngrok's servers with it."""
        self.ngrok.steer(public_port=self.public_port, **how)


@asynccontextmanager
async def a_computer(folder: Path, *, keyring: bool = True) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        address = await enter(session_bus(folder))
        desktop = Desktop(folder, address)
        environment = desktop.environment
        del environment["HOMEPORT_EPHEMERAL"]
        if keyring:
            await _unlock_keyring(desktop)

        authority, host = Authority(folder), ChatGptHost()
        (public_port,) = free_ports(1)
        places = [
            await enter(authority.place(chatgpt_host.HOST, host.answer)),
            await enter(authority.place(NAME, piped_to(public_port))),
        ]
        proxy = await enter(proxy_to(places))
        ngrok = FakeProgram(folder / "bin")
        environment |= {
            # With no other agent that the machine of the tests may have.
            "PATH": os.pathsep.join((str(ngrok.folder), "/usr/bin", "/bin")),
            "HTTPS_PROXY": proxy,
            "SSL_CERT_FILE": str(authority.file),
        }
        settings = folder / "strict-client.json"
        settings.write_text(
            json.dumps(
                {
                    "authority": str(authority.file),
                    "places": {place.host: place.port for place in places},
                    "privateJwk": host.private_jwk(),
                    "method": "private_key_jwt",
                    "audience": "issuer",
                }
            )
        )
        client = StrictClient(await enter(node_program(HERE / "strict_client.mjs", str(settings), folder=folder)))
        browser = await enter(chromium_window(*browser_flags(*places)))
        await browser.grant_permissions(["clipboard-read", "clipboard-write"])
        scene = Scene(desktop, ngrok, public_port, browser, ChatGpt(host, client))
        scene.steer()
        yield scene
        assert host.complaints == []


async def _unlock_keyring(desktop: Desktop) -> None:
    """gnome-keyring goes on in the background once it is ready, and ends with the bus."""
    runtime, password = desktop.folder / "runtime", desktop.folder / "password"
    runtime.mkdir(mode=0o700)
    password.write_text("test")
    desktop.environment["XDG_RUNTIME_DIR"] = str(runtime)
    unlock = 'gnome-keyring-daemon --unlock --components=secrets --daemonize < "$0" > /dev/null 2>&1'
    async with child_process(
        *("sh", "-c", unlock, password), environment=desktop.environment, folder=desktop.folder, name="gnome-keyring"
    ) as keyring:
        assert await keyring.ends() == 0, keyring.output
