"""What a code or refresh token leads to, in one transaction each, over a real database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homeport.auth.assertions import AssertionUse, AuthenticatedClient
from homeport.auth.client import AuthMethod
from homeport.auth.errors import InvalidClient, InvalidGrant, InvalidScope, InvalidTarget, OAuthError
from homeport.auth.grant_tables import KEPT_GENERATIONS
from homeport.auth.grants import GRACE_SECONDS, REFRESH_SECONDS, digest
from homeport.auth.scopes import parse
from homeport.events import GrantRevoked
from tests.auth.grants_at_work import ISSUER, RESOURCE, Office, office


async def revoked(at: Office) -> list[str]:
    return [row["grant_id"] for row in await at.rows("SELECT grant_id FROM grants WHERE revoked_at IS NOT NULL")]


async def test_a_code_becomes_an_access_token_and_a_refresh_token(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
        assert answer["token_type"] == "Bearer"
        assert answer["expires_in"] == 12 * 3600
        assert parse(answer["scope"]) == ("read", "write", "offline_access")
        bearer = await at.call(answer["access_token"])
        assert bearer is not None
        assert bearer.client_id == at.client_id


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"verifier": "w" * 64}, InvalidGrant),
        ({"redirect_uri": "http://127.0.0.1:4567/other"}, InvalidGrant),
        ({"redirect_uri": None}, InvalidGrant),
        ({"resource": f"{RESOURCE}/other"}, InvalidTarget),
        ({"issuer": "https://other.example"}, InvalidGrant),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_a_code_is_consumed_also_by_a_failed_attempt(
    tmp_path: Path, wrong: dict[str, Any], error: type[OAuthError]
) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        with pytest.raises(error):
            await at.exchange(code, **wrong)
        with pytest.raises(InvalidGrant):
            await at.exchange(code)
        assert await at.rows("SELECT * FROM refresh_tokens") == []


async def test_a_code_of_another_client_is_consumed_and_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        thief = await at.client(await at.register("Thief"))
        with pytest.raises(InvalidGrant):
            await at.exchange(code, client=thief)
        with pytest.raises(InvalidGrant):
            await at.exchange(code)


async def test_a_code_lives_60_s(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        early, late = await at.authorize(), await at.authorize()
        at.clock.now += 59
        await at.exchange(early)
        at.clock.now += 1
        with pytest.raises(InvalidGrant):
            await at.exchange(late)


async def test_a_repeat_with_the_right_verifier_within_60_s_is_refused_and_the_first_tokens_stay(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        first = await at.exchange(code)
        at.clock.now += 59
        with pytest.raises(InvalidGrant):
            await at.exchange(code)
        assert await at.call(first["access_token"]) is not None
        await at.refresh(first["refresh_token"])


@pytest.mark.parametrize(
    "other",
    ["later", "other verifier", "other client", "other redirect", "other resource", "other method"],
)
async def test_any_other_repeat_of_a_code_revokes_the_grant(tmp_path: Path, other: str) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        me = await at.client()
        method: AuthMethod = "private_key_jwt" if other == "other method" else "none"
        first = await at.exchange(code, client=replace(me, method=method))
        client, changes = me, dict[str, Any]()
        if other == "later":
            at.clock.now += 60
        elif other == "other verifier":
            changes = {"verifier": "w" * 64}
        elif other == "other client":
            client = await at.client(await at.register("Thief"))
        elif other == "other redirect":
            changes = {"redirect_uri": "http://127.0.0.1:4567/x"}
        elif other == "other resource":
            changes = {"resource": f"{ISSUER}/x"}
        with pytest.raises(InvalidGrant):
            await at.exchange(code, client=client, **changes)
        assert await at.call(first["access_token"]) is None
        with pytest.raises(InvalidGrant):
            await at.refresh(first["refresh_token"], client=replace(me, method=method))
        assert [type(event) for event in at.events].count(GrantRevoked) == 1


async def test_of_two_exchanges_of_one_code_at_once_exactly_one_gets_tokens(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        outcomes = await asyncio.gather(*(at.exchange(code) for _ in range(4)), return_exceptions=True)
        won = [one for one in outcomes if isinstance(one, dict)]
        assert len(won) == 1
        assert all(isinstance(one, InvalidGrant) for one in outcomes if one is not won[0])
        assert await at.call(won[0]["access_token"]) is not None


async def test_a_retry_within_120_s_gets_byte_for_byte_the_same_successor(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in()
        second = await at.refresh(first["refresh_token"])
        at.clock.now += GRACE_SECONDS - 1
        again = await at.refresh(first["refresh_token"])
        assert again["refresh_token"] == second["refresh_token"]
        assert await at.call(again["access_token"]) is not None


async def test_the_same_successor_also_after_a_restart(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in()
        second = await at.refresh(first["refresh_token"])
    async with office(tmp_path, at.clock) as at:
        assert (await at.refresh(first["refresh_token"]))["refresh_token"] == second["refresh_token"]


async def test_parallel_refreshes_of_one_token_all_get_the_identical_refresh_token(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in()
        answers = await asyncio.gather(*(at.refresh(first["refresh_token"]) for _ in range(8)))
        assert len({answer["refresh_token"] for answer in answers}) == 1
        live = await at.rows("SELECT * FROM refresh_tokens WHERE rotated_at IS NULL")
        assert len(live) == 1


@pytest.mark.parametrize("how", ["later than the grace", "older than the newest but one"])
async def test_anything_older_or_later_is_a_replay_and_revokes_the_family(tmp_path: Path, how: str) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in()
        newest = await at.refresh(first["refresh_token"])
        if how.startswith("older"):
            newest = await at.refresh(newest["refresh_token"])
        else:
            at.clock.now += GRACE_SECONDS
        with pytest.raises(InvalidGrant):
            await at.refresh(first["refresh_token"])
        with pytest.raises(InvalidGrant):
            await at.refresh(newest["refresh_token"])
        assert await at.call(newest["access_token"]) is None
        assert len(await revoked(at)) == 1


async def test_a_replay_ends_the_family_whatever_scope_or_resource_it_asks_for(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        wrong: list[dict[str, Any]] = [{"scope": "read admin"}, {"resource": f"{ISSUER}/x"}]
        for changes in wrong:
            first = await at.signed_in()
            await at.refresh(first["refresh_token"])
            at.clock.now += GRACE_SECONDS
            with pytest.raises(InvalidGrant):
                await at.refresh(first["refresh_token"], **changes)
            assert await at.call(first["access_token"]) is None


async def test_refresh_lives_90_days_since_last_use(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        token = (await at.signed_in())["refresh_token"]
        for _ in range(3):
            at.clock.now += REFRESH_SECONDS - 1
            token = (await at.refresh(token))["refresh_token"]
        at.clock.now += REFRESH_SECONDS
        with pytest.raises(InvalidGrant):
            await at.refresh(token)


async def test_a_narrower_scope_narrows_that_access_token_only(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in()
        narrow = await at.refresh(first["refresh_token"], scope="read")
        bearer = await at.call(narrow["access_token"])
        assert bearer is not None
        assert bearer.scopes == {"read"}
        wide = await at.refresh(narrow["refresh_token"])
        bearer = await at.call(wide["access_token"])
        assert bearer is not None
        assert "write" in bearer.scopes


async def test_a_wider_scope_is_invalid_scope_and_the_token_stays_good(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in("read offline_access")
        for scope in ("read write", "publish", "openid"):
            with pytest.raises(InvalidScope):
                await at.refresh(first["refresh_token"], scope=scope)
        await at.refresh(first["refresh_token"])


async def test_read_can_be_asked_of_a_grant_for_write_which_includes_it(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = await at.signed_in("write")
        assert (await at.refresh(first["refresh_token"], scope="read"))["scope"] == "read"


async def test_a_refresh_token_counts_for_its_own_client_origin_and_resource_only(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        token = (await at.signed_in())["refresh_token"]
        thief = await at.client(await at.register("Thief"))
        with pytest.raises(InvalidGrant):
            await at.refresh(token, client=thief)
        with pytest.raises(InvalidGrant):
            await at.refresh(token, issuer="https://other.example")
        with pytest.raises(InvalidTarget):
            await at.refresh(token, resource=f"{ISSUER}/other")
        assert await revoked(at) == []
        await at.refresh(token, resource=RESOURCE.replace("http://localhost", "HTTP://LocalHost"))


@pytest.mark.parametrize("token", ["", "x", "\x00", "ü", "a" * 100_000, "' OR 1=1 --"])
async def test_what_was_never_issued_is_invalid_grant(tmp_path: Path, token: str) -> None:
    async with office(tmp_path) as at:
        with pytest.raises(InvalidGrant):
            await at.refresh(token)
        with pytest.raises(InvalidGrant):
            await at.exchange(token)


async def test_a_grant_begun_with_private_key_jwt_never_refreshes_or_revokes_with_none(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        bare = await at.client()
        proven = replace(bare, method="private_key_jwt")
        first = await at.exchange(await at.authorize(), client=proven)
        with pytest.raises(InvalidGrant):
            await at.refresh(first["refresh_token"], client=bare)
        await at.server.exchanges.revoke(bare, first["refresh_token"], ISSUER)
        await at.server.exchanges.revoke(bare, first["access_token"], ISSUER)
        assert await revoked(at) == []
        await at.refresh(first["refresh_token"], client=proven)


async def test_a_replayed_assertion_changes_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        use = AssertionUse("jti", "digest", "other purpose", int(at.clock()) + 60, int(at.clock()))
        spent = replace(await at.client(), method="private_key_jwt", use=use)
        await at.database.transaction(spent.record)
        again = replace(spent, use=replace(use, used_for="this code"))
        code = await at.authorize()
        with pytest.raises(InvalidClient):
            await at.exchange(code, client=again)
        await at.exchange(code)


async def test_each_token_ends_its_grant_at_revoke_and_a_foreign_or_unknown_one_changes_nothing(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as at:
        thief: AuthenticatedClient = await at.client(await at.register("Thief"))
        for kind in ("access_token", "refresh_token"):
            answer = await at.signed_in()
            me, revoke = await at.client(), at.server.exchanges.revoke
            before = await revoked(at)
            await revoke(thief, answer[kind], ISSUER)
            await revoke(me, answer[kind], "https://other.example")
            for unknown in ("unknown", "\x00", "a.b.c", "é"):
                await revoke(me, unknown, ISSUER)
            assert await revoked(at) == before
            await revoke(me, answer[kind], ISSUER)
            assert await at.call(answer["access_token"]) is None
            with pytest.raises(InvalidGrant):
                await at.refresh(answer["refresh_token"])


async def test_each_authorization_makes_its_own_grant_and_does_not_end_older_ones(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first, second = await at.signed_in(), await at.signed_in()
        assert len(await at.rows("SELECT * FROM grants")) == 2
        await at.server.exchanges.revoke(await at.client(), second["refresh_token"], ISSUER)
        assert await at.call(first["access_token"]) is not None
        assert await at.call(second["access_token"]) is None


async def test_a_revoked_grant_issues_nothing_for_a_code_that_is_still_out(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        (grant,) = await at.rows("SELECT grant_id FROM grants")
        assert await at.server.exchanges.revoke_grant(grant["grant_id"], "test")
        with pytest.raises(InvalidGrant):
            await at.exchange(code)


async def test_a_blocked_person_gets_no_tokens(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first, code = await at.signed_in(), await at.authorize()
        await at.database.transaction(lambda tx: tx.execute("UPDATE people SET blocked_at = 1"))
        with pytest.raises(InvalidGrant):
            await at.refresh(first["refresh_token"])
        with pytest.raises(InvalidGrant):
            await at.exchange(code)


async def test_codes_and_tokens_are_stored_as_digests_only(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        code = await at.authorize()
        answer = await at.exchange(code)
        stored = ""
        for table in ("codes", "grants", "refresh_tokens", "authorization_requests"):
            stored += repr(await at.rows(f"SELECT * FROM {table}"))
        for secret in (code, answer["access_token"], answer["refresh_token"]):
            assert secret not in stored
        assert digest(code) in stored
        assert digest(answer["refresh_token"]) in stored


async def test_a_family_that_is_refreshed_without_end_stays_bounded_and_alive(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        first = (await at.signed_in())["refresh_token"]
        other = (await at.signed_in())["refresh_token"]
        token, links = first, []
        client = await at.client()
        for _ in range(KEPT_GENERATIONS + 200):
            token = (await at.refresh(token, client=client))["refresh_token"]
            links.append(token)
        (counted,) = await at.rows(
            "SELECT COUNT(*) AS links FROM refresh_tokens WHERE grant_id <>"
            " (SELECT grant_id FROM refresh_tokens WHERE token_digest = :other)",
            other=digest(other),
        )
        assert counted["links"] == KEPT_GENERATIONS + 1
        # One that is forgotten is refused as unknown; one that is still known ends the family.
        with pytest.raises(InvalidGrant):
            await at.refresh(first)
        assert await revoked(at) == []
        token = (await at.refresh(token))["refresh_token"]
        with pytest.raises(InvalidGrant):
            await at.refresh(links[-KEPT_GENERATIONS + 5])
        assert len(await revoked(at)) == 1
        await at.refresh(other)


async def test_what_is_over_is_forgotten_and_what_lives_stays(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        token = (await at.signed_in())["refresh_token"]
        gone = await at.signed_in()
        await at.server.exchanges.revoke(await at.client(), gone["refresh_token"], ISSUER)
        for _ in range(4):
            at.clock.now += 31 * 86_400
            token = (await at.refresh(token))["refresh_token"]
            await at.server.housekeeping()
        assert await at.rows("SELECT * FROM codes") == []
        assert len(await at.rows("SELECT * FROM grants")) == 1
        # Links that no refresh token could outlive are gone: a family does not grow for ever.
        assert len(await at.rows("SELECT * FROM refresh_tokens")) < 5
        await at.refresh(token)
