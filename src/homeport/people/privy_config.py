"""What Privy publishes about an app: name, ways to sign in, allowed origins. Pure; nothing in it is secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeport.foreign_text import clean

MOST_ENTRIES = 500
_LONGEST = 300

METHOD_FLAGS = {
    "email_auth": "email",
    "sms_auth": "sms",
    "google_oauth": "google",
    "apple_oauth": "apple",
    "github_oauth": "github",
    "discord_oauth": "discord",
    "twitter_oauth": "twitter",
    "linkedin_oauth": "linkedin",
    "spotify_oauth": "spotify",
    "instagram_oauth": "instagram",
    "tiktok_oauth": "tiktok",
    "line_oauth": "line",
    "twitch_oauth": "twitch",
    "telegram_oauth": "telegram",
    "wallet_auth": "wallet",
    "solana_wallet_auth": "solana-wallet",
    "passkey_auth": "passkey",
    "farcaster_auth": "farcaster",
    "telegram_auth": "telegram-bot",
    "guest_auth": "guest",
    "custom_jwt_auth": "custom-jwt",
}
"""Privy's name of a switch, and ours for the way to sign in; in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class CustomProvider:
    """An OAuth provider that the app's owner added at Privy: `name` begins with `custom:`."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class PrivyAppConfig:
    """The public configuration of one app, or of one app client of it."""

    app_id: str
    name: str
    methods: tuple[str, ...]
    custom_providers: tuple[CustomProvider, ...]
    allowed_origins: tuple[str, ...]
    """As they were entered; none means that every origin is allowed."""
    captcha: str | None
    """`turnstile`, `hcaptcha` or what else there may be; None while it is off."""
    custom_api_url: str | None
    """Set where Privy keeps sessions in cookies of the app's own domain."""
    allowlist: bool
    """Whether Privy itself admits only listed people."""

    @property
    def turnstile(self) -> bool:
        """Whether the sign-in page needs Cloudflare's script."""
        return self.captcha == "turnstile"

    @classmethod
    def parse(cls, document: object, app_id: str) -> PrivyAppConfig:
        """From the JSON document. What is missing counts as off. Raises ValueError for another app's, or none."""
        if not isinstance(document, dict) or document.get("id") != app_id:
            raise ValueError("not the configuration of this app")
        captcha = _text(document.get("enabled_captcha_provider")) or "unknown"
        return cls(
            app_id=app_id,
            name=clean(_text(document.get("name")) or "") or app_id,
            methods=tuple(ours for flag, ours in METHOD_FLAGS.items() if document.get(flag) is True),
            custom_providers=tuple(_custom_providers(document.get("custom_oauth_providers"))),
            allowed_origins=tuple(entry for entry in _list(document.get("allowed_domains")) if isinstance(entry, str)),
            captcha=captcha if document.get("captcha_enabled") is True else None,
            custom_api_url=_text(document.get("custom_api_url")),
            allowlist=document.get("allowlist_enabled") is True,
        )


def _custom_providers(value: object) -> list[CustomProvider]:
    found = []
    for entry in _list(value):
        name = _text(entry.get("provider")) if isinstance(entry, Mapping) and entry.get("enabled") is True else None
        if name is not None and name.startswith("custom:"):
            found.append(CustomProvider(clean(name), clean(_text(entry.get("provider_display_name")) or name)))
    return found


def _list(value: object) -> list[Any]:
    return value[:MOST_ENTRIES] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value[:_LONGEST] if isinstance(value, str) and value else None
