"""Who may come, who comes back, and who comes as somebody else: always with one act of theirs on the consent page."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.axe import needs_axe
from tests.browser.chromium import needs_chromium
from tests.browser.sign_in import read_code
from tests.judges.chatgpt_host import REDIRECT_URI
from tests.judges.node import needs_judges
from tests.judges.scene import JudgeFailed
from tests.privy.oauth import ProviderAccount
from tests.whole.privy.looks import keeps_nobody_out
from tests.whole.privy.stage import REFUSED, click, stage, trouble

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
BOB = "bob@example.com"
ANOTHER = {
    "redirect": REDIRECT_URI,
    "register": {"client_name": "Another", "token_endpoint_auth_method": "none"},
}


async def test_who_comes_back_only_consents_and_may_come_as_somebody_else_or_say_no(tmp_path: Path) -> None:
    async with stage(tmp_path, method="none") as on:
        alice = await on.visitor()
        popup = await alice.connects()
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        await alice.judge.ask("call", tool="add-item", arguments={"title": "Milk for Alice"})

        # With a live session: nothing to do but to consent, for a second client as well.
        signed_in = len(on.at_privy("authenticate|passwordless|/sessions"))
        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)
        another = await on.visitor(beside=alice, client=ANOTHER)
        popup = await another.connects()
        await another.is_asked(popup, ALICE, "Another")
        await another.allows(popup)
        assert len(on.at_privy("authenticate|passwordless|/sessions")) == signed_in

        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        with pytest.raises(JudgeFailed) as denied:
            await alice.judge.ask("callback", url=await alice.answers(popup, "Don’t allow"))
        assert denied.value.error == "access_denied"

        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        await click(popup, "Use another account")
        await alice.signs_in(popup, BOB)
        await alice.allows(popup)
        assert "Milk" not in json.dumps(await alice.judge.ask("call", tool="get-items"))
        assert "Milk" in json.dumps(await another.judge.ask("call", tool="get-items"))
        assert len(on.at_privy("POST /api/v1/sessions/logout")) == 1
        alice.no_complaints()
        grants = await on.engine.grants()
        assert sorted(grant.client for grant in grants) == ["Another", "ChatGPT", "ChatGPT", "ChatGPT"]


@needs_axe
async def test_the_uninvited_are_let_in_by_the_code_on_their_page_and_the_invited_without_it(tmp_path: Path) -> None:
    async with stage(tmp_path, people="invite") as on:
        await on.engine.invite(BOB)
        bob = await on.visitor()
        popup = await bob.connects()
        await bob.signs_in(popup, BOB)
        await bob.allows(popup)
        bob.no_complaints()
        assert await on.engine.pending() == []

        # A name is what anybody chooses: what the owner is asked about begins with what Google vouched for.
        on.privy.accounts["google"] = (ProviderAccount("g-1", email=ALICE, name="The Owner's Mother"),)
        alice = await on.visitor()
        popup = await alice.connects()
        await click(popup, "Google")
        await popup.locator("#account-0").click()
        code = await read_code(popup)
        await expect(popup.get_by_text(f"{ALICE} (The Owner's Mother)")).to_be_visible()
        await keeps_nobody_out(popup, "admission")
        assert (await on.engine.preview_approval(code)).newcomer == f"{ALICE} (The Owner's Mother)"
        answer = await on.engine.approve(code, who="", read_only=False, consent_in_browser=False, other_network=True)
        assert answer.newcomer
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)
        popup = await alice.connects()
        await alice.is_asked(popup, ALICE)
        await alice.allows(popup)
        alice.no_complaints()

        # The owner says no.
        carol = await on.visitor()
        popup = await carol.connects()
        await carol.sends_code(popup, "carol@example.com")
        await carol.types_code(popup, "carol@example.com")
        await read_code(popup)
        await on.engine.deny(None)
        with pytest.raises(JudgeFailed) as denied:
            await carol.judge.ask("callback", url=await carol.callback())
        assert denied.value.error == "access_denied"
        carol.no_complaints()


@needs_axe
async def test_who_is_not_on_the_list_or_is_blocked_stays_out_and_may_come_as_somebody_else(tmp_path: Path) -> None:
    async with stage(tmp_path, people="bob@example.com,example.org") as on:
        visitor = await on.visitor()
        popup = await visitor.connects()
        await visitor.sends_code(popup, ALICE)
        await visitor.types_code(popup, ALICE)
        await expect(trouble(popup, "not_admitted")).to_contain_text(ALICE)
        await keeps_nobody_out(popup, "not-on-the-list")
        await click(popup, "Use another account")
        await visitor.signs_in(popup, BOB)
        await visitor.allows(popup)

        await on.engine.block_person(BOB)
        with pytest.raises(JudgeFailed):
            await visitor.judge.ask("call", tool="get-items")
        popup = await visitor.connects()
        await expect(trouble(popup, "not_admitted")).to_contain_text(BOB)
        with pytest.raises(JudgeFailed) as gone:
            await visitor.judge.ask("callback", url=await visitor.answers(popup, "Cancel"))
        assert gone.value.error == "access_denied"
        visitor.no_complaints(*REFUSED)


async def test_two_tabs_at_once_are_two_requests_and_may_be_two_people(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.privy.accounts["google"] = (ProviderAccount("g-1", email=ALICE), ProviderAccount("g-2", email=BOB))
        first = await on.visitor()
        second = await on.visitor(beside=first)
        tabs = [await first.connects(), await second.connects()]
        for tab in tabs:
            await click(tab, "Google")
            await tab.locator("#account-0").wait_for()
        await asyncio.gather(*(tab.locator(f"#account-{n}").click() for n, tab in enumerate(tabs)))
        await first.is_asked(tabs[0], ALICE)
        await second.is_asked(tabs[1], BOB)
        # Each on its own page, whatever the other does: one tab begins again in the middle.
        await asyncio.gather(first.allows(tabs[0]), second.allows(tabs[1]))
        await first.judge.ask("call", tool="add-item", arguments={"title": "Milk for Alice"})
        assert "Milk" not in json.dumps(await second.judge.ask("call", tool="get-items"))
        first.no_complaints()
