"""The pages under /authorize: one browser each, no frames, no foreign POST, and never a consent without a person."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from homeport.auth.endpoints.own_requests import REQUEST
from tests.auth.door import PUBLIC_URL, Answer, Browser, code_on, open_door, way_on

PAGE = re.compile(r"/authorize/request/[A-Za-z0-9_-]{32}")


def has_the_policy(page: Answer) -> None:
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    # A page with COOP would cut ChatGPT's popup off from its opener.
    assert "cross-origin-opener-policy" not in page.headers


async def test_the_pages_have_a_strict_csp_no_frames_and_no_coop(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        has_the_policy(await browser.get("/authorize"))  # an error page
        waiting = await browser.open(app.link())
        has_the_policy(waiting)
        await door.approve(code_on(waiting), consent_in_browser=True)
        path = waiting.request.url.path
        consent = await browser.get(path)
        assert "Allow changes" in consent.text
        has_the_policy(consent)
        assert (await browser.post(f"{path}/consent", {"answer": "deny"})).status_code == 303
        has_the_policy(await browser.get(path))
        has_the_policy(await door.browser().get(path))  # not this browser's page
        has_the_policy(await door.get("/"))


async def test_one_cookie_of_256_random_bits_is_set_once_and_never_replaced(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        first = await browser.get(app.link())
        name, value = next(iter(browser.cookies.items()))
        assert name == f"homeport_{door.port}"
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", value)
        assert first.headers["set-cookie"] == f"{name}={value}; Path=/authorize; HttpOnly; SameSite=Lax"
        page = await browser.open(first.headers["location"])
        for url in (app.link(state="another"), page.request.url.path, f"{page.request.url.path}/state"):
            assert "set-cookie" not in (await browser.get(url)).headers
        rows = await door.everything_stored()
        assert value not in rows


async def test_on_https_the_cookie_is_host_prefixed_and_secure(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app, browser = await door.register(public=True), door.browser(public=True)
        answer = await browser.get(app.link())
        line = answer.headers["set-cookie"]
        assert re.fullmatch(r"__Host-homeport=[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; SameSite=Lax", line)


async def test_a_browser_that_keeps_no_cookie_is_told_to_open_a_normal_window(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        answer = await browser.get(app.link())
        browser.cookies.clear()
        page = await browser.get(answer.headers["location"])
        assert page.status_code == 400
        assert "normal window" in page.text
        assert await door.count("authorization_requests") == 0


async def test_a_post_without_the_cookie_changes_nothing_and_says_how_to_go_on(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        code, path = code_on(page), page.request.url.path
        stranger = door.browser()
        for what in ("cancel", "code", "consent"):
            answer = await stranger.post(f"{path}/{what}", {"answer": "allow"})
            assert answer.status_code == 404
            assert "normal window" in answer.text
        assert code_on(await browser.get(path)) == code


async def test_a_page_belongs_to_the_browser_that_began_it(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, victim, attacker = await door.register(), door.browser(), door.browser()
        mine = await victim.open(app.link())
        theirs = await attacker.open(app.link(state="theirs"))
        path = theirs.request.url.path
        # A link to the attacker's request shows the victim nothing and continues nothing.
        for url in (path, f"{path}/continue"):
            answer = await victim.get(url)
            assert answer.status_code == 404
            assert code_on(theirs) not in answer.text
        assert (await victim.get(f"{path}/state")).status_code == 404
        await door.approve(code_on(theirs))
        assert (await victim.get(f"{path}/continue")).status_code == 404
        assert code_on(await victim.get(mine.request.url.path))


@pytest.mark.parametrize(
    ("origin", "site", "fine"),
    [
        ("own", "same-origin", True),
        ("own", "", True),
        ("", "same-origin", True),
        ("", "", False),
        ("null", "", False),
        ("null", "same-origin", False),
        ("https://attacker.example", "", False),
        ("https://attacker.example", "same-origin", False),
        ("own", "cross-site", False),
        ("own", "same-site", False),
        ("own", "none", False),
        ("http://127.0.0.1:{port}", "same-origin", False),
        ("http://localhost:1", "same-site", False),
        ("HTTP://localhost:{port}", "same-origin", False),
    ],
)
async def test_a_post_needs_our_origin_or_sec_fetch_site_and_neither_may_deny_it(
    tmp_path: Path, origin: str, site: str, fine: bool
) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        sent = door.local if origin == "own" else origin.format(port=door.port)
        answer = await browser.post(f"{page.request.url.path}/cancel", origin=sent, sec_fetch_site=site)
        assert answer.status_code == (303 if fine else 403)
        rows = await door.query(lambda tx: tx.all("SELECT state FROM authorization_requests"))
        assert [row["state"] for row in rows] == (["denied"] if fine else ["sign_in"])


async def test_a_post_is_answered_303_to_an_own_page_whose_meta_refresh_leads_to_the_redirect(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        answer = await browser.post(f"{page.request.url.path}/cancel")
        assert answer.status_code == 303
        assert answer.headers["location"] == page.request.url.path
        shown = await browser.get(answer.headers["location"])
        assert shown.status_code == 200
        back = await browser.get(way_on(shown))
        assert app.came_back(back) == {
            "error": "access_denied",
            "error_description": "The person did not allow this.",
            "state": app.state,
            "iss": door.local,
        }


async def consent_page(browser: Browser, path: str) -> Answer:
    page = await browser.get(path)
    assert 'name="answer" value="allow"' in page.text
    return page


async def test_no_authorization_ends_without_an_act_of_the_person(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        # The same person, the same browser, the same client, allowed a second ago: asked again all the same.
        for changes in ({}, {"prompt": "login"}, {"prompt": "consent"}, {"id_token_hint": signed.access}):
            page = await signed.browser.open(signed.app.link(state=f"again{len(changes)}", **changes))
            assert code_on(page)
            path = page.request.url.path
            assert (await signed.browser.get(f"{path}/continue")).status_code == 410
        assert await door.count("grants") == 1


async def test_consent_in_the_browser_is_the_persons_own_yes(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        await door.approve(code_on(page), "Friend", consent_in_browser=True)
        shown = await consent_page(browser, path)
        for word in ("Friend", "unverified name", "127.0.0.1", "reads", "changes", "can delete", "hello", "forget"):
            assert word in shown.text
        assert (await browser.get(f"{path}/continue")).status_code == 410
        for nothing in ({}, {"answer": ""}, {"answer": "maybe"}):
            await browser.post(f"{path}/consent", nothing)
            await consent_page(browser, path)
        await browser.post(f"{path}/consent", {"answer": "allow"})  # write is not ticked
        said = app.came_back(await browser.get(way_on(await browser.get(path))))
        answer = (await app.exchange(said["code"])).json()
        assert answer["scope"] == "read offline_access"
        assert (await app.call(answer["access_token"])).status_code == 200
        assert (await app.call(answer["access_token"], "note", text="x")).status_code == 403


async def test_remembered_consent_only_marks_what_is_new(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register()
        await door.sign_in(app, scope="read offline_access")
        browser = door.browser()
        page = await browser.open(app.link(state="again"))
        preview = await door.engine.preview_approval(code_on(page))
        assert {tool.name: tool.new for tool in preview.tools} == {"hello": False, "note": True, "forget": True}


async def test_the_browser_may_walk_back_again_for_a_minute_and_gets_the_same_answer(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        await door.approve(code_on(page))
        await browser.get(path)
        answers = await asyncio.gather(*(browser.get(f"{path}/continue") for _ in range(4)))
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert await door.count("grants") == 1
        door.clock.now += 60
        assert (await browser.get(f"{path}/continue")).status_code == 410


async def test_a_page_loaded_twice_is_one_request(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        await browser.get(app.link())
        pages = await asyncio.gather(*(browser.open(app.link()) for _ in range(5)))
        assert len({code_on(page) for page in pages}) == 1
        assert await door.count("authorization_requests") == 1


async def test_a_cookie_that_another_server_on_this_host_tossed_in_does_not_take_ours_away(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        name, ours = next(iter(browser.cookies.items()))
        for tossed in ("x", "y" * 43, '"quoted"', "a b", "\xff"):
            # RFC 6265 5.4: that of the longer path, ours, comes first.
            header = f"{name}={ours}; other=1; {name}={tossed}"
            answer = await browser.get(page.request.url.path, cookie=header)
            assert code_on(answer) == code_on(page)
        broken = await browser.get(page.request.url.path, cookie=f"{name}=x; {name}={ours}")
        assert code_on(broken) == code_on(page)


async def test_the_way_back_waits_ten_minutes_and_then_is_over(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        path = page.request.url.path
        door.clock.now += 600
        assert (await browser.get(path)).status_code == 410
        assert (await browser.get(f"{path}/state")).status_code == 404
        for what in ("cancel", "code", "consent"):
            assert (await browser.post(f"{path}/{what}", {"answer": "allow"})).status_code == 410


@pytest.mark.parametrize("path", ["x", "a" * 32, "%00", "%2e%2e", "%ff", "a" * 5000, "A" * 31 + "%0a"])
async def test_a_request_that_never_was_is_not_found(tmp_path: Path, path: str) -> None:
    async with open_door(tmp_path, public=True) as door:
        browser = door.browser(public=True)
        await browser.get((await door.register(public=True)).link())
        for suffix in ("", "/state", "/continue"):
            assert (await browser.get(f"{REQUEST}{path}{suffix}")).status_code == 404
        assert (await browser.post(f"{REQUEST}{path}/cancel")).status_code == 404
        assert browser.origin == PUBLIC_URL
