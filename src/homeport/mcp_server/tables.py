"""The table `tool_lists`: which list each client fetched last, for each person. Nobody else reads or writes it."""

from __future__ import annotations

from homeport.store import Transaction


def save_digest(tx: Transaction, path: str, client_id: str, person_id: str, digest: str, *, now: int) -> None:
    tx.execute(
        "INSERT INTO tool_lists (path, client_id, person_id, digest, fetched_at)"
        " VALUES (:path, :client_id, :person_id, :digest, :now)"
        " ON CONFLICT (path, client_id, person_id) DO UPDATE SET digest = :digest, fetched_at = :now",
        path=path,
        client_id=client_id,
        person_id=person_id,
        digest=digest,
        now=now,
    )


def find_digest(tx: Transaction, path: str, client_id: str, person_id: str) -> str | None:
    row = tx.one(
        "SELECT digest FROM tool_lists WHERE path = :path AND client_id = :client_id AND person_id = :person_id",
        path=path,
        client_id=client_id,
        person_id=person_id,
    )
    return None if row is None else str(row["digest"])


def clients_with_other_digest(tx: Transaction, path: str, digest: str) -> list[str]:
    """Clients of whom at least one person's last list is not `digest`."""
    rows = tx.all(
        "SELECT DISTINCT client_id FROM tool_lists WHERE path = :path AND digest <> :digest ORDER BY client_id",
        path=path,
        digest=digest,
    )
    return [str(row["client_id"]) for row in rows]


def forget_person(tx: Transaction, person_id: str) -> None:
    tx.execute("DELETE FROM tool_lists WHERE person_id = :person_id", person_id=person_id)
