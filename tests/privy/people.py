"""The users of one emulated app and the accounts they proved to own, as Privy's answers and tokens show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

# What an identity token keeps of each kind of account, beside `type` and `lv`: it must stay small.
_IN_IDENTITY_TOKEN: dict[str, tuple[str, ...]] = {
    "email": ("address",),
    "phone": ("phone_number",),
    "wallet": ("id", "address", "chain_type", "wallet_client_type"),
    "google_oauth": ("subject", "email", "name"),
    "apple_oauth": ("subject", "email"),
    "linkedin_oauth": ("subject", "email"),
    "twitter_oauth": ("subject", "username", "name"),
    "passkey": ("credential_id",),
}
_USERNAMES = ("github_oauth", "discord_oauth", "instagram_oauth", "tiktok_oauth")


@dataclass(slots=True)
class Account:
    """One linked account. `subject` is what makes it this one among those of its type; times are seconds."""

    type: str
    subject: str
    fields: dict[str, Any]
    first_verified_at: int
    latest_verified_at: int

    def view(self) -> dict[str, Any]:
        return {
            "type": self.type,
            **self.fields,
            "verified_at": self.first_verified_at,
            "first_verified_at": self.first_verified_at,
            "latest_verified_at": self.latest_verified_at,
        }

    def in_identity_token(self) -> dict[str, Any]:
        known = {**self.fields, **({"phone_number": self.subject} if self.type == "phone" else {})}
        usual = ("subject", "username") if self.type in _USERNAMES else ("subject",)
        kept = {name: known[name] for name in _IN_IDENTITY_TOKEN.get(self.type, usual) if known.get(name) is not None}
        return {"type": self.type, **kept, "lv": self.latest_verified_at}


@dataclass(slots=True)
class User:
    id: str
    created_at: int
    accounts: list[Account] = field(default_factory=list)
    custom_metadata: dict[str, str | int | bool] = field(default_factory=dict)

    def view(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "created_at": self.created_at,
            "linked_accounts": [account.view() for account in self.accounts],
            "mfa_methods": [],
            "has_accepted_terms": False,
            "is_guest": False,
            **({"custom_metadata": self.custom_metadata} if self.custom_metadata else {}),
        }

    def account(self, type: str, subject: str) -> Account | None:
        return next((one for one in self.accounts if (one.type, one.subject) == (type, subject)), None)

    def has_wallet(self) -> bool:
        return any(one.type == "wallet" for one in self.accounts)


class Users:
    """All users of an app."""

    def __init__(self, new_id: Callable[[], str], now: Callable[[], int]) -> None:
        self._new_id = new_id
        self._now = now
        self._users: dict[str, User] = {}

    def __iter__(self) -> Any:
        return iter(self._users.values())

    def get(self, did: str) -> User | None:
        return self._users.get(did)

    def owner_of(self, type: str, subject: str) -> User | None:
        return next((user for user in self._users.values() if user.account(type, subject)), None)

    def owner_of_email(self, email: str) -> User | None:
        """The user with this as a proven e-mail, whichever kind of account proved it."""
        for user in self._users.values():
            for one in user.accounts:
                if str(one.fields.get("address" if one.type == "email" else "email", "")).lower() == email.lower():
                    return user
        return None

    def new(self) -> User:
        user = User(f"did:privy:{self._new_id()}", self._now())
        self._users[user.id] = user
        return user

    def verified(self, user: User, type: str, subject: str, fields: dict[str, Any]) -> Account:
        """The user has just proved to own this account."""
        account = user.account(type, subject)
        if account is None:
            account = Account(type, subject, fields, self._now(), self._now())
            user.accounts.append(account)
        account.fields = {**account.fields, **fields}
        account.latest_verified_at = self._now()
        return account

    def remove(self, did: str) -> None:
        del self._users[did]


def email_account(address: str) -> tuple[str, str, dict[str, Any]]:
    """Type, subject and fields of an e-mail account, as `Users.verified` takes them; so are the next ones."""
    return "email", address.lower(), {"address": address.lower()}


def phone_account(number: str) -> tuple[str, str, dict[str, Any]]:
    return "phone", number, {"number": number, "phoneNumber": number}


def wallet_account(
    address: str, chain_id: str, client: str | None, connector: str | None
) -> tuple[str, str, dict[str, Any]]:
    fields = {
        "address": address,
        "chain_type": "ethereum",
        "chain_id": chain_id,
        "wallet_client": "unknown",
        **({"wallet_client_type": client} if client else {}),
        **({"connector_type": connector} if connector else {}),
    }
    return "wallet", address.lower(), fields
