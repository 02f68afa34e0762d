"""Every page of the public listener in a real Chromium: on each screen, in light and dark, by keyboard, without script.

With TESTS_SCREENSHOTS=FOLDER there are pictures as well, for people to look at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.axe import needs_axe, violations
from tests.browser.chromium import PATIENCE_MILLISECONDS, chromium, complaints_of, needs_chromium
from tests.browser.keyboard import out_of_reach
from tests.browser.pages import PAGES, REDIRECT_URI, Visit, register
from tests.browser.screens import picture, too_wide
from tests.browser.sign_in import read_code
from tests.program import Homeport, running_homeport

pytestmark = needs_chromium

SCREENS = {"narrow": (320, 640), "phone": (360, 740), "popup": (500, 600), "desk": (1280, 800)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LONG_NAME = "Wide" * 16
HOSTILE_NAME = "<b>ChatGPT</b> ‮moc.tpgtahc <img src=x onerror=alert(1)>"

# What is read of a page in one go: each must be there exactly as often as the test says.
_STRUCTURE = """() => ({
  lang: document.documentElement.lang,
  title: document.title,
  headings: document.querySelectorAll("h1").length,
  mains: document.querySelectorAll("main").length,
  outside: [...document.body.children].filter(e => !["MAIN", "SCRIPT", "NOSCRIPT"].includes(e.tagName)).length,
  unnamed: [...document.querySelectorAll("button, a, input:not([type=hidden])")]
    .filter(e => !(e.innerText || e.labels?.length)).length,
  foreign: performance.getEntriesByType("resource").filter(e => !e.name.startsWith(location.origin)).length,
})"""


@asynccontextmanager
async def visit(browser: Browser, homeport: Homeport, *, name: str = "A client", **window: Any) -> AsyncIterator[Visit]:
    """A new browser profile with one window, which the block may send to pages."""
    context = await browser.new_context(**window)
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    try:
        yield Visit(homeport, await context.new_page(), await register(homeport, name))
    finally:
        await context.close()


@needs_axe
@pytest.mark.parametrize("name", PAGES)
async def test_a_page_fits_every_screen_and_keeps_nobody_out(tmp_path: Path, name: str) -> None:
    found: list[str] = []
    async with (
        running_homeport(tmp_path) as homeport,
        chromium() as browser,
        visit(browser, homeport, name=LONG_NAME) as someone,
    ):
        page = someone.page
        # Errors are answered 4xx, which Chromium reports; the page that goes back is held on purpose.
        complaints = complaints_of(page, harmless=["Failed to load resource", "/continue net::ERR_ABORTED"])
        await PAGES[name](someone)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            for screen, (width, height) in SCREENS.items():
                if overflow := await too_wide(page, width, height):
                    found.append(f"{screen}: {overflow} pixels too wide")
                await picture(page, f"{name}-{screen}-{scheme}")
            found += [f"{scheme}: {violation}" for violation in await violations(page)]
        structure = await page.evaluate(_STRUCTURE)
    assert found + complaints == []
    assert len(structure.pop("title")) > 5
    assert structure == {"lang": "en", "headings": 1, "mains": 1, "outside": 0, "unnamed": 0, "foreign": 0}


@pytest.mark.parametrize("name", ["waiting", "displaced", "consent", "going-back"])
async def test_the_keyboard_reaches_every_control_and_shows_where_it_is(tmp_path: Path, name: str) -> None:
    async with running_homeport(tmp_path) as homeport, chromium() as browser, visit(browser, homeport) as someone:
        await PAGES[name](someone)
        assert await someone.page.locator("button, a[href]").count()
        assert await out_of_reach(someone.page) == []


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_a_page_goes_on_by_itself_after_the_approval(tmp_path: Path, script: bool) -> None:
    async with (
        running_homeport(tmp_path) as homeport,
        chromium() as browser,
        visit(browser, homeport, java_script_enabled=script) as someone,
    ):
        page = someone.page
        await page.goto(someone.authorize_url())
        await homeport.approve(await read_code(page))
        # Nobody listens at the client's redirect URI: what counts is where the browser was sent.
        async with page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)) as sent:
            pass
        assert {"code", "state", "iss"} == query_names((await sent.value).url)


@pytest.mark.parametrize("away", ["bad-gateway", "no-connection"])
async def test_a_waiting_page_outlives_a_tunnel_that_is_away(tmp_path: Path, away: str) -> None:
    async def answer(route: Route) -> None:
        await (route.fulfill(status=502, body="Bad Gateway") if away == "bad-gateway" else route.abort())

    async with running_homeport(tmp_path) as homeport, chromium() as browser, visit(browser, homeport) as someone:
        page = someone.page
        await someone.waiting()
        code = await read_code(page)
        status = page.locator("p[role=status]")  # the code is an <output>, which is a status as well
        await expect(status).to_contain_text("goes on by itself")
        await page.route("**/state", answer)
        await expect(status).to_have_text(
            "Homeport does not answer. This page tries again by itself.", timeout=PATIENCE_MILLISECONDS
        )
        assert await read_code(page) == code
        await page.unroute("**/state")
        await expect(status).to_contain_text("goes on by itself", timeout=PATIENCE_MILLISECONDS)
        async with page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)):
            await homeport.approve(code)


@pytest.mark.parametrize("script", [True, False], ids=["with-script", "without-script"])
async def test_consent_in_the_browser_can_leave_out_changes(tmp_path: Path, script: bool) -> None:
    async with (
        running_homeport(tmp_path) as homeport,
        chromium() as browser,
        visit(browser, homeport, java_script_enabled=script) as someone,
    ):
        await someone.consent()
        page = someone.page
        for tool in ("get-items", "add-item", "perform-item-action"):
            await expect(page.get_by_role("listitem").filter(has_text=tool)).to_have_count(1)
        await page.get_by_role("checkbox", name="Allow changes").uncheck()
        async with page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)) as sent:
            await page.get_by_role("button", name="Allow", exact=True).click()
        assert {"code", "state", "iss"} == query_names((await sent.value).url)
        granted = await homeport.run("grants", "--json")
        assert '"read"' in granted
        assert '"write"' not in granted


async def test_a_no_on_the_page_goes_back_with_an_error(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport, chromium() as browser:
        for page_name, button in (("waiting", "Cancel"), ("consent", "Don’t allow")):
            async with visit(browser, homeport) as someone:
                await PAGES[page_name](someone)
                async with someone.page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)) as sent:
                    await someone.page.get_by_role("button", name=button).click()
                assert query_names((await sent.value).url) >= {"error", "state", "iss"}


async def test_a_displaced_page_gets_a_new_code_that_works(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport, chromium() as browser, visit(browser, homeport) as someone:
        await someone.displaced()
        await someone.page.get_by_role("button", name="Show a new code").click()
        code = await read_code(someone.page)
        async with someone.page.expect_request(lambda request: request.url.startswith(REDIRECT_URI)):
            await homeport.approve(code)


async def test_a_hostile_name_is_only_text(tmp_path: Path) -> None:
    async with (
        running_homeport(tmp_path) as homeport,
        chromium() as browser,
        visit(browser, homeport, name=HOSTILE_NAME) as someone,
    ):
        complaints = complaints_of(someone.page)
        await someone.waiting()
        assert await someone.page.locator("h1 b, h1 img, dd b, dd img").count() == 0
        await expect(someone.page.locator("h1")).to_contain_text("<b>ChatGPT</b>")
        assert "‮" not in await someone.page.content()
        await expect(someone.page.get_by_text("unverified name")).to_be_visible()
        assert complaints == []


async def test_the_page_of_another_browser_shows_nothing(tmp_path: Path) -> None:
    async with (
        running_homeport(tmp_path) as homeport,
        chromium() as browser,
        visit(browser, homeport) as someone,
        visit(browser, homeport) as stranger,
    ):
        await someone.waiting()
        answer = await stranger.page.goto(someone.page.url)
        assert answer is not None
        assert answer.status == 404
        await expect(stranger.page.locator("[data-approval-code]")).to_have_count(0)


def query_names(url: str) -> set[str]:
    names = [pair.partition("=")[0] for pair in url.partition("?")[2].split("&")]
    assert len(names) == len(set(names)), url
    return set(names)
