"""The tables `clients`, `redirect_hosts` and `assertion_ids`: statements only. What they mean is decided in the modules
that call them; nothing here is committed until the caller's transaction is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeport.auth.client import Client, Kind, RedirectHost
from homeport.auth.client_metadata import UNNAMED, Metadata
from homeport.store import Row, Transaction

Uses = Callable[[Transaction, str], bool]
"""Whether something that counts (a grant, an authorization request) lives for this `client_id`."""


@dataclass(frozen=True, slots=True)
class StoredClient:
    """A row of `clients`. `renewed_at`: the last registration or good fetch; `fresh_until`: no fetch before that."""

    client: Client
    created_at: int
    renewed_at: int
    fresh_until: int
    used_at: int | None


def canonical(metadata: Metadata) -> str:
    """The one JSON of all stored fields: what is stored, and what a registration's `client_id` is the digest of."""
    fields = {
        "auth_methods": sorted(metadata.auth_methods),
        "jwks": metadata.jwks,
        "jwks_uri": metadata.jwks_uri,
        "name": metadata.name,
        "redirect_uris": list(metadata.redirect_uris),
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def find_client(tx: Transaction, client_id: str) -> StoredClient | None:
    row = tx.one("SELECT * FROM clients WHERE client_id = :client_id", client_id=client_id)
    return None if row is None else _stored_client(row)


def put_client(tx: Transaction, client_id: str, kind: Kind, metadata: str, *, now: int, fresh_until: int) -> None:
    """Insert a client, or renew it with what is known of it now."""
    tx.execute(
        "INSERT INTO clients (client_id, kind, metadata, created_at, renewed_at, fresh_until)"
        " VALUES (:client_id, :kind, :metadata, :now, :now, :fresh_until)"
        " ON CONFLICT (client_id) DO UPDATE SET metadata = excluded.metadata,"
        " renewed_at = excluded.renewed_at, fresh_until = excluded.fresh_until",
        client_id=client_id,
        kind=kind,
        metadata=metadata,
        now=now,
        fresh_until=fresh_until,
    )


def set_client_used(tx: Transaction, client_id: str, now: int) -> None:
    tx.execute(
        "UPDATE clients SET used_at = :now WHERE client_id = :client_id AND used_at IS NULL",
        client_id=client_id,
        now=now,
    )


def list_clients(tx: Transaction, limit: int) -> list[StoredClient]:
    """Used clients first, then the newest."""
    rows = tx.all(
        "SELECT * FROM clients ORDER BY CASE WHEN used_at IS NULL THEN 1 ELSE 0 END, renewed_at DESC LIMIT :limit",
        limit=limit,
    )
    return [_stored_client(row) for row in rows]


def count_unused_clients(tx: Transaction, kind: Kind) -> int:
    row = tx.one("SELECT COUNT(*) AS n FROM clients WHERE kind = :kind AND used_at IS NULL", kind=kind)
    return int(row["n"]) if row else 0


def make_room(tx: Transaction, kind: Kind, *, created_before: int, at_most: int, now: int) -> int:
    """Drop the oldest never-approved clients created before that second; those with a live authorization request stay.
    Returns how many went. A renewal makes no client younger here: who repeats registrations holds nobody out."""
    return tx.execute(
        "DELETE FROM clients WHERE client_id IN (SELECT client_id FROM clients WHERE kind = :kind"
        " AND used_at IS NULL AND created_at < :created_before AND NOT EXISTS (SELECT 1 FROM authorization_requests"
        " WHERE authorization_requests.client_id = clients.client_id AND authorization_requests.expires_at > :now)"
        " ORDER BY created_at LIMIT :at_most)",
        kind=kind,
        created_before=created_before,
        at_most=at_most,
        now=now,
    )


def drop_clients_not_renewed(tx: Transaction, *, renewed_before: int, now: int) -> int:
    """Drop the never-approved clients last renewed before that second; those with a live authorization request stay.
    Returns how many went."""
    return tx.execute(
        "DELETE FROM clients WHERE used_at IS NULL AND renewed_at < :renewed_before"
        " AND NOT EXISTS (SELECT 1 FROM authorization_requests"
        " WHERE authorization_requests.client_id = clients.client_id AND authorization_requests.expires_at > :now)",
        renewed_before=renewed_before,
        now=now,
    )


def has_used_client_of(tx: Transaction, host: str) -> bool:
    """Whether a person approved a client whose metadata document is on this host."""
    prefix = f"https://{host}/"
    row = tx.one(
        "SELECT 1 AS yes FROM clients WHERE kind = 'cimd' AND used_at IS NOT NULL"
        " AND substr(client_id, 1, :length) = :prefix LIMIT 1",
        length=len(prefix),
        prefix=prefix,
    )
    return row is not None


def find_host(tx: Transaction, host: str) -> RedirectHost | None:
    row = tx.one("SELECT * FROM redirect_hosts WHERE host = :host", host=host)
    return None if row is None else _redirect_host(row)


def list_hosts(tx: Transaction) -> list[RedirectHost]:
    return [_redirect_host(row) for row in tx.all("SELECT * FROM redirect_hosts ORDER BY asked_at DESC, host")]


def ask_host(tx: Transaction, host: str, client: str, now: int, *, keep: int) -> bool:
    """Note that this host waits for the owner; only the newest `keep` wait. Returns whether it is new here."""
    new = tx.execute(
        "INSERT INTO redirect_hosts (host, client, asked_at) VALUES (:host, :client, :now)"
        " ON CONFLICT (host) DO NOTHING",
        host=host,
        client=client,
        now=now,
    )
    if not new:
        tx.execute(
            "UPDATE redirect_hosts SET client = :client, asked_at = :now WHERE host = :host AND allowed_at IS NULL",
            host=host,
            client=client,
            now=now,
        )
    waiting = tx.all(
        "SELECT host FROM redirect_hosts WHERE allowed_at IS NULL AND host <> :host ORDER BY asked_at DESC", host=host
    )
    for row in waiting[keep - 1 :]:
        tx.execute("DELETE FROM redirect_hosts WHERE host = :host AND allowed_at IS NULL", host=row["host"])
    return bool(new)


def allow_host(tx: Transaction, host: str, now: int) -> None:
    tx.execute(
        "INSERT INTO redirect_hosts (host, client, asked_at, allowed_at) VALUES (:host, '', :now, :now)"
        " ON CONFLICT (host) DO UPDATE SET allowed_at = :now WHERE redirect_hosts.allowed_at IS NULL",
        host=host,
        now=now,
    )


def withdraw_host(tx: Transaction, host: str) -> bool:
    """False when the host was not allowed."""
    return tx.execute("DELETE FROM redirect_hosts WHERE host = :host AND allowed_at IS NOT NULL", host=host) == 1


def note_assertion(
    tx: Transaction, client_id: str, jti: str, *, assertion_digest: str, used_for: str, expires_at: int, now: int
) -> bool:
    """Take note of an assertion; False when its `jti` was seen before with another assertion or for another purpose.

    An empty `used_for` says that nothing may be repeated.

    One statement decides, so that of two exchanges at once only one wins, on every replica.
    """
    fresh = tx.execute(
        "INSERT INTO assertion_ids (client_id, jti, assertion_digest, used_for, expires_at)"
        " VALUES (:client_id, :jti, :assertion_digest, :used_for, :expires_at)"
        " ON CONFLICT (client_id, jti) DO UPDATE SET assertion_digest = excluded.assertion_digest,"
        " used_for = excluded.used_for, expires_at = excluded.expires_at WHERE assertion_ids.expires_at < :now",
        client_id=client_id,
        jti=jti,
        assertion_digest=assertion_digest,
        used_for=used_for,
        expires_at=expires_at,
        now=now,
    )
    if fresh:
        return True
    row = tx.one(
        "SELECT assertion_digest, used_for FROM assertion_ids WHERE client_id = :client_id AND jti = :jti",
        client_id=client_id,
        jti=jti,
    )
    same = row is not None and (row["assertion_digest"], row["used_for"]) == (assertion_digest, used_for)
    return same and used_for != ""


def drop_expired_assertions(tx: Transaction, now: int) -> int:
    return tx.execute("DELETE FROM assertion_ids WHERE expires_at < :now", now=now)


def client_from(
    client_id: str, kind: Kind, metadata: Metadata, *, verified_host: str | None = None, used: bool = False
) -> Client:
    return Client(
        client_id=client_id,
        kind=kind,
        name=metadata.name or UNNAMED,
        verified_host=verified_host,
        redirect_uris=metadata.redirect_uris,
        auth_methods=metadata.auth_methods,
        jwks_uri=metadata.jwks_uri,
        jwks=metadata.jwks,
        used=used,
    )


def _stored_client(row: Row) -> StoredClient:
    fields: dict[str, Any] = json.loads(row["metadata"])
    metadata = Metadata(
        name=fields["name"],
        redirect_uris=tuple(fields["redirect_uris"]),
        auth_methods=frozenset(fields["auth_methods"]),
        jwks_uri=fields["jwks_uri"],
        jwks=fields["jwks"],
    )
    host = row["client_id"].split("/")[2] if row["kind"] == "cimd" else None
    used_at = row["used_at"]
    return StoredClient(
        client=client_from(row["client_id"], row["kind"], metadata, verified_host=host, used=used_at is not None),
        created_at=row["created_at"],
        renewed_at=row["renewed_at"],
        fresh_until=row["fresh_until"],
        used_at=used_at,
    )


def _redirect_host(row: Row) -> RedirectHost:
    return RedirectHost(row["host"], row["client"], row["asked_at"], row["allowed_at"] or 0)
