"""A backend that takes Privy's own tokens, where Homeport does not renew them: access ends with the token."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.backend.reference import ReferenceBackend, reachable
from tests.browser.chromium import needs_chromium
from tests.judges.node import needs_judges
from tests.judges.scene import JudgeFailed
from tests.whole.privy.stage import stage

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
HOUR = 3600


async def test_chatgpt_shows_its_sign_in_and_one_click_goes_on(tmp_path: Path) -> None:
    backend = ReferenceBackend()
    async with (
        reachable(backend) as url,
        stage(tmp_path, method="none", backend_url=f"{url}/v1", backend_auth="privy") as on,
    ):
        alice = await on.visitor()
        popup = await alice.connects()
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        first = on.privy.sessions.latest.token
        assert backend.seen[-1].bearer == first

        on.passes(HOUR + 1)
        with pytest.raises(JudgeFailed, match="401"):
            await alice.judge.ask("call", tool="get-items")
        with pytest.raises(JudgeFailed) as over:
            await alice.judge.ask("refresh", times=1)
        assert over.value.error == "invalid_grant"
        assert len(backend.seen) == 1

        # Nothing was typed and nothing chosen: the page had the session renewed, and asks for the one click.
        await alice.context.clock.set_fixed_time(on.watch())
        signed_in = on.at_privy("authenticate|passwordless")
        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        assert on.at_privy("authenticate|passwordless") == signed_in
        await alice.allows(popup)
        assert backend.seen[-1].bearer == on.privy.sessions.latest.token != first
        alice.no_complaints()
