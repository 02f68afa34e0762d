"""Strangers ask and fail without end: the owner still signs in, live clients still call, tables stay small."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeport.approvals.desk import MOST_ENDED
from homeport.auth.authorization import MOST_STORED
from homeport.errors import WrongCode
from homeport.events import ApprovalRequested
from tests.auth.door import PUBLIC_URL, ChatApp, Door, code_on, open_door
from tests.auth.privy_door import open_privy_door


async def test_at_most_three_requests_wait_per_browser_network_and_the_oldest_offers_a_new_code(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path, public=True) as door:
        app = await door.register(public=True)
        first = door.browser(public=True, address="198.51.100.1")
        page = await first.open(app.link(state="first"))
        code, path = code_on(page), page.request.url.path
        for number in range(3):
            await door.browser(public=True, address="198.51.100.1").open(app.link(state=f"{number}"))
        assert [one.network for one in await door.engine.pending()] == ["198.51.100.1"] * 3
        page = await first.get(path)
        assert "Newer requests took its place" in page.text
        with pytest.raises(WrongCode):
            await door.approve(code, other_network=True)
        await first.post(f"{path}/code")
        assert code_on(await first.get(path)) != code
        assert len(await door.engine.pending()) == 3


async def test_ipv6_networks_are_counted_by_their_64_bits(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app = await door.register(public=True)
        for number in range(5):
            browser = door.browser(public=True, address=f"2001:db8:1:2::{number:x}")
            await browser.open(app.link(state=f"{number}"))
        assert [one.network for one in await door.engine.pending()] == ["2001:db8:1:2::/64"] * 3


async def test_the_last_hop_counts_since_only_the_tunnel_writes_it(tmp_path: Path) -> None:
    async with open_door(tmp_path, public=True) as door:
        app = await door.register(public=True)
        for number in range(5):
            browser = door.browser(public=True, address=f"10.9.8.{number}, 198.51.100.1")
            await browser.open(app.link(state=f"{number}"))
        assert [one.network for one in await door.engine.pending()] == ["198.51.100.1"] * 3


async def test_one_notification_a_minute_and_two_denials_silence_a_client_for_ten_minutes(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        loud, other = await door.register(name="Loud"), await door.register(name="Other")
        for number, (app, late, deny) in enumerate(
            [
                (loud, 0, True),
                (loud, 40, True),
                (loud, 40, False),
                (other, 0, False),
                (loud, 500, False),
                (loud, 61, False),
            ]
        ):
            door.clock.now += late
            await door.browser().open(app.link(state=f"{number}"))
            if deny:
                await door.engine.deny(None)
        asked = [event.notify for event in door.events if isinstance(event, ApprovalRequested)]
        assert asked == [True, False, False, True, False, True]


async def strangers(door: Door, app: ChatApp, numbers: range) -> None:
    """Browsers with a cookie from a thousand networks, and programs without one."""
    for number in numbers:
        door.clock.now += 0.05
        address = f"198.{number % 7}.{number % 11}.{number % 13}"
        if number % 5 == 0:
            await door.browser(public=True, address=address).get(app.link(state=f"s{number}"))
        else:
            browser = door.browser(public=True, address=address)
            browser.cookies["__Host-homeport"] = f"{number:043d}"
            await browser.get(app.link(state=f"s{number}"))


async def failing(door: Door, app: ChatApp, count: int) -> list[int]:
    """Requests at /token that cannot succeed."""
    statuses = []
    for number in range(count):
        if number % 2:
            answer = await app.refresh(f"guess{number}")
        else:
            answer = await app.exchange(f"guess{number}")
        statuses.append(answer.status_code)
        assert answer.json()["error"] == "invalid_grant"
    return statuses


async def test_the_owner_signs_in_and_a_live_client_goes_on_while_5000_strangers_ask_and_token_is_saturated(
    tmp_path: Path,
) -> None:
    async with open_door(tmp_path, public=True) as door:
        await door.learn_own_network("198.51.100.200")  # the tunnel marks what it brings: what it does not is from here
        live = await door.sign_in(await door.register(public=True))
        crowd = await door.register(public=True, name="Crowd")
        owner = await door.register(name="Mine")
        browser = door.browser()
        began = int(door.clock())  # before the code is made, whose five minutes are counted in whole seconds
        page = await browser.open(owner.link())
        code = code_on(page)
        flood = [asyncio.create_task(strangers(door, crowd, range(n, 5000, 5))) for n in range(5)]
        noise = [asyncio.create_task(failing(door, crowd, 150)) for _ in range(2)]
        refresh, access = live.refresh, live.access
        while not all(task.done() for task in (*flood, *noise)):
            assert (await live.app.call(access)).status_code == 200
            answer = await live.app.refresh(refresh)
            assert answer.status_code == 200
            refresh, access = answer.json()["refresh_token"], answer.json()["access_token"]
            page = await browser.get(page.request.url.path)
            if door.clock() < began + 299:  # seconds; a code lives as long
                assert code_on(page) == code
        for task in noise:
            assert set(await task) == {400}
        await asyncio.gather(*flood)
        # After all of it, the owner on this computer was never pushed out.
        if "Show a new code" in page.text:
            await browser.post(f"{page.request.url.path}/code")
            page = await browser.get(page.request.url.path)
        await door.approve(code_on(page))
        signed = await owner.exchange(await door.walk_back(owner, browser, page))
        assert (await owner.call(signed.json()["access_token"])).status_code == 200
        assert await door.count("authorization_requests") <= MOST_STORED + 31
        assert await door.count("approvals") <= MOST_ENDED + 60
        assert len(await door.engine.pending()) <= 30
        assert crowd.origin == PUBLIC_URL


async def test_a_flood_from_one_network_ends_no_sign_in_with_privy_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeport.auth.authorization.MOST_STORED", 20)
    async with open_privy_door(tmp_path, public_url=PUBLIC_URL) as at:
        app = await at.door.register(public=True)
        honest, path = await at.knock(app, browser=at.door.browser(public=True, address="203.0.113.9"))
        for number in range(40):
            await at.door.browser(public=True, address="198.51.100.1").open(app.link(state=f"{number}"))
        assert await at.door.count("authorization_requests") <= 20
        answer = await at.hand_over(honest, path, at.privy.sign_in("alice@example.com"))
        assert answer.status_code == 200, answer.text
