"""Privy sessions at rest: encrypted, bound to their grant, and wiped when they are over."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.keys.columns import KEY_BYTES
from homeport.people.privy_sessions import REFRESH_LIVES, PrivyTokens
from homeport.store import Transaction
from tests.people.privy_scene import TOKENS, scene
from tests.people.privy_side import ALICE, NOW


def everything_on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("homeport.sqlite3*"))


async def test_no_token_is_found_in_the_database_files(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("grant", ALICE, TOKENS)
        assert b"canary" not in everything_on_disk(tmp_path)
        assert ALICE.encode() in everything_on_disk(tmp_path)
        assert await at.sessions.token("grant") == "canary-token"
        assert "canary" not in repr(TOKENS) + repr(await at.row())


async def test_without_staying_signed_in_only_the_app_token_is_kept(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        sessions = at.replica(stay_signed_in=False)
        await at.keep("grant", ALICE, TOKENS, sessions)
        row = await at.row()
        assert row is not None
        assert (row.refresh_token, row.privy_access_token) == (None, None)
        assert await sessions.token("grant") == "canary-token"


async def test_a_session_moves_from_request_to_grant_and_is_sealed_for_its_new_place(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("request", ALICE, TOKENS)
        old = await at.row("request")
        await at.database.transaction(lambda tx: at.sessions.move(tx, "request", "grant"))
        assert await at.row("request") is None
        assert await at.sessions.token("grant") == "canary-token"
        new = await at.row()
        assert old is not None
        assert new is not None
        assert new.token != old.token
        assert new.changed_at == old.changed_at
        await at.database.transaction(lambda tx: at.sessions.move(tx, "nobody", "grant-2"))


async def test_a_row_copied_to_another_grant_opens_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("grant", ALICE, TOKENS)
        await at.database.transaction(
            lambda tx: tx.execute("UPDATE privy_sessions SET holder = 'stolen' WHERE holder = 'grant'")
        )
        assert await at.sessions.token("stolen") is None
        assert await at.row("stolen") is None


async def test_with_another_key_people_sign_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("grant", ALICE, TOKENS)
        await at.keep("request", ALICE, TOKENS)
        other = at.replica(key=b"x" * KEY_BYTES)
        await at.database.transaction(lambda tx: other.move(tx, "request", "moved"))
        assert await at.row("request") is None
        assert await at.row("moved") is None
        assert await other.renew("grant") is None
        assert await other.token("grant") is None
        assert await at.row() is None


async def test_what_cannot_be_a_token_is_not_kept(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.keep("grant", ALICE, PrivyTokens("token", "re\r\nfresh", "\ud800", NOW + 3600))
        row = await at.row()
        assert row is not None
        assert (row.refresh_token, row.privy_access_token) == (None, None)


async def test_forgetting_wipes_one_grant_or_all_of_a_person(tmp_path: Path, database_url: str) -> None:
    async with scene(tmp_path, url=database_url) as at:
        for holder, person in (("one", ALICE), ("two", ALICE), ("three", "did:privy:bob")):
            await at.keep(holder, person, TOKENS)
        await at.database.transaction(lambda tx: at.sessions.forget(tx, "one"))
        assert await at.sessions.token("one") is None
        assert await at.sessions.token("two") is not None
        await at.database.transaction(lambda tx: at.sessions.forget_person(tx, ALICE))
        assert await at.sessions.token("two") is None
        assert await at.sessions.token("three") is not None


async def test_purging_wipes_what_has_expired(tmp_path: Path, database_url: str) -> None:
    async with scene(tmp_path, url=database_url) as at:
        sessions = at.replica(stay_signed_in=False)
        await at.keep("old", ALICE, TOKENS, sessions)
        await at.keep("live", ALICE, PrivyTokens("t", None, None, NOW + 7200), sessions)
        await at.database.transaction(lambda tx: sessions.purge(tx, NOW + 3599))
        assert await at.row("old") is not None
        await at.database.transaction(lambda tx: sessions.purge(tx, NOW + 3600))
        assert await at.row("old") is None
        assert await at.row("live") is not None


async def test_purging_keeps_what_can_be_renewed_and_of_it_only_what_renewing_needs(
    tmp_path: Path, database_url: str
) -> None:
    async with scene(tmp_path, url=database_url) as at:
        await at.keep("with-pat", ALICE, TOKENS)
        await at.keep("without-pat", ALICE, PrivyTokens("canary-token", "canary-refresh", None, NOW + 3600))
        await at.database.transaction(lambda tx: at.sessions.purge(tx, NOW + 3600))
        with_pat, without_pat = await at.row("with-pat"), await at.row("without-pat")
        assert with_pat is not None
        assert without_pat is not None
        assert with_pat.token == ""
        # Without a Privy access token the app token is what authorizes the refresh.
        assert without_pat.token != ""
        await at.database.transaction(lambda tx: at.sessions.purge(tx, NOW + REFRESH_LIVES))
        assert await at.row("with-pat") is None
        assert await at.row("without-pat") is None


async def test_when_staying_signed_in_is_switched_off_refresh_tokens_are_wiped(
    tmp_path: Path, database_url: str
) -> None:
    async with scene(tmp_path, url=database_url) as at:
        await at.keep("grant", ALICE, TOKENS)
        off = at.replica(stay_signed_in=False)
        await at.database.transaction(lambda tx: off.purge(tx, NOW))
        row = await at.row()
        assert row is not None
        assert (row.refresh_token, row.privy_access_token) == (None, None)
        assert await off.token("grant") == "canary-token"


async def test_a_transaction_that_is_undone_keeps_nothing(tmp_path: Path) -> None:
    class Undone(Exception): ...

    async with scene(tmp_path) as at:

        def keep(tx: Transaction) -> None:
            at.sessions.keep(tx, "grant", ALICE, TOKENS)
            raise Undone

        with pytest.raises(Undone):
            await at.database.transaction(keep)
        assert await at.row() is None
