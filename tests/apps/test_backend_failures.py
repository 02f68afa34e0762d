"""What happens when the backend fails: what is tried again and when, how long it may take, what a model is told."""

from __future__ import annotations

import asyncio
import logging
from email.utils import formatdate

import httpcore2
import pytest

from homeport import ToolError
from homeport.apps.backend_errors import (
    BackendBusy,
    BackendFailed,
    BackendTimeout,
    BackendUnreachable,
    NotAllowed,
)
from homeport.apps.backend_pool import BackendLimits, BackendPool
from homeport.network import SystemNetwork
from homeport.outbound import http_client
from tests.apps.calling import ALICE, ByName, Scene, says_nothing_it_should_not, scene
from tests.backend.reference import Reply

BUSY = Reply(503)
FINE = Reply(200, {"fine": True})


async def by(at: Scene, method: str) -> object:
    match method:
        case "POST with a key":
            return await at.alice.post("x", json={}, idempotent=True)
        case "PATCH with a key":
            return await at.alice.patch("x", json={}, idempotent=True)
        case _:
            return await getattr(at.alice, method.lower())("x")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST with a key", "PATCH with a key"])
@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_what_may_be_done_twice_is_tried_again_while_the_failure_may_pass(method: str, status: int) -> None:
    async with scene(Reply(status), Reply(status), FINE) as at:
        assert await by(at, method) == {"fine": True}
    assert len(at.backend.seen) == 3
    assert len(at.pauses) == 2
    assert 0.1 <= at.pauses[0] <= 0.3
    assert 0.2 <= at.pauses[1] <= 0.6


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_what_may_not_be_done_twice_is_tried_once(method: str) -> None:
    async with scene(BUSY, FINE) as at:
        with pytest.raises(BackendFailed, match="look before trying again"):
            await by(at, method)
    assert len(at.backend.seen) == 1
    assert at.pauses == []
    assert "idempotency-key" not in at.backend.seen[0].headers


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 501])
async def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    async with scene(Reply(status), FINE) as at:
        with pytest.raises(ToolError):
            await at.alice.get("x")
    assert len(at.backend.seen) == 1


async def test_each_attempt_has_the_same_key_and_a_proof_of_its_own() -> None:
    async with scene(BUSY, BUSY, FINE, FINE) as at:
        await by(at, "POST with a key")
        await by(at, "POST with a key")
    keys = [seen.headers["idempotency-key"] for seen in at.backend.seen]
    assert len(keys[0]) >= 20
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert len({seen.bearer for seen in at.backend.seen}) == 4


async def test_after_three_attempts_the_failure_is_told() -> None:
    async with scene(BUSY, BUSY, BUSY, FINE) as at:
        with pytest.raises(BackendFailed, match="Try again in a minute") as refused:
            await at.alice.get("x")
    assert len(at.backend.seen) == 3
    assert says_nothing_it_should_not(refused.value)


async def test_the_backend_says_how_long_to_wait() -> None:
    async with scene(
        Reply(429, None, {"retry-after": "7"}), Reply(503, None, {"retry-after": formatdate(0)}), FINE
    ) as at:
        await at.alice.get("x")
    assert at.pauses[0] == 7
    assert at.pauses[1] <= 0.6


@pytest.mark.parametrize("wait", ["25", "99999999"])
async def test_a_wait_that_is_longer_than_the_call_may_take_is_the_models_to_wait(wait: str) -> None:
    async with scene(Reply(429, None, {"retry-after": wait}), FINE) as at:
        with pytest.raises(BackendBusy, match=f"in {wait} seconds"):
            await at.alice.get("x")
    assert at.pauses == []


@pytest.mark.parametrize("nonsense", ["soon", "-1", "1.5", "9" * 40, "\u00b2", ""])
async def test_a_wait_that_is_nonsense_counts_for_nothing(nonsense: str) -> None:
    async with scene(Reply(503, None, {"retry-after": nonsense}), FINE) as at:
        await at.alice.get("x")
    assert at.pauses[0] <= 0.3


async def test_a_connection_that_breaks_off_is_tried_again_where_that_is_safe() -> None:
    broken = Reply(200, {"a": "b" * 100}, breaks=True)
    async with scene(broken, FINE, broken) as at:
        assert await at.alice.get("x") == {"fine": True}
        with pytest.raises(BackendUnreachable, match="look before trying again"):
            await at.alice.post("x")
    assert len(at.backend.seen) == 3


async def test_a_backend_that_is_not_there_is_named_as_such_and_logged_with_the_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene() as at:
        await at.stop()
        with pytest.raises(BackendUnreachable, match="nothing was done") as refused:
            await at.alice.get("x")
        assert len(at.pauses) == 2
        assert at.credentials.proofs == 3
        with pytest.raises(BackendUnreachable):
            await at.alice.post("x")
        assert len(at.pauses) == 2
    assert says_nothing_it_should_not(refused.value)
    assert "cannot be reached: ConnectError" in caplog.text


async def test_a_backend_that_does_not_answer_costs_no_more_than_the_time_of_a_call(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with scene(Reply(hangs=True), Reply(hangs=True), call_seconds=0.2) as at:
        with pytest.raises(BackendTimeout, match=r"within 0\.2 seconds. Try again in a minute") as refused:
            await at.alice.get("x")
        with pytest.raises(BackendTimeout, match="look before trying again"):
            await at.alice.post("x", timeout=0.1)
    assert says_nothing_it_should_not(refused.value)
    assert "did not answer a GET" in caplog.text


async def test_a_connection_that_is_not_accepted_has_less_time_than_a_call() -> None:
    class Nowhere(SystemNetwork):
        """Packets to it are lost."""

        async def resolve(self, host: str) -> list[str]:
            return ["203.0.113.9"]

        async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
            patience.append(timeout)
            raise httpcore2.ConnectTimeout

    patience: list[float | None] = []
    http = http_client(Nowhere())
    pool = BackendPool("http://backend.example", ByName(), http, limits=BackendLimits(connect_seconds=0.5, attempts=1))
    with pytest.raises(BackendUnreachable):
        await pool.of(ALICE, "g").get("x")
    await http.aclose()
    assert len(patience) == 1
    assert patience[0] is not None
    assert 0 < patience[0] <= 0.5


async def test_only_so_many_calls_are_made_at_once_and_others_wait_for_their_turn() -> None:
    async with scene(at_once=3) as at:
        await asyncio.gather(*(at.alice.get("who") for _ in range(30)))
    assert len(at.backend.seen) == 30
    assert at.backend.busiest <= 3


async def test_whose_turn_does_not_come_in_time_is_told_to_come_back() -> None:
    async with scene(Reply(hangs=True), at_once=1) as at:
        first = asyncio.create_task(at.bob.get("x", timeout=5))
        await at.backend.hanging.wait()
        with pytest.raises(BackendBusy, match="Too many calls"):
            await at.alice.get("x", timeout=0.1)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await at.alice.get("who") == {"person": "anybody"}


async def test_what_is_told_of_a_refusal_is_not_logged_as_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    async with scene(Reply(403), Reply(500)) as at:
        with pytest.raises(NotAllowed):
            await at.alice.get("x")
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
        with pytest.raises(BackendFailed):
            await at.alice.get("x")
    assert "answered a GET with status 500" in caplog.text
