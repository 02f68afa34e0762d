"""What a Privy user's linked accounts say: verified e-mails, what to call the person, whether there is a wallet. Pure.

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
_WITH_USERNAME = (
    "github_oauth",
    "twitter_oauth",
    "discord_oauth",
    "telegram",
    "farcaster",
    "instagram_oauth",
    "tiktok_oauth",
    "twitch_oauth",
)
_WALLETS = ("wallet", "smart_wallet")
_LAST_DIGITS = 4
_WHOLE_WALLET = 16


@dataclass(frozen=True, slots=True)
class LinkedAccounts:
    """`emails`: verified ones, in the form that is compared.

    `name`: what the person calls themself; without a name and an e-mail, what else they know this account by: a user
    name, a phone's last digits, or a wallet. It proves nothing.
    """

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
        name = next((name for name in names if name), None)
        return cls(
            # An address that Privy itself wrote to comes first: it is the person's e-mail towards tools.
            emails=tuple(dict.fromkeys(address for _, address in sorted(found)))[:MOST_EMAILS],
            name=name or (None if found else _known_by(entries)),
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


def _known_by(entries: list[dict[str, Any]]) -> str | None:
    """Words for somebody without a name and an e-mail. Long numbers are cut: this is shown in lists and logs."""
    of = {kind: [entry for entry in entries if entry.get("type") == kind] for kind in (*_WITH_USERNAME, "phone")}
    # A wallet that Privy made is one its owner may never have seen.
    own = [
        e for e in entries if e.get("type") in _WALLETS and _text(e, "wallet_client_type", "wallet_client") != "privy"
    ]
    words = (
        *(f"@{name}" for kind in _WITH_USERNAME for e in of[kind] if (name := _text(e, "username"))),
        *(f"phone …{number[-_LAST_DIGITS:]}" for e in of["phone"] if (number := _text(e, "number", "phone_number"))),
        *(f"wallet {_short(address)}" for e in own if (address := _text(e, "address"))),
    )
    return next(iter(words), None)


def _text(entry: dict[str, Any], *fields: str) -> str:
    return next((text for field in fields if isinstance(value := entry.get(field), str) and (text := clean(value))), "")


def _short(address: str) -> str:
    return address if len(address) <= _WHOLE_WALLET else f"{address[:6]}…{address[-4:]}"


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0
