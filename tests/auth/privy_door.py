"""A Homeport whose people sign in with an emulated Privy; browsers that hand over its tokens as the page does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.apps.app import App
from homeport.network import SystemNetwork
from tests.auth.door import Answer, Browser, ChatApp, Door, Signed, open_door
from tests.auth.outside import HandClock
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.mint import SignedIn

HERE = "/authorize/request/"


@dataclass
class PrivyDoor:
    """The door and the Privy behind it."""

    door: Door
    privy: PrivyEmulator

    async def knock(self, app: ChatApp, *, browser: Browser | None = None) -> tuple[Browser, str]:
        """A browser at the sign-in page: itself, and the path of its request."""
        browser = browser or self.door.browser(public=app.origin != self.door.local)
        page = await browser.open(app.link())
        assert page.status_code == 200, page.text
        assert 'id="sign-in"' in page.text
        return browser, str(page.request.url.path)

    async def hand_over(self, browser: Browser, path: str, person: SignedIn, **changes: Any) -> Answer:
        """What the page does with the tokens Privy gave it."""
        body = {"token": person.token, "identity_token": person.identity_token, **changes}
        return await hand_over(browser, path, {name: value for name, value in body.items() if value is not None})

    async def consent(self, app: ChatApp, browser: Browser, path: str, answer: str = "allow") -> dict[str, str]:
        """The person answers; what the client is told."""
        form = {"answer": answer, "write": "yes"}
        assert (await browser.send("POST", f"{path}/consent", form=form)).status_code == 303
        return app.came_back(await browser.get(f"{path}/continue"))

    async def sign_in(self, email: str, *, app: ChatApp | None = None, **changes: Any) -> Signed:
        """The whole way, from the link to tokens."""
        app = app or await self.door.register()
        browser, path = await self.knock(app)
        answer = await self.hand_over(browser, path, self.privy.sign_in(email), **changes)
        assert answer.status_code == 200, answer.text
        said = await self.consent(app, browser, path)
        exchanged = await app.exchange(said["code"])
        assert exchanged.status_code == 200, exchanged.text
        return Signed(app, browser, said["code"], exchanged.json())


async def hand_over(browser: Browser, path: str, body: Any) -> Answer:
    """A JSON POST as the sign-in page sends it."""
    sent = {"user-agent": browser.agent, "origin": browser.origin, "sec-fetch-site": "same-origin"}
    sent["cookie"] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return await browser.door.send(
        "POST", f"{path}/privy", origin=browser.origin, address=browser.address, json=body, headers=sent
    )


@asynccontextmanager
async def open_privy_door(
    folder: Path,
    *,
    app: App | None = None,
    privy: EmulatedApp | None = None,
    secret: str | None = None,
    **options: str,
) -> AsyncIterator[PrivyDoor]:
    """`options` are settings by field name, such as people="open"; `secret` is the right one unless it is given."""
    clock = HandClock()
    async with PrivyEmulator(privy or EmulatedApp(), clock=clock) as emulator:
        chosen: Mapping[str, str] = {"privy_app_id": emulator.app.app_id, "people": "open", **options}
        environ = {"PRIVY_APP_SECRET": emulator.app.app_secret if secret is None else secret}
        network = emulator.network(SystemNetwork())
        async with open_door(folder, app=app, clock=clock, options=chosen, environ=environ, network=network) as door:
            yield PrivyDoor(door, emulator)
