"""The frame of the dashboard in a real Chromium, behind the real control listener and its strict content policy: its
session, an engine in any state, and one that does not answer. What the pages do is in tests/browser/dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import Literal

import pytest
from playwright.async_api import Page, ViewportSize, expect

from homeport.engine.first_times import STEPS
from homeport.engine.protocol import ApprovalPreview, AppStatus, Step, TunnelStatus
from tests.browser.chromium import chromium_window, complaints_of, needs_chromium
from tests.widgets.engine import ASKING, ONLINE, Door, StandingEngine, control_listener

PHONE = ViewportSize(width=360, height=740)

pytestmark = needs_chromium


@asynccontextmanager
async def open_dashboard(engine: StandingEngine) -> AsyncIterator[tuple[Page, Door]]:
    """The page as `homeport open` shows it; the test fails on anything that the browser complained about."""
    async with control_listener(engine) as door, chromium_window() as context:
        page = await context.new_page()
        # What the server refuses is part of some tests; what the content policy refuses never is.
        complaints = complaints_of(page, harmless=("Failed to load resource", "failed: "))
        foreign: list[str] = []
        page.on("request", lambda request: None if request.url.startswith(door.url) else foreign.append(request.url))
        await page.goto(door.fresh_link())
        yield page, door
        assert complaints == []
        assert foreign == []


async def test_a_fresh_link_opens_a_session_that_survives_a_reload_and_leaves_no_code_in_the_address() -> None:
    async with open_dashboard(StandingEngine()) as (page, door):
        await expect(page.get_by_label("State")).to_have_text("Online at door.example.com")
        assert page.url == door.url
        await page.reload()
        await expect(page.get_by_label("State")).to_have_text("Online at door.example.com")


async def test_a_page_without_a_session_says_how_to_open_one() -> None:
    async with control_listener(StandingEngine()) as door, chromium_window() as context:
        page = await context.new_page()
        await page.goto(door.url)
        await expect(page.get_by_text("homeport open")).to_be_visible()
        await expect(page.get_by_role("navigation")).to_have_count(0)
        await expect(page.get_by_role("status")).to_contain_text("no session")


async def test_a_link_that_was_used_says_so() -> None:
    async with control_listener(StandingEngine()) as door, chromium_window() as context:
        link = door.fresh_link()
        first = await context.new_page()
        await first.goto(link)
        await expect(first.get_by_label("State")).to_have_text("Online at door.example.com")
        await first.evaluate("localStorage.clear()")
        second = await context.new_page()
        await second.goto(link)
        await expect(second.get_by_role("status")).to_contain_text("used already")
        await expect(second.get_by_text("homeport open", exact=True)).to_be_visible()


async def test_a_session_of_an_earlier_run_is_dropped() -> None:
    async with open_dashboard(StandingEngine()) as (page, _):
        await expect(page.get_by_label("State")).to_have_text("Online at door.example.com")
        await page.evaluate("localStorage.setItem('homeport.session', 'of-an-earlier-run')")
        await expect(page.get_by_text("This page has no session")).to_be_visible()
        assert await page.evaluate("localStorage.getItem('homeport.session')") is None


async def test_it_shows_the_url_to_paste_who_reaches_it_and_how_many_tools_there_are() -> None:
    async with open_dashboard(StandingEngine()) as (page, _):
        connector = page.get_by_role("region", name="Connector URL")
        await expect(connector).to_contain_text("https://door.example.com/mcp")
        await expect(connector).to_contain_text("Public")
        await expect(connector.get_by_role("list", name="Apps")).to_have_text("Items 6 tools")


async def test_the_copy_button_copies_the_url_to_paste() -> None:
    async with open_dashboard(StandingEngine()) as (page, door):
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=door.url.rstrip("/"))
        await page.get_by_role("button", name="Copy", exact=True).click()
        await expect(page.get_by_role("region", name="Connector URL").get_by_role("status")).to_have_text("Copied")
        assert await page.evaluate("navigator.clipboard.readText()") == ONLINE.connector_url


async def test_without_a_tunnel_it_says_that_chatgpt_cannot_reach_the_url() -> None:
    local = replace(ONLINE, public_url="", connector_url=ONLINE.local_url, tunnel="none")
    async with open_dashboard(StandingEngine(local)) as (page, _):
        connector = page.get_by_role("region", name="Connector URL")
        await expect(connector).to_contain_text("Local only")
        await expect(connector).to_contain_text("http://localhost:3002/mcp")


@pytest.mark.parametrize(
    ("stable", "words"), [(True, "Nobody is signed out."), (False, "everybody must sign in again")]
)
async def test_what_a_stop_costs_is_said_before_it(stable: bool, words: str) -> None:
    tunnel = TunnelStatus(provider="cloudflared", state="up", public_url=ONLINE.public_url, stable=stable)
    engine = StandingEngine(replace(ONLINE, tunnel_state=tunnel))
    async with open_dashboard(engine) as (page, _):
        await page.get_by_role("button", name="Stop").click()
        await expect(page.get_by_role("dialog")).to_contain_text(words)
        await page.keyboard.press("Escape")
        await page.get_by_role("navigation").get_by_role("link", name="Tunnel").click()
        await page.get_by_role("button", name="Open anew").click()
        await expect(page.get_by_role("dialog")).to_contain_text(words)


@pytest.mark.parametrize(
    ("open_steps", "words"),
    [
        ({"sign-in", "tool-call", "widget-called"}, "ChatGPT does not work with this Homeport yet."),
        ({"tunnel"}, "ChatGPT gets no answer from this Homeport now."),
        ({"widget-fetched", "widget-started"}, None),
        (set(), None),
    ],
)
async def test_the_next_step_is_named_until_a_tool_was_called(open_steps: set[str], words: str | None) -> None:
    engine = StandingEngine()
    engine.steps = [Step(name, name, "now" if name in open_steps else "done", 0, "", "") for name in STEPS]
    async with open_dashboard(engine) as (page, _):
        menu = page.get_by_role("navigation")
        await menu.get_by_role("link", name="Tunnel").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Tunnel")
        async with page.expect_response(lambda answer: answer.url.endswith("/checklist")) as answer:
            await menu.get_by_role("link", name="Overview").click()
        await (await answer.value).finished()
        notice = page.get_by_role("main").locator(".notice")
        if words is None:
            await expect(notice).to_have_count(0)
        else:
            await expect(notice).to_contain_text(words)


async def test_problems_and_warnings_are_announced() -> None:
    broken = AppStatus("Recipes", "/recipes/mcp", "https://door.example.com/recipes/mcp", 1, "app.py, line 3: no app")
    ill = replace(
        ONLINE, state="error", problem="The tunnel is down.", warnings=["Secrets are in a file."], apps=[broken]
    )
    async with open_dashboard(StandingEngine(ill)) as (page, _):
        await expect(page.get_by_label("State")).to_have_text("Homeport could not start")
        await expect(page.get_by_role("alert")).to_have_text(["The tunnel is down.", "app.py, line 3: no app"])
        await expect(page.get_by_role("list", name="Warnings")).to_have_text("Secrets are in a file.")


async def test_a_waiting_request_shows_who_asks_and_where_to_type_its_code_and_no_code() -> None:
    async with open_dashboard(StandingEngine(requests=(ASKING,))) as (page, _):
        waiting = page.get_by_role("region", name="Waiting for you")
        await expect(waiting.get_by_label("The code that the browser shows")).to_have_value("")
        request = waiting.get_by_role("listitem")
        for shown in ("3", "ChatGPT", "chatgpt.com", "75 s ago", "192.0.2.7", "not this computer", "Firefox on Linux"):
            await expect(request).to_contain_text(shown)
        await expect(request).not_to_contain_text("unverified")
        await expect(page).to_have_title("(1) Homeport")


async def test_a_request_that_comes_later_appears_by_itself_and_its_foreign_name_is_only_text() -> None:
    engine = StandingEngine()
    async with open_dashboard(engine) as (page, _):
        await expect(page.get_by_text("Nothing waits.")).to_be_visible()
        engine.requests = [replace(ASKING, client="<img src=x onerror=alert(1)>", client_verified=False)]
        request = page.get_by_role("region", name="Waiting for you").get_by_role("listitem")
        await expect(request).to_contain_text("<img src=x onerror=alert(1)> unverified name")
        assert await page.locator("img").count() == 0


async def test_somebody_who_signed_in_is_let_in_as_who_they_are_and_not_by_default() -> None:
    engine = StandingEngine(requests=(replace(ASKING, kind="new-person"),))
    (request,) = engine.requests
    engine.previews["428193"] = ApprovalPreview(
        request, ["read"], [], "Whoever sent you …", True, [], "<b>A friend</b>"
    )
    async with open_dashboard(engine) as (page, _):
        await expect(page.get_by_text("Somebody who signed in and is not invited")).to_be_visible()
        await page.get_by_label("The code that the browser shows").fill("428193")
        asked = page.get_by_role("group", name="<b>A friend</b> signed in and asks to be let in, to use ChatGPT here")
        await expect(asked).to_contain_text("Allow <b>A friend</b> to enter, now and later?")
        await expect(asked.get_by_role("radio")).to_have_count(0)
        allow = asked.get_by_role("button", name="Allow")
        assert await allow.get_attribute("class") == "second"
        await allow.click()
        await expect(asked.get_by_role("alert")).to_contain_text("another network")
        await asked.get_by_label("I know this person").check()
        await allow.click()
        await expect(page.get_by_text("<b>A friend</b> may enter from now on.").first).to_be_visible()
        assert engine.approved == [("", True)]


async def test_deny_works_with_the_keyboard_alone() -> None:
    engine = StandingEngine(requests=(ASKING, replace(ASKING, number=4, client="Another")))
    async with open_dashboard(engine) as (page, _):
        deny = page.get_by_role("button", name="Deny request 4")
        await expect(deny).to_be_visible()
        while not await deny.evaluate("button => button === document.activeElement"):
            await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(deny).to_have_count(0)
        assert [request.number for request in engine.requests] == [3]


async def test_denying_what_is_gone_already_says_so() -> None:
    engine = StandingEngine(requests=(ASKING,))
    async with open_dashboard(engine) as (page, _):
        await page.route("**/api/pending", lambda route: route.fulfill(json=[asdict(ASKING)]))
        engine.requests = []
        await page.get_by_role("button", name="Deny request 3").click()
        await expect(page.get_by_role("alert")).to_have_text("No request 3 waits.")


async def test_a_listener_that_goes_away_is_noticed_and_the_last_view_stays() -> None:
    engine = StandingEngine()
    async with open_dashboard(engine) as (page, _):
        await expect(page.get_by_label("State")).to_have_text("Online at door.example.com")
        await page.route("**/api/**", lambda route: route.abort())
        await expect(page.get_by_role("alert")).to_contain_text("does not answer")
        await expect(page.get_by_label("State")).to_have_text("Not answering")
        await expect(page.get_by_text(ONLINE.connector_url, exact=True)).to_be_visible()
        await page.unroute("**/api/**")
        await expect(page.get_by_label("State")).to_have_text("Online at door.example.com")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_phone_and_follows_the_colour_scheme(scheme: Literal["light", "dark"]) -> None:
    long_name = replace(ASKING, client="A" * 90, client_verified=False)
    warned = replace(ONLINE, warnings=["The folder /" + "home" * 40 + " is open to others."], problem="x" * 200)
    async with open_dashboard(StandingEngine(warned, requests=(long_name,))) as (page, _):
        await page.set_viewport_size(PHONE)
        await page.emulate_media(color_scheme=scheme)
        await expect(page.get_by_role("button", name="Deny request 3")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        brightness = sum(int(part) for part in background.partition("(")[2].rstrip(")").split(",")[:3])
        assert (brightness > 382) == (scheme == "light")
