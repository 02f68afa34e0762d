"""The table of people."""

from __future__ import annotations

from pathlib import Path

from homeport.people import tables
from homeport.people.person import Person
from homeport.store import Transaction
from tests.people.test_owner import register


async def test_a_person_comes_back_as_they_were_stored(tmp_path: Path) -> None:
    person = Person("per_1", "privy", "one@example.com", "One")

    def work(tx: Transaction) -> None:
        tables.insert(tx, person, subject="did:privy:1", now=5)
        found = tables.find(tx, "per_1")
        assert found == tables.find_subject(tx, "privy", "did:privy:1")
        assert found == tables.PersonRecord(person, "did:privy:1", 5, blocked=False)

    async with register(tmp_path) as database:
        await database.transaction(work)


async def test_one_subject_of_a_provider_is_one_person(tmp_path: Path) -> None:
    def work(tx: Transaction) -> list[str]:
        for person_id, provider in (("per_1", "owner"), ("per_2", "owner"), ("per_3", "privy")):
            tables.insert(tx, Person(person_id, provider), subject="same", now=1)
        return [record.person.id for record in tables.all_people(tx)]

    async with register(tmp_path) as database:
        assert await database.transaction(work) == ["per_1", "per_3"]


async def test_nobody_is_found_under_an_id_that_was_never_given(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        assert await database.transaction(lambda tx: tables.find(tx, "per_x")) is None
        assert await database.transaction(lambda tx: tables.find_subject(tx, "owner", "x")) is None


async def test_a_block_is_told_once_and_kept_until_it_is_taken_back(tmp_path: Path) -> None:
    def work(tx: Transaction) -> list[bool]:
        tables.insert(tx, Person("per_1", "owner"), subject="one", now=1)
        said = [tables.block(tx, "per_1", 2), tables.block(tx, "per_1", 3), tables.block(tx, "per_x", 3)]
        found = tables.find(tx, "per_1")
        assert found is not None
        return [*said, found.blocked, tables.unblock(tx, "per_1"), tables.unblock(tx, "per_1")]

    async with register(tmp_path) as database:
        assert await database.transaction(work) == [True, False, False, True, True, False]


async def test_people_from_before_there_were_accounts_are_as_they_were(tmp_path: Path) -> None:
    def work(tx: Transaction) -> tables.PersonRecord | None:
        tx.execute(
            "INSERT INTO people (person_id, provider, subject, created_at) VALUES ('per_1', 'owner', 'me', 1)",
        )
        assert tables.purge_never_admitted(tx, 2**40) == 0
        assert tables.keep_never_admitted(tx, 0) == 0
        return tables.find(tx, "per_1")

    async with register(tmp_path) as database:
        assert await database.transaction(work) == tables.PersonRecord(Person("per_1"), "me", 1, blocked=False)
        assert await database.transaction(lambda tx: tables.remove(tx, "per_1"))
        assert not await database.transaction(lambda tx: tables.remove(tx, "per_1"))
