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
