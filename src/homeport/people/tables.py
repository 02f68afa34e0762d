"""The table `people`. A blocked person keeps their row, so that they stay blocked."""

from __future__ import annotations

from dataclasses import dataclass

from homeport.people.person import Person
from homeport.store import Row, Transaction


@dataclass(frozen=True, slots=True)
class PersonRecord:
    person: Person
    subject: str
    created_at: int
    blocked: bool


def insert(tx: Transaction, person: Person, *, subject: str, now: int) -> None:
    tx.execute(
        "INSERT INTO people (person_id, provider, subject, email, name, created_at)"
        " VALUES (:person_id, :provider, :subject, :email, :name, :now)"
        " ON CONFLICT (provider, subject) DO NOTHING",
        person_id=person.id,
        provider=person.provider,
        subject=subject,
        email=person.email,
        name=person.name,
        now=now,
    )


def find(tx: Transaction, person_id: str) -> PersonRecord | None:
    row = tx.one("SELECT * FROM people WHERE person_id = :person_id", person_id=person_id)
    return _record(row) if row else None


def find_subject(tx: Transaction, provider: str, subject: str) -> PersonRecord | None:
    row = tx.one(
        "SELECT * FROM people WHERE provider = :provider AND subject = :subject", provider=provider, subject=subject
    )
    return _record(row) if row else None


def all_people(tx: Transaction) -> list[PersonRecord]:
    return [_record(row) for row in tx.all("SELECT * FROM people ORDER BY created_at, person_id")]


def _record(row: Row) -> PersonRecord:
    person = Person(id=row["person_id"], provider=row["provider"], email=row["email"], name=row["name"])
    return PersonRecord(person, row["subject"], row["created_at"], row["blocked_at"] is not None)
