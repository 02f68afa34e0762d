"""The table `privy_sessions`: rows as they are stored, tokens still encrypted. Nobody else reads or writes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from homeport.store import Transaction


@dataclass(frozen=True, slots=True)
class SessionRow:
    """`holder` is an authorization request or a grant; the three tokens are sealed. Times are epoch seconds."""

    holder: str
    person_id: str
    token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    privy_access_token: str | None = field(repr=False)
    expires_at: int
    changed_at: int
    refreshing_until: int = 0


def find(tx: Transaction, holder: str) -> SessionRow | None:
    row = tx.one("SELECT * FROM privy_sessions WHERE holder = :holder", holder=holder)
    if row is None:
        return None
    return SessionRow(
        holder=row["holder"],
        person_id=row["person_id"],
        token=row["token"],
        refresh_token=row["refresh_token"],
        privy_access_token=row["privy_access_token"],
        expires_at=row["expires_at"],
        changed_at=row["changed_at"],
        refreshing_until=row["refreshing_until"],
    )


def put(tx: Transaction, row: SessionRow) -> None:
    """Insert or replace the session of this holder."""
    tx.execute(
        "INSERT INTO privy_sessions (holder, person_id, token, refresh_token, privy_access_token, expires_at,"
        " changed_at, refreshing_until) VALUES (:holder, :person_id, :token, :refresh_token, :privy_access_token,"
        " :expires_at, :changed_at, 0) ON CONFLICT (holder) DO UPDATE SET person_id = excluded.person_id,"
        " token = excluded.token, refresh_token = excluded.refresh_token,"
        " privy_access_token = excluded.privy_access_token, expires_at = excluded.expires_at,"
        " changed_at = excluded.changed_at, refreshing_until = 0",
        holder=row.holder,
        person_id=row.person_id,
        token=row.token,
        refresh_token=row.refresh_token,
        privy_access_token=row.privy_access_token,
        expires_at=row.expires_at,
        changed_at=row.changed_at,
    )


def claim(tx: Transaction, row: SessionRow, until: int, now: int) -> bool:
    """Reserve the refresh token of this very row for one refresh; False when another replica was faster."""
    return (
        tx.execute(
            "UPDATE privy_sessions SET refreshing_until = :until"
            " WHERE holder = :holder AND refresh_token = :refresh_token AND refreshing_until <= :now",
            until=until,
            holder=row.holder,
            refresh_token=row.refresh_token,
            now=now,
        )
        == 1
    )


def release(tx: Transaction, row: SessionRow) -> None:
    """The refresh came to nothing: its token may be used again."""
    tx.execute(
        "UPDATE privy_sessions SET refreshing_until = 0 WHERE holder = :holder AND refresh_token = :refresh_token",
        holder=row.holder,
        refresh_token=row.refresh_token,
    )


def renew(tx: Transaction, old: SessionRow, new: SessionRow) -> bool:
    """Replace what the refresh began with; False when it is not there any more: ended, or signed in anew."""
    return (
        tx.execute(
            "UPDATE privy_sessions SET token = :token, refresh_token = :refresh_token,"
            " privy_access_token = :privy_access_token, expires_at = :expires_at, changed_at = :changed_at,"
            " refreshing_until = 0 WHERE holder = :holder AND refresh_token = :seen",
            token=new.token,
            refresh_token=new.refresh_token,
            privy_access_token=new.privy_access_token,
            expires_at=new.expires_at,
            changed_at=new.changed_at,
            holder=old.holder,
            seen=old.refresh_token,
        )
        == 1
    )


def wipe_refresh(tx: Transaction, old: SessionRow) -> None:
    """Privy does not renew this session any more: the app token serves to its end, nothing follows it."""
    tx.execute(
        "UPDATE privy_sessions SET refresh_token = NULL, privy_access_token = NULL, refreshing_until = 0"
        " WHERE holder = :holder AND refresh_token = :seen",
        holder=old.holder,
        seen=old.refresh_token,
    )


def delete(tx: Transaction, holder: str) -> None:
    tx.execute("DELETE FROM privy_sessions WHERE holder = :holder", holder=holder)


def delete_expired(tx: Transaction, holder: str, now: int) -> None:
    """This holder's session, unless a newer one took its place meanwhile."""
    tx.execute("DELETE FROM privy_sessions WHERE holder = :holder AND expires_at <= :now", holder=holder, now=now)


def delete_person(tx: Transaction, person_id: str) -> None:
    tx.execute("DELETE FROM privy_sessions WHERE person_id = :person_id", person_id=person_id)


def holders(tx: Transaction) -> frozenset[str]:
    return frozenset(row["holder"] for row in tx.all("SELECT holder FROM privy_sessions"))


def purge(tx: Transaction, now: int, *, renewable_since: int | None) -> None:
    """Wipe what is over. `renewable_since`: what was last renewed before it cannot be renewed; None: nothing can."""
    if renewable_since is None:
        tx.execute(
            "UPDATE privy_sessions SET refresh_token = NULL, privy_access_token = NULL WHERE refresh_token IS NOT NULL"
            " OR privy_access_token IS NOT NULL"
        )
        renewable_since = now
    tx.execute(
        "DELETE FROM privy_sessions WHERE expires_at <= :now AND (refresh_token IS NULL OR changed_at <= :since)",
        now=now,
        since=renewable_since,
    )
    # What is renewed later needs no expired app token for it, as long as it has the other one.
    tx.execute(
        "UPDATE privy_sessions SET token = '' WHERE expires_at <= :now AND privy_access_token IS NOT NULL"
        " AND token <> ''",
        now=now,
    )
