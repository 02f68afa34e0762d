"""What the frame tells on every page: how Homeport is, what was just done, and nothing twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from homeport.events import ToolCalled
from homeport.mcp_server.callers import PREVIEW_CLIENT
from tests.browser.axe import violations
from tests.browser.chromium import needs_chromium
from tests.browser.dashboard.opened import dashboard
from tests.browser.screens import picture, too_wide
from tests.tunnel.agents import TOKEN, FakeProgram

pytestmark = needs_chromium

COVERED = """() => {
  const side = document.querySelector('.side');
  const [said, frame] = [side.querySelector('.said'), side].map((each) => each.getBoundingClientRect());
  if (said.top < frame.top || said.left < frame.left || said.right > frame.right || said.bottom > frame.bottom)
    return ['the page'];
  const boxes = [...side.querySelectorAll('a, button, input')].filter((each) => each.checkVisibility());
  const under = boxes.filter((each) => {
    const box = each.getBoundingClientRect();
    const shown = Math.min(box.bottom, each.closest('nav')?.getBoundingClientRect().bottom ?? box.bottom);
    return box.left < said.right && box.right > said.left && box.top < said.bottom && shown > said.top;
  });
  return under.map((each) => each.textContent);
}"""
"""What is under the words about what was just done: nothing of the page, and no control of the frame."""


@pytest.mark.parametrize(("width", "height"), [(1180, 820), (1180, 480), (360, 740)])
async def test_what_was_just_done_is_told_where_no_control_is(tmp_path: Path, width: int, height: int) -> None:
    async with dashboard(tmp_path) as it:
        page = it.page
        await page.set_viewport_size({"width": width, "height": height})
        await page.get_by_role("button", name="Pause tools").click()
        told = page.get_by_text("Tools are paused. Sign-in stays alive.")
        await expect(told).to_be_in_viewport()
        await picture(page, f"dashboard-told-{width}-{height}")
        assert await page.evaluate(COVERED) == []
        frame = await page.get_by_role("banner").bounding_box()
        assert frame is not None
        assert frame["height"] <= max(100, height if width > 700 else 0), "and the frame is no larger for it"
        assert await too_wide(page, width, height) == 0


async def looked_at(page: Page, name: str) -> list[str]:
    """What axe and a phone complain of."""
    found: list[str] = []
    for scheme in ("light", "dark"):
        await page.set_viewport_size({"width": 1180, "height": 820})
        await page.emulate_media(color_scheme=scheme)
        found += [f"{scheme}: {violation}" for violation in await violations(page)]
        await picture(page, f"dashboard-{name}-{scheme}")
    if overflow := await too_wide(page, 360, 740):
        found.append(f"{overflow} pixels too wide")
    await picture(page, f"dashboard-{name}-360")
    await page.set_viewport_size({"width": 1180, "height": 820})
    return found


async def test_a_tunnel_that_failed_is_told_on_every_page_in_the_words_of_the_tray(tmp_path: Path) -> None:
    ngrok = FakeProgram(tmp_path / "bin")
    async with dashboard(tmp_path, environ=ngrok.environ) as it:
        page, engine = it.page, it.door.engine
        state = page.get_by_label("State")
        await expect(state).to_have_text("Online on this computer only")
        await expect(state).to_have_attribute("data-light", "attention")
        await engine.set_tunnel_token(TOKEN)
        await expect(state).to_contain_text("Online at ")
        await expect(state).to_have_attribute("data-light", "online")
        ngrok.steer(mode="quota")
        await engine.restart_tunnel()
        await expect(state).to_have_text("The tunnel failed: ChatGPT gets no answer")
        await expect(state).to_have_attribute("data-light", "error")
        cause = (await engine.status()).tunnel_state.cause
        await expect(page.get_by_text(cause)).to_have_count(1)
        await expect(it.section("Connector URL")).to_contain_text("Nobody gets through ngrok now.")
        assert await looked_at(page, "failed tunnel") == []
        await it.turn_to("Logs")
        await expect(state).to_have_text("The tunnel failed: ChatGPT gets no answer")
        await it.turn_to("Setup")
        await expect(page.get_by_role("heading", name="Give it a public address")).to_be_visible()
        await expect(page.get_by_text(cause)).to_have_count(1)
        assert await looked_at(page, "setup failed tunnel") == []


async def test_why_homeport_could_not_start_is_told_once_with_what_to_do(tmp_path: Path) -> None:
    async with dashboard(tmp_path, page="setup") as it:
        page, engine = it.page, it.door.engine
        await expect(page.get_by_role("heading", name="Homeport runs")).to_be_visible()
        await engine.stop()
        await expect(page.get_by_role("heading", name="Start Homeport")).to_be_visible()
        # The documentation's own network: no computer has an address of it.
        await engine.change_setting("host", '"192.0.2.1"')
        await page.get_by_role("button", name="Start", exact=True).click()
        await expect(page.get_by_label("State")).to_have_text("Homeport could not start")
        problem = (await engine.status()).problem
        await expect(page.get_by_text(problem)).to_have_count(1)
        await expect(page.get_by_text("Look at the log, then press Start.")).to_be_visible()
        assert await looked_at(page, "setup could not start") == []


async def test_a_call_of_the_owners_own_preview_is_marked_as_one(tmp_path: Path) -> None:
    async with dashboard(tmp_path) as it:
        signed = await it.door.sign_in()
        await signed.app.call(signed.access, "look")
        call = ToolCalled(
            time.time(),
            tool="plant",
            grant_id="",
            client_id=PREVIEW_CLIENT,
            person_id="tester",
            http=200,
            rpc=0,
            outcome="ok",
            milliseconds=1,
            arguments="",
        )
        it.door.engine.events.publish(call)
        await it.turn_to("Activity")
        calls = it.page.get_by_role("list", name="Activity").get_by_role("listitem")
        await expect(calls.filter(has_text="plant")).to_contain_text("Preview as tester")
        await expect(calls.filter(has_text="look").first).not_to_contain_text("Preview")
