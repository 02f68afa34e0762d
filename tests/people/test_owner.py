"""Who the owner means when they say who signs in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.clock import system_randomness
from homeport.errors import ApprovalError
from homeport.people import tables
from homeport.people.owner import in_full, label, owner_exists, person_named
from homeport.people.person import Person
from homeport.store import Database, open_database

NOW = 1_800_000_000


@asynccontextmanager
async def register(folder: Path) -> AsyncIterator[Database]:
    database = await open_database(f"sqlite:///{folder}/homeport.sqlite3")
    try:
        yield database
    finally:
        await database.close()


async def named(database: Database, who: str) -> Person:
    return await database.transaction(lambda tx: person_named(tx, who, now=NOW, random=system_randomness))


async def test_me_is_the_owner_and_the_owner_exists_from_then_on(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        assert not await database.transaction(owner_exists)
        owner = await named(database, "me")
        assert await database.transaction(owner_exists)
        assert (owner.provider, owner.name, label(owner)) == ("owner", None, "me")


@pytest.mark.parametrize("spelling", ["me", "ME", " me ", "Me", "ｍｅ"])
async def test_the_owner_is_one_person_however_me_is_spelled(tmp_path: Path, spelling: str) -> None:
    async with register(tmp_path) as database:
        owner = await named(database, "me")
        assert (await named(database, spelling)).id == owner.id


@pytest.mark.parametrize(
    ("first", "second"),
    [("Zoé", "zoé"), ("Ana María", "ana  maría"), ("Zoe\u0301", "Zo\u00e9"), ("Straße", "STRASSE")],
)
async def test_two_spellings_that_nobody_can_tell_apart_are_one_person(tmp_path: Path, first: str, second: str) -> None:
    async with register(tmp_path) as database:
        assert (await named(database, first)).id == (await named(database, second)).id


async def test_a_new_name_is_a_new_person_who_is_not_the_owner(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        owner, friend = await named(database, "me"), await named(database, "Friend")
        assert friend.id != owner.id
        assert friend.name == "Friend"


async def test_a_person_is_found_by_id_too(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        friend = await named(database, "Friend")
        assert await named(database, friend.id) == friend


@pytest.mark.parametrize(
    "who", ["", "   ", "\x00", "me\u200b", "a\x1b[31mb", "x" * 65, "\u202eeman", "line\nline\x07", "\ud800"]
)
async def test_what_cannot_be_read_cannot_be_a_name(tmp_path: Path, who: str) -> None:
    async with register(tmp_path) as database:
        with pytest.raises(ApprovalError, match="cannot be somebody's name"):
            await named(database, who)
        assert await database.transaction(tables.all_people) == []


async def test_a_blocked_person_is_not_let_in_by_naming_them(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        friend = await named(database, "Friend")
        await database.transaction(lambda tx: tx.execute("UPDATE people SET blocked_at = 1 WHERE provider = 'owner'"))
        for who in ("Friend", friend.id):
            with pytest.raises(ApprovalError, match="Friend is blocked"):
                await named(database, who)


def test_a_person_is_called_by_name_then_email_then_id() -> None:
    assert label(Person("per_1", "privy", "one@example.com", "One")) == "One"
    assert label(Person("per_1", "privy", "one@example.com")) == "one@example.com"
    assert label(Person("per_1", "privy")) == "per_1"
    assert label(Person("per_1", "privy", name="\u202eevil\x1b[0m")) == "evil[0m"


@pytest.mark.parametrize(
    ("email", "name", "called", "decided_about"),
    [
        ("alice@example.com", "Alice", "Alice", "alice@example.com (Alice)"),
        (None, "wallet 0x12aB…ffee", "wallet 0x12aB…ffee", "Privy account …k2p9x7 (wallet 0x12aB…ffee)"),
        (None, None, "Privy account …k2p9x7", "Privy account …k2p9x7"),
    ],
)
def test_nobody_has_to_read_a_did(email: str | None, name: str | None, called: str, decided_about: str) -> None:
    person = Person("did:privy:cm0abcdefghijk2p9x7", "privy", email=email, name=name)
    assert (label(person), in_full(person)) == (called, decided_about)
