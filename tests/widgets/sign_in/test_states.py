"""Every state of the sign-in page: it says what happened, fits phone and popup in light and dark, and keeps nobody out.

With HOMEPORT_TESTS_SCREENSHOTS=FOLDER there are pictures as well, for people to look at.
"""

from __future__ import annotations

from typing import Literal

import pytest

from tests.browser.axe import needs_axe, violations
from tests.browser.chromium import needs_chromium
from tests.browser.keyboard import out_of_reach
from tests.browser.screens import picture, too_wide
from tests.widgets.sign_in.states import STATES
from tests.widgets.sign_in.visit import visiting

pytestmark = needs_chromium

SCREENS = {"phone": (360, 640), "popup": (480, 600)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@needs_axe
@pytest.mark.parametrize("name", STATES)
async def test_a_state_says_what_it_is_fits_every_screen_and_keeps_nobody_out(name: str) -> None:
    state, found = STATES[name], []
    async with visiting(state.app(), places=state.places, harmless=state.harmless, **state.told) as visit:
        page = visit.page
        await page.set_viewport_size({"width": 480, "height": 600})
        await state.reach(visit)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            for screen, (width, height) in SCREENS.items():
                if overflow := await too_wide(page, width, height):
                    found.append(f"{screen}: {overflow} pixels too wide")
                await picture(page, f"sign-in-{name}-{screen}-{scheme}")
            found += [f"{scheme}: {violation}" for violation in await violations(page)]
        found += await out_of_reach(page)
    assert found == [], found
