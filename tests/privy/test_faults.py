"""Being down in every way, for one endpoint, one host, or altogether, and coming back."""

from __future__ import annotations

import asyncio

import httpcore2
import httpx2
import pytest

from tests.privy.emulator import PrivyEmulator
from tests.privy.faults import GARBAGE, HANG, REFUSE, status
from tests.privy.visitors import API, AUTH, HOME, page, programs

INIT = "POST /api/v1/passwordless/init"
BODY = {"email": "owner@example.com"}


async def test_an_endpoint_answers_with_an_error_so_many_times() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        privy.down[INIT] = status(429, retry_after=2, times=2)
        for _ in range(2):
            answer = await visitor.post("/passwordless/init", BODY)
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
            assert answer.headers["access-control-allow-origin"] == HOME
        assert (await visitor.post("/passwordless/init", BODY)).status_code == 200


async def test_an_error_may_be_unreadable_for_pages() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        privy.down[INIT] = status(502, readable=False)
        assert "access-control-allow-origin" not in (await visitor.post("/passwordless/init", BODY)).headers


async def test_a_refusing_endpoint_cuts_the_connection_and_others_go_on() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        privy.down[INIT] = REFUSE
        with pytest.raises(httpx2.RemoteProtocolError):
            await visitor.post("/passwordless/init", BODY)
        assert (await visitor.ask("GET", f"/apps/{privy.app.app_id}")).status_code == 200
        assert privy.asked(INIT)[-1].status is None


async def test_a_hanging_endpoint_says_nothing() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        privy.down["GET /api/v1/apps/*"] = HANG
        asking = asyncio.create_task(visitor.ask("GET", f"/apps/{privy.app.app_id}", timeout=None))
        await privy.saw(f"GET /api/v1/apps/{privy.app.app_id}")
        assert not asking.done()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


async def test_garbage_is_no_json() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        privy.down["auth.privy.io"] = GARBAGE
        with pytest.raises(ValueError):
            (await visitor.post("/passwordless/init", BODY)).json()


async def test_a_host_that_is_down_refuses_on_every_way_in_until_it_is_back() -> None:
    async with PrivyEmulator() as privy, programs(privy) as client:
        keys = f"apps/{privy.app.app_id}/jwks.json"
        privy.down["api.privy.io"] = REFUSE
        with pytest.raises(httpx2.ProxyError):
            await client.get(f"{API}/{keys}")
        network = privy.network()
        (address,) = await network.resolve("api.privy.io")
        with pytest.raises(httpcore2.ConnectError):
            await network.connect(address, 443, timeout=1)
        assert (await client.get(f"{AUTH}/{keys}")).status_code == 200
        del privy.down["api.privy.io"]
        assert (await client.get(f"{API}/{keys}")).status_code == 200
