"""What an assertion must claim: who, for whom, and for how long (RFC 7523 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.auth.errors import InvalidClient
from tests.auth.desk import CLIENT, ISSUER, TOKEN, desk, encode


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": ...},
        {"sub": ...},
        {"iss": "https://client.example/other.json"},
        {"sub": "https://client.example/other.json"},
        {"iss": "https://client.example/other.json", "sub": "https://client.example/other.json"},
        {"iss": CLIENT + "/", "sub": CLIENT + "/"},
        {"iss": ISSUER},
        {"iss": [CLIENT], "sub": [CLIENT]},
        {"iss": 1, "sub": 1},
        {"iss": "dcr_" + "a" * 43, "sub": "dcr_" + "a" * 43},
    ],
)
async def test_iss_and_sub_are_the_client(tmp_path: Path, changes: dict[str, Any]) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(**changes)), client_id=None)


@pytest.mark.parametrize("audience", [ISSUER, TOKEN, [ISSUER], [TOKEN], [ISSUER, TOKEN]])
async def test_the_audience_is_our_issuer_or_token_endpoint(tmp_path: Path, audience: Any) -> None:
    async with desk(tmp_path) as at:
        await at.present(at.sign(aud=audience))


@pytest.mark.parametrize(
    "audience",
    [
        ...,
        None,
        "",
        [],
        ISSUER + "/",
        "https://home.example//token",
        TOKEN + "/",
        TOKEN.upper(),
        "http://home.example/token",
        "https://home.example:443/token",
        "https://home.example/mcp",
        "https://other.example/token",
        [TOKEN, "https://other.example/token"],
        [ISSUER, "https://home.example/mcp"],
        [[TOKEN]],
        [TOKEN, 1],
        {"0": TOKEN},
        1,
        True,
    ],
)
async def test_no_other_audience_counts(tmp_path: Path, audience: Any) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(aud=audience)))


@pytest.mark.parametrize(
    ("times", "counts"),
    [
        ({"exp": 1}, True),
        ({"exp": 600}, True),
        ({"exp": 660}, True),
        ({"exp": 661}, False),
        ({"exp": 3600}, False),
        ({"exp": 0}, True),
        ({"exp": -59}, True),
        ({"exp": -60}, False),
        ({"exp": -3600}, False),
        ({"exp": 10.5}, True),
        ({"iat": 60}, True),
        ({"iat": 61}, False),
        ({"iat": -100_000}, True),
        ({"nbf": 0}, True),
        ({"nbf": 60}, True),
        ({"nbf": 61}, False),
        ({"nbf": -100}, True),
    ],
)
async def test_an_assertion_lives_ten_minutes_at_most_with_a_minute_of_skew(
    tmp_path: Path, times: dict[str, float], counts: bool
) -> None:
    async with desk(tmp_path) as at:
        moved = {claim: int(at.house.clock.now) + seconds for claim, seconds in times.items()}
        assertion = encode(at.claims(**moved))
        if counts:
            await at.present(assertion)
        else:
            with pytest.raises(InvalidClient):
                await at.present(assertion)


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf"])
@pytest.mark.parametrize("value", ["1800000100", True, [1], {}, 1e300, float("inf"), float("nan"), -1e300, 10**40])
async def test_times_are_numbers_of_this_world(tmp_path: Path, claim: str, value: Any) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(**{claim: value})))


async def test_exp_is_required_and_iat_is_not(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(at.sign(exp=...))
        await at.present(at.sign(iat=...))
