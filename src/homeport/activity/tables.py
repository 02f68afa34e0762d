"""The table `activity`: one row for each event worth keeping, of each kind the newest ones only."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from homeport.store import Row, Transaction, Value


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `activity_id` grows with time; `at` is seconds since the epoch.

    Only a tool call has an HTTP status, JSON-RPC code (0: none) and time; `detail` says the rest in words that were
    cleaned, or holds a call's redacted arguments.
    """

    activity_id: str
    at: int
    kind: str
    detail: str
    grant_id: str | None = None
    client_id: str | None = None
    person_id: str | None = None
    tool: str | None = None
    http: int | None = None
    rpc: int | None = None
    outcome: str | None = None
    microseconds: int | None = None


KINDS = (
    "tool_called",
    "call_decided",
    "approval_decided",
    "grant_created",
    "grant_revoked",
    "public_url_changed",
    "app_failed",
)
"""What a row is about."""


def insert(tx: Transaction, entries: Sequence[Entry]) -> None:
    for entry in entries:
        tx.execute(
            "INSERT INTO activity (activity_id, at, kind, grant_id, client_id, person_id, tool, http, rpc, outcome,"
            " microseconds, detail)"
            " VALUES (:activity_id, :at, :kind, :grant_id, :client_id, :person_id, :tool, :http, :rpc, :outcome,"
            " :microseconds, :detail)"
            " ON CONFLICT (activity_id) DO NOTHING",
            activity_id=entry.activity_id,
            at=entry.at,
            kind=entry.kind,
            grant_id=entry.grant_id,
            client_id=entry.client_id,
            person_id=entry.person_id,
            tool=entry.tool,
            http=entry.http,
            rpc=entry.rpc,
            outcome=entry.outcome,
            microseconds=entry.microseconds,
            detail=entry.detail,
        )


def trim(tx: Transaction, *, newest: int, since: int) -> int:
    """Keep the `newest` rows of each kind that are not older than `since`; returns how many went.

    Each kind is counted on its own: whoever calls tools ten thousand times does not push out what was approved,
    granted and revoked.
    """
    gone = tx.execute("DELETE FROM activity WHERE at < :since", since=since)
    for kind in KINDS:
        gone += tx.execute(
            "DELETE FROM activity WHERE kind = :kind AND activity_id <= (SELECT activity_id FROM activity"
            " WHERE kind = :kind ORDER BY activity_id DESC LIMIT 1 OFFSET :newest)",
            kind=kind,
            newest=newest,
        )
    return gone


def latest(tx: Transaction, limit: int) -> list[Entry]:
    """The newest first."""
    rows = tx.all("SELECT * FROM activity ORDER BY activity_id DESC LIMIT :limit", limit=limit)
    return [_entry(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Sought:
    """What an entry must have: `text` in one of its own columns, or one of these people or clients. Empty: anything."""

    text: str = ""
    person_ids: Collection[str] = ()
    client_ids: Collection[str] = ()


def page(tx: Transaction, limit: int, *, before: str = "", sought: Sought = Sought()) -> list[Entry]:
    """The newest first, from below the entry `before` (empty: from the newest). Case counts in ASCII letters only
    where the database has it so.
    """
    conditions, values = ["1 = 1"], dict[str, Value]()
    if before:
        conditions.append("activity_id < :before")
        values["before"] = before
    if sought.text:
        own = [f"LOWER({column}) LIKE :text ESCAPE '!'" for column in _SEARCHED]
        values["text"] = "%" + re.sub("[!%_]", r"!\g<0>", sought.text.lower()) + "%"
        for column, ids in (("person_id", sought.person_ids), ("client_id", sought.client_ids)):
            names = [f"{column}_{number}" for number in range(len(ids))]
            values.update(zip(names, ids, strict=True))
            own += [f"{column} = :{name}" for name in names]
        conditions.append(f"({' OR '.join(own)})")
    rows = tx.all(
        f"SELECT * FROM activity WHERE {' AND '.join(conditions)} ORDER BY activity_id DESC LIMIT :limit",
        limit=limit,
        **values,
    )
    return [_entry(row) for row in rows]


def client_ids(tx: Transaction) -> list[str]:
    """The clients that have called, in no order."""
    rows = tx.all("SELECT DISTINCT client_id FROM activity WHERE client_id IS NOT NULL LIMIT 1000")
    return [str(row["client_id"]) for row in rows]


_SEARCHED = ("kind", "tool", "outcome", "detail")


def _entry(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__slots__})
