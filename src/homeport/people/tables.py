"""The table `people`. A blocked person keeps their row, so that they stay blocked."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from homeport.people.person import Person
from homeport.store import Row, Transaction

_NEVER_ADMITTED = "provider <> 'owner' AND admitted_as IS NULL AND blocked_at IS NULL"
"""Whoever came and was not let in. People of the provider `owner` are let in by being named, and never are."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A row. `emails` are those the provider verified at the last sign-in, in lower case; times are epoch seconds.

    `admitted_as` is how they were let in: invited, approved, listed or open; None while they were not, and for people
    without an account. `seen_at` is their last sign-in by way of a provider, or 0.
    """

    person: Person
    subject: str
    created_at: int
    blocked: bool
    emails: tuple[str, ...] = ()
    admitted_as: str | None = None
    seen_at: int = 0


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


def update_identity(
    tx: Transaction, person_id: str, *, email: str | None, name: str | None, emails: Sequence[str], now: int
) -> None:
    """What the provider says of a person at this sign-in takes the place of what it said before."""
    tx.execute(
        "UPDATE people SET email = :email, name = :name, emails = :emails, seen_at = :now WHERE person_id = :person_id",
        email=email,
        name=name,
        emails=json.dumps(list(emails)),
        now=now,
        person_id=person_id,
    )


def set_admitted(tx: Transaction, person_id: str, admitted_as: str) -> None:
    tx.execute(
        "UPDATE people SET admitted_as = :admitted_as WHERE person_id = :person_id",
        admitted_as=admitted_as,
        person_id=person_id,
    )


def block(tx: Transaction, person_id: str, now: int) -> bool:
    """False when the person was blocked already, or there is none."""
    return bool(
        tx.execute(
            "UPDATE people SET blocked_at = :now WHERE person_id = :person_id AND blocked_at IS NULL",
            now=now,
            person_id=person_id,
        )
    )


def unblock(tx: Transaction, person_id: str) -> bool:
    """False when the person was not blocked, or there is none."""
    return bool(
        tx.execute(
            "UPDATE people SET blocked_at = NULL WHERE person_id = :person_id AND blocked_at IS NOT NULL",
            person_id=person_id,
        )
    )


def remove(tx: Transaction, person_id: str) -> bool:
    """Forget the person; whatever other rooms keep of them, these forget in the same transaction."""
    return bool(tx.execute("DELETE FROM people WHERE person_id = :person_id", person_id=person_id))


def blocked_addresses(tx: Transaction) -> frozenset[str]:
    """The e-mails of everybody who is blocked, as they were verified when they signed in last."""
    rows = tx.all("SELECT emails FROM people WHERE blocked_at IS NOT NULL")
    return frozenset(email for row in rows for email in json.loads(row["emails"]))


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


def purge_never_admitted(tx: Transaction, before: int) -> int:
    """Forget whoever was never let in and did not come since that second. Returns how many went."""
    return tx.execute(f"DELETE FROM people WHERE {_NEVER_ADMITTED} AND seen_at < :before", before=before)


def keep_never_admitted(tx: Transaction, most: int, *, spare: Collection[str] = ()) -> int:
    """Of those never let in, keep the `most` that came last, and all in `spare`. Returns how many went."""
    row = tx.one(f"SELECT COUNT(*) AS n FROM people WHERE {_NEVER_ADMITTED}")
    assert row is not None
    too_many = int(row["n"]) - most
    if too_many <= 0:
        return 0
    oldest = tx.all(
        f"SELECT person_id FROM people WHERE {_NEVER_ADMITTED} ORDER BY seen_at, created_at, person_id LIMIT :most",
        most=too_many + len(spare),
    )
    going = [row["person_id"] for row in oldest if row["person_id"] not in spare][:too_many]
    return sum(remove(tx, person_id) for person_id in going)


def _record(row: Row) -> PersonRecord:
    return PersonRecord(
        person=Person(id=row["person_id"], provider=row["provider"], email=row["email"], name=row["name"]),
        subject=row["subject"],
        created_at=row["created_at"],
        blocked=row["blocked_at"] is not None,
        emails=tuple(json.loads(row["emails"])),
        admitted_as=row["admitted_as"],
        seen_at=row["seen_at"],
    )
