"""What a Privy user's linked accounts say: verified e-mails, a name to show, whether there is a wallet. Pure.

Two shapes: the short one of identity tokens (`lv`) and the full one of Privy's API (`latest_verified_at`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeport.foreign_text import clean
from homeport.people import emails

MOST_ACCOUNTS = 200
MOST_EMAILS = 20

# Whoever controls one of these has shown that they control the address too: Privy sent a code to it, or Google or
# Apple, which let nobody sign in with an address that they did not verify. Not in the list on purpose: Discord, GitHub,
# Spotify, LINE, LinkedIn and an owner's own providers. They hand out addresses that nobody may have verified, and
# the account's own verification says no more than that the person signed in there. Who is named by e-mail and signs in
# that way is not recognised, which is the safe side.
_EMAIL_FIELDS = {"email": "address", "google_oauth": "email", "apple_oauth": "email"}
_NAMED = ("google_oauth", "linkedin_oauth", "github_oauth", "twitter_oauth", "spotify_oauth", "line_oauth")
_WALLETS = ("wallet", "smart_wallet")


@dataclass(frozen=True, slots=True)
class LinkedAccounts:
    """`emails`: verified ones, in the form that is compared. `name`: what the person calls themself."""

    emails: tuple[str, ...] = ()
    name: str | None = None
    has_wallet: bool = False

    @classmethod
    def parse(cls, accounts: object) -> LinkedAccounts:
        """From the list of accounts in either shape. Raises ValueError for anything but a list."""
        if not isinstance(accounts, list):
            raise ValueError("the linked accounts are not a list")
        entries = [entry for entry in accounts[:MOST_ACCOUNTS] if isinstance(entry, dict)]
        found = [address for entry in entries if (address := _verified_email(entry)) is not None]
        names = (_name(entry) for kind in _NAMED for entry in entries if entry.get("type") == kind)
        return cls(
            # An address that Privy itself wrote to comes first: it is the person's e-mail towards tools.
            emails=tuple(dict.fromkeys(address for _, address in sorted(found)))[:MOST_EMAILS],
            name=next((name for name in names if name), None),
            has_wallet=any(entry.get("type") in _WALLETS for entry in entries),
        )


def _verified_email(entry: dict[str, Any]) -> tuple[int, str] | None:
    """Rank and address. `verified_at` does not count: Privy sets it too when an app's owner imports an address."""
    kind = entry.get("type")
    field = _EMAIL_FIELDS.get(kind) if isinstance(kind, str) else None
    if field is None or not (_is_time(entry.get("lv")) or _is_time(entry.get("latest_verified_at"))):
        return None
    address = entry.get(field)
    found = emails.normal(address) if isinstance(address, str) else None
    return (list(_EMAIL_FIELDS.values()).index(field), found) if found is not None else None


def _name(entry: dict[str, Any]) -> str | None:
    name = entry.get("name")
    return clean(name) or None if isinstance(name, str) else None


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
