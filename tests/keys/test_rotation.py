"""Replacing the keys we sign with, without anybody noticing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from homeport.errors import VaultError
from homeport.keys.signing import ANNOUNCE_BEFORE, DAY, KEEP_AFTER, ROTATE_AFTER, InvalidToken
from tests.keys.fetching import FakeClock
from tests.keys.our_keys import CLAIMS, a_vault, fresh, kid_of, kids

ACCESS_TOKEN_LIFE = 12 * 3_600


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_two_replacements_at_once_announce_one_key(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    clock.advance(ROTATE_AFTER)
    await asyncio.gather(keys.rotate_if_due(), keys.rotate_if_due(), keys.rotate_if_due())
    assert len(kids(keys)) == 2
    assert kids(await fresh(tmp_path, clock)) == kids(keys)


async def test_nothing_changes_before_a_key_is_due(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    before = (tmp_path / "secrets.json").read_bytes()
    clock.advance(ROTATE_AFTER - ANNOUNCE_BEFORE - 1)
    await keys.rotate_if_due()
    assert (tmp_path / "secrets.json").read_bytes() == before


async def test_a_new_key_is_published_a_day_before_it_signs(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    (first,) = kids(keys)
    clock.advance(ROTATE_AFTER - ANNOUNCE_BEFORE)
    await keys.rotate_if_due()
    second, still_first = kids(keys)
    assert still_first == first
    for _ in range(24):
        assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) == first
        await keys.rotate_if_due()
        assert len(kids(keys)) == 2
        clock.advance(DAY / 24)
    assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) == second


async def test_a_client_that_cached_the_set_for_a_day_never_meets_an_unknown_key(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = await fresh(tmp_path, clock)
    cached, cached_at = kids(keys), clock.now
    for _ in range(24 * 200):
        clock.advance(3_600)
        await keys.rotate_if_due()
        if clock.now - cached_at >= DAY - 3_600:
            cached, cached_at = kids(keys), clock.now
        assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) in cached


async def test_a_token_signed_just_before_a_replacement_verifies_to_the_end_of_its_life(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = await fresh(tmp_path, clock)
    clock.advance(ROTATE_AFTER - ANNOUNCE_BEFORE)
    await keys.rotate_if_due()
    clock.advance(ANNOUNCE_BEFORE - 1)
    token = keys.sign(CLAIMS, typ="at+jwt")
    clock.advance(1)
    assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) != kid_of(token)
    for _ in range(12):
        await keys.rotate_if_due()
        assert keys.verify(token, typ="at+jwt") == CLAIMS
        restarted = await fresh(tmp_path, clock)
        assert restarted.verify(token, typ="at+jwt") == CLAIMS
        clock.advance(ACCESS_TOKEN_LIFE / 12)


async def test_a_former_key_loses_its_private_half_at_once_and_goes_when_nothing_needs_it(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = await fresh(tmp_path, clock)
    (first,) = kids(keys)
    token = keys.sign(CLAIMS, typ="at+jwt")
    clock.advance(ROTATE_AFTER - ANNOUNCE_BEFORE)
    await keys.rotate_if_due()
    clock.advance(ANNOUNCE_BEFORE)
    await keys.rotate_if_due()
    stored = json.loads((await a_vault(tmp_path)).get("signing-keys") or "")
    assert ["d" in entry["jwk"] for entry in stored["keys"]] == [False, True]
    clock.advance(KEEP_AFTER - 1)
    await keys.rotate_if_due()
    assert keys.verify(token, typ="at+jwt") == CLAIMS
    clock.advance(1)
    await keys.rotate_if_due()
    assert first not in kids(keys)
    with pytest.raises(InvalidToken):
        keys.verify(token, typ="at+jwt")


async def test_the_set_never_grows_over_ten_years(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    seen = set()
    for _ in range(3_650):
        clock.advance(DAY)
        await keys.rotate_if_due()
        seen.update(kids(keys))
        assert len(kids(keys)) <= 4
    assert 40 <= len(seen) <= 42


async def test_after_a_year_of_sleep_the_old_key_signs_until_the_new_one_was_announced(
    tmp_path: Path, clock: FakeClock
) -> None:
    keys = await fresh(tmp_path, clock)
    (first,) = kids(keys)
    clock.advance(365 * DAY)
    await keys.rotate_if_due()
    assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) == first
    clock.advance(ANNOUNCE_BEFORE)
    assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) != first


async def test_a_clock_that_was_years_ahead_and_came_back_stops_nothing(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    (first,) = kids(keys)
    clock.advance(3_650 * DAY)
    await keys.rotate_if_due()
    clock.advance(-3_650 * DAY)
    assert kid_of(keys.sign(CLAIMS, typ="at+jwt")) == first
    await keys.rotate_if_due()
    assert kids(keys) == [first]
    clock.advance(-365 * DAY)
    assert keys.verify(keys.sign(CLAIMS, typ="at+jwt"), typ="at+jwt") == CLAIMS


async def test_a_replacement_that_cannot_be_stored_does_not_happen(tmp_path: Path, clock: FakeClock) -> None:
    keys = await fresh(tmp_path, clock)
    before = kids(keys)
    (tmp_path / "secrets.json.partial").mkdir()
    clock.advance(ROTATE_AFTER)
    with pytest.raises(VaultError):
        await keys.rotate_if_due()
    assert kids(keys) == before
