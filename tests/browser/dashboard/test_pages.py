"""Every page of the dashboard with what really happened on it: on a desk and a phone, in light and dark, for everybody.

With TESTS_SCREENSHOTS=FOLDER there are pictures as well, for people to look at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from playwright.async_api import expect

from tests.browser.axe import needs_axe, violations
from tests.browser.chromium import needs_chromium
from tests.browser.dashboard.opened import dashboard
from tests.browser.screens import picture, too_wide

pytestmark = needs_chromium

SCHEMES: dict[Literal["light", "dark"], tuple[str, ...]] = {"light": (), "dark": ("color-contrast",)}
"""What is asked of a page in each: all rules, and in dark what differs there."""


PAGES = {
    "Overview": "Connector URL",
    "Setup": "of 5 steps",
    "Waiting 1": "A client with a name",
    "People": "Last used",
    "Activity": "plant",
    "Tools": "Dig something up, for good.",
    "Folder": "No folder is shared",
    "Tunnel": "This month",
    "Doctor": "Examine this Homeport",
    "Privy": "Who may enter",
    "Settings": "homeport.toml",
    "Logs": "Only warnings and errors",
}
"""Each page in the menu, and words that are on it once its data is there."""


@needs_axe
async def test_every_page_shows_what_happened_fits_every_screen_and_keeps_nobody_out(tmp_path: Path) -> None:
    found: list[str] = []
    async with dashboard(tmp_path) as it:
        signed = await it.door.sign_in()
        await signed.app.call(signed.access, "plant", name="rose")
        await it.ask_to_be_let_in("A client with a name that is long enough to need two lines on a phone")
        page = it.page
        for name, words in PAGES.items():
            await page.set_viewport_size({"width": 1180, "height": 820})
            main = await it.turn_to(name, title=name.removesuffix(" 1"))
            await expect(main).to_contain_text(words)
            await expect(main.get_by_text("One moment…")).to_have_count(0)
            await expect(main.get_by_role("alert")).to_have_count(0)
            for scheme, rules in SCHEMES.items():
                await page.emulate_media(color_scheme=scheme)
                found += [f"{name}, {scheme}: {violation}" for violation in await violations(page, *rules)]
                await picture(page, f"dashboard-{name}-{scheme}")
            for width in (360, 700):
                if overflow := await too_wide(page, width, 740):
                    found.append(f"{name}: {overflow} pixels too wide at {width}")
                await picture(page, f"dashboard-{name}-{width}")
    assert found == []
