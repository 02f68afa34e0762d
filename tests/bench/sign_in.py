"""What a sign-in with Privy costs this server, beside one that the owner approves: the time in all of its requests.

Privy's keys and configuration are at hand, as they are after a start. What Privy itself takes is not counted.
"""

from __future__ import annotations

import logging
import re
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from homeport.listening import access_log
from tests.auth.door import Browser, ChatApp, Door, code_on, open_door
from tests.auth.privy_door import PrivyDoor, open_privy_door

SIGN_INS = 100
EMAIL = "bench@example.com"
_ASSETS = re.compile(r"/authorize/assets/[\w.-]+")


class _Milliseconds(logging.Handler):
    """Adds up what the access log says."""

    def __init__(self) -> None:
        super().__init__()
        self.sum = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        self.sum += record.__dict__["fields"]["ms"]


async def measure_sign_in(folder: Path, sign_ins: int = SIGN_INS) -> tuple[float, float]:
    """Median milliseconds of server time for a sign-in with Privy, and for one by the owner, taken in turns."""
    spent: tuple[list[float], list[float]] = ([], [])
    async with open_privy_door(folder / "privy") as at, open_door(folder / "owner") as door:
        # The client's registration and the first pages, which load templates, are no part of it.
        privys, owners = await at.door.register(), await door.register()
        await _by_privy(at, privys)
        await _by_the_owner(door, owners)
        for _ in range(sign_ins):
            with _counted(spent[0]):
                await _by_privy(at, privys)
            with _counted(spent[1]):
                await _by_the_owner(door, owners)
    return statistics.median(spent[0]), statistics.median(spent[1])


async def _by_privy(at: PrivyDoor, app: ChatApp) -> None:
    app = _anew(app)
    person = at.privy.sign_in(EMAIL)
    browser, path = await at.knock(app)
    page = await browser.get(path)
    for asset in set(_ASSETS.findall(page.text)):
        await browser.get(asset)
    assert (await at.hand_over(browser, path, person)).status_code == 200
    await _consent(app, browser, path)


async def _by_the_owner(door: Door, app: ChatApp) -> None:
    app = _anew(app)
    browser = door.browser()
    page = await browser.open(app.link())
    await door.approve(code_on(page), consent_in_browser=True)
    await _consent(app, browser, str(page.request.url.path))


async def _consent(app: ChatApp, browser: Browser, path: str) -> None:
    assert "Allow" in (await browser.get(path)).text
    await browser.post(f"{path}/consent", {"answer": "allow", "write": "yes"})
    said = app.came_back(await browser.get(f"{path}/continue"))
    assert (await app.exchange(said["code"])).status_code == 200


def _anew(app: ChatApp) -> ChatApp:
    """The same client with a request of its own."""
    return ChatApp(app.door, app.origin, app.client_id, app.redirect_uri)


@contextmanager
def _counted(into: list[float]) -> Iterator[None]:
    heard, level = _Milliseconds(), access_log.level
    access_log.addHandler(heard)
    access_log.setLevel(logging.INFO)
    try:
        yield
    finally:
        access_log.removeHandler(heard)
        access_log.setLevel(level)
    into.append(heard.sum)
