"""The tables `codes`, `grants` and `refresh_tokens`. SQL only: what a row means is `grants`'s business."""

from __future__ import annotations

import json
from collections.abc import Sequence

from homeport.auth.grants import REFRESH_SECONDS, Code, Grant, RefreshToken
from homeport.store import Row, Transaction

GRANTS_CHANNEL = "grants"
"""Every replica hears here the id of a grant that ended."""

KEPT_GENERATIONS = 1_000
"""So many links of a family of refresh tokens are known; one that is older still is refused as one that never was."""


def insert_grant(tx: Transaction, grant: Grant, tools: Sequence[str]) -> bool:
    """False when it is there already: the browser asked twice."""
    return (
        tx.execute(
            "INSERT INTO grants (grant_id, client_id, person_id, issuer, resource, scope, redirect_uri, nonce,"
            " tools, created_at, last_used_at, expires_at) VALUES (:grant_id, :client_id, :person_id, :issuer,"
            " :resource, :scope, :redirect_uri, :nonce, :tools, :created_at, :last_used_at, :expires_at)"
            " ON CONFLICT (grant_id) DO NOTHING",
            grant_id=grant.grant_id,
            client_id=grant.client_id,
            person_id=grant.person_id,
            issuer=grant.issuer,
            resource=grant.resource,
            scope=grant.scope,
            redirect_uri=grant.redirect_uri,
            nonce=grant.nonce,
            tools=json.dumps(list(tools)),
            created_at=grant.created_at,
            last_used_at=grant.last_used_at,
            expires_at=grant.expires_at,
        )
        == 1
    )


def insert_code(tx: Transaction, code_digest: str, code: Code, now: int) -> None:
    tx.execute(
        "INSERT INTO codes (code_digest, grant_id, client_id, redirect_uri, redirect_uri_given, code_challenge, issuer,"
        " resource, created_at, expires_at, exchanged) VALUES (:code_digest, :grant_id, :client_id, :redirect_uri,"
        " :given, :code_challenge, :issuer, :resource, :now, :expires_at, 0)",
        code_digest=code_digest,
        grant_id=code.grant_id,
        client_id=code.client_id,
        redirect_uri=code.redirect_uri,
        given=int(code.redirect_uri_given),
        code_challenge=code.code_challenge,
        issuer=code.issuer,
        resource=code.resource,
        now=now,
        expires_at=code.expires_at,
    )


def consume_code(tx: Transaction, code_digest: str, now: int) -> tuple[Code, bool] | None:
    """The code and whether this presentation consumed it; None for one that never was. Atomic on both databases."""
    row = tx.one(
        "UPDATE codes SET consumed_at = :now WHERE code_digest = :digest AND consumed_at IS NULL RETURNING *",
        now=now,
        digest=code_digest,
    )
    if row is not None:
        return _code(row), True
    row = tx.one("SELECT * FROM codes WHERE code_digest = :digest", digest=code_digest)
    return (_code(row), False) if row is not None else None


def mark_exchanged(tx: Transaction, code_digest: str) -> None:
    tx.execute("UPDATE codes SET exchanged = 1 WHERE code_digest = :digest", digest=code_digest)


def find_grant(tx: Transaction, grant_id: str) -> Grant | None:
    row = tx.one("SELECT * FROM grants WHERE grant_id = :grant_id", grant_id=grant_id)
    return _grant(row) if row is not None else None


def lock_grant(tx: Transaction, grant_id: str) -> Grant | None:
    """The grant, locked to the end of the transaction: two refreshes of one family come one after the other."""
    row = tx.one("UPDATE grants SET scope = scope WHERE grant_id = :grant_id RETURNING *", grant_id=grant_id)
    return _grant(row) if row is not None else None


def begin_use(tx: Transaction, grant_id: str, *, auth_method: str, now: int, expires_at: int) -> None:
    tx.execute(
        "UPDATE grants SET auth_method = :auth_method, last_used_at = :now, expires_at = :expires_at"
        " WHERE grant_id = :grant_id",
        auth_method=auth_method,
        now=now,
        expires_at=expires_at,
        grant_id=grant_id,
    )


def extend_use(tx: Transaction, grant_id: str, *, now: int, expires_at: int) -> None:
    tx.execute(
        "UPDATE grants SET last_used_at = :now, expires_at = :expires_at WHERE grant_id = :grant_id",
        now=now,
        expires_at=expires_at,
        grant_id=grant_id,
    )


def touch(tx: Transaction, grant_id: str, at: int) -> None:
    tx.execute(
        "UPDATE grants SET last_used_at = :at WHERE grant_id = :grant_id AND last_used_at < :at",
        at=at,
        grant_id=grant_id,
    )


def revoke(tx: Transaction, grant_id: str, *, because: str, now: int) -> bool:
    """End a grant and tell every replica; False when it had ended before or never was."""
    done = tx.execute(
        "UPDATE grants SET revoked_at = :now, revoked_because = :because"
        " WHERE grant_id = :grant_id AND revoked_at IS NULL",
        now=now,
        because=because,
        grant_id=grant_id,
    )
    if done:
        tx.notify(GRANTS_CHANNEL, grant_id)
    return bool(done)


def forget(tx: Transaction, grant_id: str) -> None:
    """End a grant as if it had never been, and tell every replica: for Homeport's own, which leaves no trace."""
    tx.execute("DELETE FROM grants WHERE grant_id = :grant_id", grant_id=grant_id)
    tx.notify(GRANTS_CHANNEL, grant_id)


def insert_refresh_token(tx: Transaction, token_digest: str, token: RefreshToken) -> None:
    """Add a link to its family, and forget those more than KEPT_GENERATIONS before it."""
    tx.execute(
        "INSERT INTO refresh_tokens (token_digest, grant_id, generation, issued_at)"
        " VALUES (:digest, :grant_id, :generation, :issued_at)",
        digest=token_digest,
        grant_id=token.grant_id,
        generation=token.generation,
        issued_at=token.issued_at,
    )
    if token.generation > KEPT_GENERATIONS:
        # A client may refresh as often as it likes: without a limit its family would grow for 90 days.
        tx.execute(
            "DELETE FROM refresh_tokens WHERE grant_id = :grant_id AND generation < :oldest",
            grant_id=token.grant_id,
            oldest=token.generation - KEPT_GENERATIONS,
        )


def find_refresh_token(tx: Transaction, token_digest: str) -> RefreshToken | None:
    row = tx.one("SELECT * FROM refresh_tokens WHERE token_digest = :digest", digest=token_digest)
    if row is None:
        return None
    return RefreshToken(row["grant_id"], row["generation"], row["issued_at"], row["rotated_at"])


def newest_generation(tx: Transaction, grant_id: str) -> int:
    row = tx.one("SELECT MAX(generation) AS newest FROM refresh_tokens WHERE grant_id = :grant_id", grant_id=grant_id)
    assert row is not None
    return int(row["newest"])


def mark_rotated(tx: Transaction, token_digest: str, now: int) -> None:
    tx.execute("UPDATE refresh_tokens SET rotated_at = :now WHERE token_digest = :digest", now=now, digest=token_digest)


def all_grants(tx: Transaction) -> list[Grant]:
    return [_grant(row) for row in tx.all("SELECT * FROM grants ORDER BY created_at DESC, grant_id")]


def unrevoked_of_issuer(tx: Transaction, issuer: str) -> list[str]:
    rows = tx.all("SELECT grant_id FROM grants WHERE issuer = :issuer AND revoked_at IS NULL", issuer=issuer)
    return [row["grant_id"] for row in rows]


def unrevoked_of_person(tx: Transaction, person_id: str) -> list[str]:
    rows = tx.all(
        "SELECT grant_id FROM grants WHERE person_id = :person_id AND revoked_at IS NULL", person_id=person_id
    )
    return [row["grant_id"] for row in rows]


def live_ids(tx: Transaction, now: int) -> frozenset[str]:
    """The grants that live, also those whose code nobody has traded in yet."""
    rows = tx.all("SELECT grant_id FROM grants WHERE revoked_at IS NULL AND expires_at > :now", now=now)
    return frozenset(row["grant_id"] for row in rows)


def live_grants_by(tx: Transaction, column: str, now: int) -> dict[str, int]:
    """How many live grants each client (`client_id`) or person (`person_id`) has."""
    assert column in ("client_id", "person_id")
    rows = tx.all(
        f"SELECT {column} AS owner, COUNT(*) AS live FROM grants"
        " WHERE revoked_at IS NULL AND auth_method IS NOT NULL AND expires_at > :now GROUP BY 1",
        now=now,
    )
    return {row["owner"]: int(row["live"]) for row in rows}


def has_live_grant(tx: Transaction, client_id: str, now: int) -> bool:
    row = tx.one(
        "SELECT 1 AS found FROM grants WHERE client_id = :client_id AND revoked_at IS NULL"
        " AND auth_method IS NOT NULL AND expires_at > :now",
        client_id=client_id,
        now=now,
    )
    return row is not None


def last_consented_tools(tx: Transaction, client_id: str, person_id: str) -> frozenset[str]:
    """The tools this person was last shown for this client: the rest is marked new."""
    row = tx.one(
        "SELECT tools FROM grants WHERE client_id = :client_id AND person_id = :person_id"
        " ORDER BY created_at DESC LIMIT 1",
        client_id=client_id,
        person_id=person_id,
    )
    return frozenset(json.loads(row["tools"])) if row is not None else frozenset()


def purge(tx: Transaction, *, now: int) -> None:
    """Forget codes an hour after their end, and grants with their families a month after theirs.

    Of a family that lives, what was replaced longer ago than any refresh token lives is forgotten too: such a token is
    refused as one that never was.
    """
    tx.execute("DELETE FROM codes WHERE expires_at < :before", before=now - 3600)
    month_ago = now - 30 * 24 * 3600
    ended = "SELECT grant_id FROM grants WHERE expires_at < :before OR revoked_at < :before"
    tx.execute(f"DELETE FROM refresh_tokens WHERE grant_id IN ({ended})", before=month_ago)
    tx.execute(
        "DELETE FROM refresh_tokens WHERE issued_at < :before AND rotated_at < :before", before=now - REFRESH_SECONDS
    )
    tx.execute("DELETE FROM grants WHERE expires_at < :before OR revoked_at < :before", before=month_ago)


def _code(row: Row) -> Code:
    return Code(
        grant_id=row["grant_id"],
        client_id=row["client_id"],
        redirect_uri=row["redirect_uri"],
        redirect_uri_given=bool(row["redirect_uri_given"]),
        code_challenge=row["code_challenge"],
        issuer=row["issuer"],
        resource=row["resource"],
        expires_at=row["expires_at"],
        consumed_at=row["consumed_at"],
        exchanged=bool(row["exchanged"]),
    )


def _grant(row: Row) -> Grant:
    return Grant(**{name: row[name] for name in Grant.__dataclass_fields__})
