"""When Privy tokens must be gone: with the request or grant that held them, and with the setting that needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.auth.privy_door import PrivyDoor, open_privy_door
from tests.auth.test_privy_grants import HOUR, scene

ALICE = "alice@example.com"


async def _hands_over_all(at: PrivyDoor) -> tuple[str, str]:
    """A person at the consent page, or in front of the owner, whose tokens could be renewed: path and code page."""
    person = at.privy.sign_in(ALICE)
    browser, path = await at.knock(await at.door.register())
    more = {"refresh_token": person.refresh_token, "privy_access_token": person.privy_access_token}
    assert (await at.hand_over(browser, path, person, **more)).status_code == 200
    return path, (await browser.get(path)).text


@pytest.mark.parametrize("people", ["open", "invite"])
async def test_who_signs_in_and_goes_away_leaves_no_privy_token(people: str, tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true", people=people) as on:
        await _hands_over_all(on.at)
        await on.at.door.engine.housekeeping()
        assert await on.at.door.count("privy_sessions") == 1
        on.at.door.clock.now += 11 * 60
        await on.at.door.engine.housekeeping()
        assert await on.at.door.count("privy_sessions") == 0


async def test_a_code_that_nobody_trades_in_leaves_no_privy_token(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        app = await on.at.door.register()
        browser, path = await on.at.knock(app)
        assert (await on.at.hand_over(browser, path, on.at.privy.sign_in(ALICE))).status_code == 200
        await on.at.consent(app, browser, path)
        await on.at.door.engine.housekeeping()
        assert await on.at.door.count("privy_sessions") == 1
        on.at.door.clock.now += 2 * 60
        await on.at.door.engine.housekeeping()
        assert await on.at.door.count("privy_sessions") == 0


async def test_the_session_of_a_live_grant_stays(tmp_path: Path) -> None:
    async with scene(tmp_path) as on:
        signed = await on.at.sign_in(ALICE)
        on.at.door.clock.now += HOUR - 60
        await on.at.door.engine.housekeeping()
        assert await on.who(signed) == 200


async def test_once_tools_need_no_privy_token_none_is_kept(tmp_path: Path) -> None:
    async with scene(tmp_path, stay_signed_in="true") as on:
        await on.at.sign_in(ALICE)
        assert await on.at.door.count("privy_sessions") == 1
    async with open_privy_door(tmp_path) as at:
        await at.door.engine.housekeeping()
        assert await at.door.count("privy_sessions") == 0
