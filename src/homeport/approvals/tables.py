"""The table `approvals`. Rows live a day after their end, so that a page left open can say what happened."""

from __future__ import annotations

from homeport.approvals.states import Approval, ApprovalState
from homeport.store import Row, Transaction


def insert(tx: Transaction, approval: Approval) -> None:
    tx.execute(
        "INSERT INTO approvals (approval_id, number, kind, subject, state, client_id, client, redirect_host, network,"
        " browser, code_salt, created_at, code_expires_at, expires_at)"
        " VALUES (:approval_id, :number, :kind, :subject, :state, :client_id, :client, :redirect_host, :network,"
        " :browser, :code_salt, :created_at, :code_expires_at, :expires_at)",
        approval_id=approval.approval_id,
        number=approval.number,
        kind=approval.kind,
        subject=approval.subject,
        state=approval.state.value,
        client_id=approval.client_id,
        client=approval.client,
        redirect_host=approval.redirect_host,
        network=approval.network,
        browser=approval.browser,
        code_salt=approval.code_salt,
        created_at=approval.created_at,
        code_expires_at=approval.code_expires_at,
        expires_at=approval.expires_at,
    )


def next_number(tx: Transaction) -> int:
    row = tx.one("SELECT COALESCE(MAX(number), 0) + 1 AS number FROM approvals")
    assert row is not None
    return int(row["number"])


def waiting(tx: Transaction, now: int) -> list[Approval]:
    rows = tx.all(
        "SELECT * FROM approvals WHERE state = 'waiting' AND expires_at > :now ORDER BY created_at, number", now=now
    )
    return [_approval(row) for row in rows]


def find_by_subject(tx: Transaction, subject: str) -> Approval | None:
    row = tx.one("SELECT * FROM approvals WHERE subject = :subject", subject=subject)
    return _approval(row) if row else None


def find_waiting_number(tx: Transaction, number: int, now: int) -> Approval | None:
    row = tx.one(
        "SELECT * FROM approvals WHERE number = :number AND state = 'waiting' AND expires_at > :now",
        number=number,
        now=now,
    )
    return _approval(row) if row else None


def change_state(
    tx: Transaction,
    approval: Approval,
    to: ApprovalState,
    *,
    now: int,
    person_id: str | None = None,
    scope: str | None = None,
) -> bool:
    """Move a row on if it still is where it was read; False when somebody else was first."""
    return (
        tx.execute(
            "UPDATE approvals SET state = :to, decided_at = :now, person_id = :person_id, scope = :scope"
            " WHERE approval_id = :approval_id AND state = :state",
            to=to.value,
            now=now,
            person_id=person_id,
            scope=scope,
            approval_id=approval.approval_id,
            state=approval.state.value,
        )
        == 1
    )


def renew_code(tx: Transaction, approval: Approval, salt: str, *, number: int, created_at: int, until: int) -> None:
    tx.execute(
        "UPDATE approvals SET state = 'waiting', code_salt = :salt, code_expires_at = :until, number = :number,"
        " created_at = :created_at, decided_at = NULL WHERE approval_id = :approval_id",
        salt=salt,
        until=until,
        number=number,
        created_at=created_at,
        approval_id=approval.approval_id,
    )


def recent_denials(tx: Transaction, client_id: str, since: int) -> int:
    row = tx.one(
        "SELECT COUNT(*) AS denials FROM approvals"
        " WHERE client_id = :client_id AND state = 'denied' AND decided_at > :since",
        client_id=client_id,
        since=since,
    )
    assert row is not None
    return int(row["denials"])


def approved(tx: Transaction) -> list[Approval]:
    return [_approval(row) for row in tx.all("SELECT * FROM approvals WHERE state = 'approved'")]


def trim_ended(tx: Transaction, keep: int) -> int:
    """Bound the table against floods: only the newest `keep` of those pushed out, given up or fetched stay."""
    return tx.execute(
        "DELETE FROM approvals WHERE state IN ('displaced', 'fetched') AND created_at < COALESCE("
        "(SELECT created_at FROM approvals WHERE state IN ('displaced', 'fetched')"
        " ORDER BY created_at DESC LIMIT 1 OFFSET :keep), 0)",
        keep=keep,
    )


def forget(tx: Transaction, subject: str) -> int:
    return tx.execute("DELETE FROM approvals WHERE subject = :subject", subject=subject)


def purge(tx: Transaction, before: int) -> int:
    return tx.execute("DELETE FROM approvals WHERE expires_at < :before", before=before)


def _approval(row: Row) -> Approval:
    fields = {name: row[name] for name in Approval.__dataclass_fields__}
    return Approval(**{**fields, "state": ApprovalState(row["state"])})
