"""Who may ask about which token."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from homeport.auth.assertions import AssertionUse
from homeport.auth.errors import InvalidClient
from homeport.auth.introspection import INACTIVE, Introspection
from tests.auth.grants_at_work import ACCESS_SECONDS, ISSUER, RESOURCE, Office, office


def desk(at: Office) -> Introspection:
    return Introspection(at.database, at.tokens, clock=at.clock)


async def test_a_client_that_proved_itself_learns_about_its_own_tokens_and_no_others(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer, me = await at.signed_in(), replace(await at.client(), method="private_key_jwt")
        other = replace(await at.client(await at.register("Other")), method="private_key_jwt")
        for kind in ("access_token", "refresh_token"):
            about = await desk(at).for_client(answer[kind], ISSUER, me)
            assert about["active"] is True
            assert (about["iss"], about["aud"], about["client_id"]) == (ISSUER, RESOURCE, at.client_id)
            assert await desk(at).for_client(answer[kind], ISSUER, other) == INACTIVE
            assert await desk(at).for_client(answer[kind], "https://other.example", me) == INACTIVE


async def test_what_has_expired_was_revoked_or_replaced_is_inactive(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        me, first = await at.client(), await at.signed_in()
        second = await at.refresh(first["refresh_token"])
        assert await desk(at).for_client(first["refresh_token"], ISSUER, me) == INACTIVE
        assert (await desk(at).for_client(second["refresh_token"], ISSUER, me))["active"]
        at.clock.now += ACCESS_SECONDS
        assert await desk(at).for_client(second["access_token"], ISSUER, me) == INACTIVE
        await at.server.exchanges.revoke(me, second["refresh_token"], ISSUER)
        assert await desk(at).for_client(second["refresh_token"], ISSUER, me) == INACTIVE


async def test_a_replayed_assertion_learns_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
        use = AssertionUse("jti", "digest", "token one", int(at.clock()) + 60, int(at.clock()))
        me = replace(await at.client(), method="private_key_jwt", use=use)
        await desk(at).for_client(answer["access_token"], ISSUER, me)
        with pytest.raises(InvalidClient):
            await desk(at).for_client(answer["access_token"], ISSUER, replace(me, use=replace(use, used_for="two")))


async def test_nothing_is_said_of_a_blocked_persons_tokens(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
        await at.database.transaction(lambda tx: tx.execute("UPDATE people SET blocked_at = 1"))
        assert await desk(at).for_client(answer["access_token"], ISSUER, await at.client()) == INACTIVE
