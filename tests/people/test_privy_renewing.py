"""Privy sessions at work: renewed once whoever asks, and ended by any refusal of Privy."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest

from homeport.people import privy_session_table as table
from homeport.people.privy_api import PrivyApi, PrivyUnreachable, RefreshedSession
from homeport.people.privy_sessions import REFRESH_TAKES, PrivyTokens
from homeport.store import open_database
from tests.people.privy_scene import ORIGIN, REFRESH, TOKENS, scene
from tests.people.privy_side import ALICE, APP, NOW
from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.faults import GARBAGE, HANG, REFUSE, Fault, status


async def test_an_expired_token_is_never_given_out_and_is_wiped(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        sessions = at.replica(stay_signed_in=False)
        await at.keep("grant", ALICE, TOKENS, sessions)
        at.clock.advance(3599)
        assert await sessions.token("grant") == "canary-token"
        at.clock.advance(1)
        assert await sessions.token("grant") is None
        assert await at.row() is None
        assert await sessions.token("unknown") is None


async def test_a_token_that_is_about_to_end_is_renewed_before_it_is_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = await at.signed_in()
        at.clock.advance(3600 - 61)
        assert await at.sessions.token("grant") == person.token
        assert at.asked() == 0
        at.clock.advance(2)
        renewed = await at.sessions.token("grant")
        assert renewed not in (None, person.token)
        assert at.asked() == 1
        assert await at.sessions.token("grant") == renewed
        assert at.asked() == 1


async def test_a_session_is_renewed_again_and_again_with_rotated_tokens(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        for _ in range(5):
            at.end_of_token()
            assert await at.sessions.renew("grant") == at.clock.now + 3600
            assert await at.database.transaction(lambda tx: at.sessions.expires_at(tx, "grant")) == at.clock.now + 3600
        assert len(at.emulator.sessions) == 1


async def test_without_a_privy_access_token_the_app_token_authorizes_the_refresh(tmp_path: Path) -> None:
    async with scene(tmp_path, EmulatedApp(privy_access_tokens=False)) as at:
        await at.signed_in()
        at.end_of_token()
        await at.database.transaction(lambda tx: at.sessions.purge(tx, int(at.clock())))
        assert await at.sessions.renew("grant") is not None


async def test_a_session_of_an_app_client_is_renewed_as_that_client(tmp_path: Path) -> None:
    app = EmulatedApp(clients={"client-1": AppClient(allowed_origins=[ORIGIN])})
    async with scene(tmp_path, app, client_id="client-1") as at:
        await at.signed_in(client_id="client-1")
        at.end_of_token()
        assert await at.sessions.renew("grant") is not None


async def test_calls_at_once_renew_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        at.end_of_token()
        tokens = await asyncio.gather(*(at.sessions.token("grant") for _ in range(20)))
        assert len(set(tokens)) == 1
        assert None not in tokens
        assert at.asked() == 1


async def test_replicas_at_once_use_a_refresh_token_once(tmp_path: Path, database_url: str) -> None:
    async with scene(tmp_path, url=database_url) as at, AsyncExitStack() as stack:
        await at.signed_in()
        at.end_of_token()
        replicas = [at.sessions]
        for _ in range(3):
            database = await open_database(database_url) if database_url.startswith("postgres") else at.database
            if database is not at.database:
                stack.push_async_callback(database.close)
            replicas.append(at.replica(database=database))
        ends = await asyncio.gather(*(replica.renew("grant") for replica in replicas))
        assert set(ends) == {at.clock.now + 3600}
        assert at.asked() == 1
        # A token used twice would have ended the session.
        at.end_of_token()
        assert await at.sessions.renew("grant") is not None


async def test_a_replica_that_died_while_renewing_holds_the_session_up_for_seconds_only(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        at.end_of_token()
        row = await at.row()
        assert row is not None
        now = int(at.clock())
        assert await at.database.transaction(lambda tx: table.claim(tx, row, now + REFRESH_TAKES, now))
        waiting = asyncio.create_task(at.sessions.renew("grant"))
        assert not (await asyncio.wait({waiting}, timeout=0.3))[0]
        at.clock.advance(REFRESH_TAKES)
        assert await waiting is not None


async def test_a_caller_that_leaves_does_not_lose_the_rotated_tokens(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        at.end_of_token()
        leaving = asyncio.create_task(at.sessions.renew("grant"))
        await at.emulator.saw(REFRESH)
        leaving.cancel()
        await at.sessions.close()
        at.end_of_token()
        assert await at.sessions.renew("grant") is not None


@pytest.mark.parametrize(
    "ended", ["revoked", "spent", "origin", "client", "403", "404"], ids=lambda ended: f"because of {ended}"
)
async def test_any_refusal_wipes_the_refresh_token_and_the_person_signs_in_again(tmp_path: Path, ended: str) -> None:
    async with scene(tmp_path, client_id=None) as at:
        person = await at.signed_in()
        sessions = at.sessions
        match ended:
            case "revoked":
                at.emulator.sessions.revoke_user(person.did)
            case "spent":
                await at.api.refresh_session(person.refresh_token, person.privy_access_token or "", ORIGIN)
            case "origin":
                sessions = at.replica(origin="https://elsewhere.example")
            case "client":
                at.emulator.app.clients["client-1"] = AppClient()
                at.emulator.sessions.latest.client_id = "client-1"
            case code:
                at.emulator.down[REFRESH] = status(int(code))
        at.clock.advance(3590)
        assert await sessions.renew("grant") is None
        assert not await at.refreshable()
        # What is left of the app token still serves.
        assert await sessions.token("grant") == person.token
        at.clock.advance(10)
        assert await sessions.token("grant") is None
        assert await at.row() is None


async def test_a_session_that_privy_calls_over_is_wiped(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        at.emulator.app.refresh = "clear"
        assert await at.sessions.renew("grant") is None
        assert await at.row() is None


async def test_while_privy_keeps_the_token_it_is_used_to_its_end_and_then_renewed(tmp_path: Path) -> None:
    async with scene(tmp_path, EmulatedApp(refresh="ignore-while-valid")) as at:
        person = await at.signed_in()
        at.clock.advance(3570)
        assert await at.sessions.token("grant") == person.token
        assert await at.refreshable()
        at.clock.advance(30)
        assert await at.sessions.token("grant") not in (None, person.token)


@pytest.mark.parametrize(
    "fault",
    [REFUSE, HANG, GARBAGE, status(500), status(429), status(408)],
    ids=["refused", "silent", "garbage", "500", "429", "408"],
)
async def test_while_privy_is_away_nothing_is_lost(tmp_path: Path, fault: Fault) -> None:
    async with scene(tmp_path, deadline=0.5) as at:
        person = await at.signed_in()
        at.emulator.down[REFRESH] = fault
        at.clock.advance(3590)
        assert await at.sessions.token("grant") == person.token
        at.clock.advance(10)
        with pytest.raises(PrivyUnreachable):
            await at.sessions.token("grant")
        with pytest.raises(PrivyUnreachable):
            await at.sessions.renew("grant")
        del at.emulator.down[REFRESH]
        assert await at.sessions.token("grant") not in (None, person.token)


async def test_a_grant_revoked_while_it_is_renewed_stays_gone(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()

        class Revoking(PrivyApi):
            async def refresh_session(self, refresh_token: str, bearer: str, origin: str) -> RefreshedSession:
                answer = await at.api.refresh_session(refresh_token, bearer, origin)
                await at.database.transaction(lambda tx: at.sessions.forget(tx, "grant"))
                return answer

        async with httpx2.AsyncClient() as unused:
            assert await at.replica(api=Revoking(APP, lambda: None, unused)).renew("grant") is None
        assert await at.row() is None


async def test_a_sign_in_during_a_refresh_is_not_overwritten_by_it(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.signed_in()
        row = await at.row()
        assert row is not None
        fresh = await at.signed_in()
        late = table.SessionRow("grant", fresh.did, "late", "late", None, NOW + 9_999, NOW)
        assert not await at.database.transaction(lambda tx: table.renew(tx, row, late))
        assert await at.sessions.token("grant") == fresh.token


async def test_a_renewed_token_of_somebody_else_is_not_stored(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        tokens = PrivyTokens("t", person.refresh_token, person.privy_access_token, NOW)
        await at.keep("grant", "did:privy:somebodyelse", tokens)
        assert await at.sessions.renew("grant") is None
        assert not await at.refreshable()


async def test_what_cannot_be_renewed_is_not_asked_for(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("grant", ALICE, PrivyTokens("t", None, None, NOW + 10))
        assert await at.sessions.renew("grant") is None
        assert await at.sessions.renew("unknown") is None
        assert await at.sessions.token("grant") == "t"
        assert at.asked() == 0
