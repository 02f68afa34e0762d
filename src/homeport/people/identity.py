"""Who Privy says somebody is, once its token has been verified. Data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrivyIdentity:
    """One sign-in: `emails` are those that Privy verified; `token_expires_at` is epoch seconds.

    E-mails and name are as Privy has them now: they may be others than at the last sign-in.
    """

    did: str
    session_id: str
    token_expires_at: int
    emails: tuple[str, ...]
    name: str | None
    has_wallet: bool
