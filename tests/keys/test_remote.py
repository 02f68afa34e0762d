"""The cache of other people's keys."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import jwt
import pytest

from homeport.keys.remote import FRESH_FOR, REMEMBERED, RETRY_AFTER, STALE_FOR, KeysUnavailable, RemoteKeys, UnknownKey
from tests.keys.fetching import FakeClock, OtherSide, ec_key, jwk, jwks, rsa_key, signed

URI = "https://client.example/jwks.json"
FIRST = ec_key()
SECOND = ec_key()
RSA = rsa_key()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def other_side() -> OtherSide:
    return OtherSide(jwks(jwk(FIRST, "first"), jwk(RSA, "rsa")))


@pytest.fixture
def keys(other_side: OtherSide, clock: FakeClock, tmp_path: Path) -> RemoteKeys:
    return RemoteKeys(fetch=other_side, folder=tmp_path / "jwks", clock=clock)


async def test_a_key_verifies_what_its_owner_signed(keys: RemoteKeys) -> None:
    for kid, key, alg in (("first", FIRST, "ES256"), ("rsa", RSA, "RS256")):
        found = await keys.key(URI, kid, alg)
        assert jwt.decode(signed(key, alg), found, algorithms=[alg]) == {"sub": "x"}


async def test_a_key_set_is_fetched_once_while_it_is_fresh(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    for _ in range(5):
        await keys.key(URI, "first", "ES256")
        clock.advance(FRESH_FOR / 5 - 1)
    assert other_side.asked == [URI]
    clock.advance(10)
    await keys.key(URI, "first", "ES256")
    assert other_side.asked == [URI, URI]


async def test_a_withdrawn_key_stops_counting_when_the_set_is_fetched_again(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = jwks(jwk(SECOND, "second"))
    clock.advance(FRESH_FOR)
    with pytest.raises(UnknownKey):
        await keys.key(URI, "first", "ES256")


async def test_an_unknown_key_causes_one_fetch_and_finds_a_new_key(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = jwks(jwk(FIRST, "first"), jwk(SECOND, "second"))
    clock.advance(RETRY_AFTER)
    await keys.key(URI, "second", "ES256")
    assert len(other_side.asked) == 2


async def test_made_up_key_names_cause_no_more_than_one_fetch_a_minute(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    await keys.key(URI, "first", "ES256")
    for number in range(59):
        clock.advance(1)
        with pytest.raises(UnknownKey):
            await keys.key(URI, f"made up {number}", "ES256")
    assert len(other_side.asked) == 1
    clock.advance(1)
    with pytest.raises(UnknownKey):
        await keys.key(URI, "made up", "ES256")
    assert len(other_side.asked) == 2


async def test_an_other_side_that_is_down_is_asked_once_a_minute(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    other_side.document = OSError("down")
    for _ in range(10):
        with pytest.raises(KeysUnavailable):
            await keys.key(URI, "first", "ES256")
    assert len(other_side.asked) == 1
    other_side.document = jwks(jwk(FIRST, "first"))
    clock.advance(RETRY_AFTER)
    await keys.key(URI, "first", "ES256")


async def test_a_set_that_was_never_had_may_be_asked_for_again_sooner(
    other_side: OtherSide, clock: FakeClock, tmp_path: Path
) -> None:
    impatient = RemoteKeys(fetch=other_side, folder=tmp_path / "keys", first_retry=5, clock=clock)
    other_side.document = OSError("down")
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await impatient.key(URI, "first", "ES256")
    assert len(other_side.asked) == 1
    other_side.document = jwks(jwk(FIRST, "first"))
    clock.advance(5)
    await impatient.key(URI, "first", "ES256")
    with pytest.raises(UnknownKey):
        await impatient.key(URI, "made up", "ES256")
    assert len(other_side.asked) == 2


async def test_a_key_that_may_be_new_is_not_called_unknown_while_the_other_side_is_down(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = OSError("down")
    clock.advance(RETRY_AFTER)
    with pytest.raises(KeysUnavailable, match="no newer ones"):
        await keys.key(URI, "new", "ES256")


async def test_all_who_ask_meanwhile_share_one_fetch(keys: RemoteKeys, other_side: OtherSide) -> None:
    other_side.gate = asyncio.Event()
    asking = [asyncio.create_task(keys.key(URI, "first", "ES256")) for _ in range(20)]
    await asyncio.sleep(0)
    other_side.gate.set()
    assert len({key.key_id for key in await asyncio.gather(*asking)}) == 1
    assert len(other_side.asked) == 1


async def test_one_who_leaves_does_not_take_the_answer_from_the_others(keys: RemoteKeys, other_side: OtherSide) -> None:
    other_side.gate = asyncio.Event()
    leaving = asyncio.create_task(keys.key(URI, "first", "ES256"))
    staying = asyncio.create_task(keys.key(URI, "first", "ES256"))
    while not other_side.asked:
        await asyncio.sleep(0)
    leaving.cancel()
    other_side.gate.set()
    assert (await staying).key_id == "first"
    assert leaving.cancelled()


async def test_a_stale_set_serves_seven_days_while_fetching_fails_and_no_longer(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = OSError("down")
    clock.advance(STALE_FOR - 1)
    for _ in range(3):
        assert (await keys.key(URI, "first", "ES256")).key_id == "first"
    assert len(other_side.asked) == 2
    clock.advance(1)
    for _ in range(2):
        with pytest.raises(KeysUnavailable):
            await keys.key(URI, "first", "ES256")


@pytest.mark.parametrize("document", [b"", b"<html>", b"[]", b'{"keys": 1}', b"{}", b"\xff\xfe", b"[" * 100_000])
async def test_an_answer_that_is_no_key_set_counts_as_a_failed_fetch(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock, document: bytes
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = document
    clock.advance(FRESH_FOR)
    assert (await keys.key(URI, "first", "ES256")).key_id == "first"


async def test_the_folder_serves_after_a_restart_without_a_fetch(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock, tmp_path: Path
) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = OSError("down")
    restarted = RemoteKeys(fetch=other_side, folder=tmp_path / "jwks", clock=clock)
    assert (await restarted.key(URI, "first", "ES256")).key_id == "first"
    assert len(other_side.asked) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "{}", '{"uri": "https://other.example/", "fetched_at": 1, "jwks": {}}', "[]"]
)
async def test_a_damaged_file_costs_a_fetch_and_nothing_else(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock, tmp_path: Path, text: str
) -> None:
    await keys.key(URI, "first", "ES256")
    for file in (tmp_path / "jwks").iterdir():
        file.write_text(text)
    restarted = RemoteKeys(fetch=other_side, folder=tmp_path / "jwks", clock=clock)
    assert (await restarted.key(URI, "first", "ES256")).key_id == "first"
    assert len(other_side.asked) == 2


async def test_a_folder_that_cannot_be_written_does_not_stop_anybody(
    other_side: OtherSide, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("a file")
    keys = RemoteKeys(fetch=other_side, folder=tmp_path / "taken", clock=clock)
    assert (await keys.key(URI, "first", "ES256")).key_id == "first"


async def test_memory_and_folder_hold_a_bounded_number_of_sets(
    keys: RemoteKeys, other_side: OtherSide, tmp_path: Path
) -> None:
    for number in range(REMEMBERED + 20):
        await keys.key(f"https://client{number}.example/jwks.json", "first", "ES256")
    assert len(list((tmp_path / "jwks").iterdir())) == REMEMBERED


async def test_two_uris_do_not_share_their_keys(keys: RemoteKeys, other_side: OtherSide) -> None:
    await keys.key(URI, "first", "ES256")
    other_side.document = jwks(jwk(SECOND, "second"))
    with pytest.raises(UnknownKey):
        await keys.key("https://other.example/jwks.json", "first", "ES256")


async def test_without_a_name_a_key_is_found_only_when_there_is_no_choice(
    keys: RemoteKeys, other_side: OtherSide, clock: FakeClock
) -> None:
    assert (await keys.key(URI, None, "ES256")).key_id == "first"
    other_side.document = jwks(jwk(FIRST, "first"), jwk(SECOND, "second"))
    clock.advance(FRESH_FOR)
    with pytest.raises(UnknownKey):
        await keys.key(URI, None, "ES256")


async def test_an_algorithm_that_is_never_used_causes_no_fetch(keys: RemoteKeys, other_side: OtherSide) -> None:
    for alg in ("none", "HS256", "PS256", "ES384", ""):
        with pytest.raises(UnknownKey):
            await keys.key(URI, "first", alg)
    assert other_side.asked == []


async def test_a_key_serves_its_own_algorithm_only(keys: RemoteKeys) -> None:
    for kid, alg in (("first", "RS256"), ("rsa", "ES256"), ("rsa", "PS256"), ("rsa", "none"), ("first", "HS256")):
        with pytest.raises(UnknownKey):
            await keys.key(URI, kid, alg)


SHORT = rsa_key(1_024)


def _without_checks(key: Any, kid: str) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    entry: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    assert numbers
    return {**entry, "kid": kid}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(_without_checks(SHORT, "k"), id="RSA of 1,024 bits"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256"}, id="symmetric"),
        pytest.param(jwk(FIRST, "k", use="enc"), id="for encryption"),
        pytest.param(jwk(FIRST, "k", key_ops=["encrypt"]), id="for other operations"),
        pytest.param(jwk(FIRST, "k", alg="ES384"), id="for another algorithm"),
        pytest.param(jwk(RSA, "k", alg="PS256"), id="for PSS"),
        pytest.param(jwk(FIRST, "k", d="AAAA"), id="a private key in public"),
        pytest.param(jwk(FIRST, "k", crv="P-384"), id="another curve"),
        pytest.param(jwk(FIRST, "k", x="AAAA"), id="not on the curve"),
        pytest.param(jwk(FIRST, "k", x=7), id="a number for text"),
        pytest.param({"kid": "k"}, id="without a kind"),
        pytest.param({"kid": "k", "kty": ["EC"]}, id="a list for a kind"),
        pytest.param({"kid": "k", "kty": "RSA"}, id="without its numbers"),
    ],
)
async def test_a_key_of_another_kind_is_left_out_and_the_others_stay(
    keys: RemoteKeys, other_side: OtherSide, entry: dict[str, Any]
) -> None:
    other_side.document = jwks("not an object", entry, jwk(SECOND, "good"))
    assert (await keys.key(URI, "good", "ES256")).key_id == "good"
    for alg in ("ES256", "RS256"):
        with pytest.raises(UnknownKey):
            await keys.key(URI, "k", alg)
