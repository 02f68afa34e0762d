"""The table `invitations`: e-mail addresses whose person gets in without being asked about, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from homeport.people import emails as addresses
from homeport.store import Transaction


@dataclass(frozen=True, slots=True)
class Invitation:
    """An address that waits for its person; `invited_at` is epoch seconds."""

    email: str
    invited_at: int


def invite(tx: Transaction, email: str, now: int) -> str:
    """Invite whoever proves this address; returns it as it is kept. Inviting twice is inviting once.

    Raises EmailError.
    """
    address = addresses.parse(email)
    tx.execute(
        "INSERT INTO invitations (email, invited_at) VALUES (:email, :now) ON CONFLICT (email) DO NOTHING",
        email=address,
        now=now,
    )
    return address


def withdraw(tx: Transaction, email: str) -> bool:
    """False when this address was not invited."""
    address = addresses.normal(email.strip())
    return address is not None and take(tx, (address,))


def waits(tx: Transaction, email: str) -> bool:
    """Whether this address, in the form that is compared, is invited."""
    return tx.one("SELECT 1 AS found FROM invitations WHERE email = :email", email=email) is not None


def take(tx: Transaction, emails: Iterable[str]) -> bool:
    """Use up the invitations of one person. Of two people who both claim one, only the first gets it."""
    return sum(tx.execute("DELETE FROM invitations WHERE email = :email", email=email) for email in emails) > 0


def all_invitations(tx: Transaction) -> list[Invitation]:
    rows = tx.all("SELECT email, invited_at FROM invitations ORDER BY invited_at, email")
    return [Invitation(row["email"], row["invited_at"]) for row in rows]
