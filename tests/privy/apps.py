"""What the owner of a Privy app chooses in Privy's dashboard, as knobs, and the public configuration that follows."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

OAUTH_PROVIDERS = (
    "google", "discord", "twitter", "github", "spotify", "instagram", "tiktok", "linkedin", "apple", "line", "twitch",
    "telegram",
)  # fmt: skip
ELSEWHERE_ONLY = {
    "solana-wallet": "solana_wallet_auth",
    "farcaster": "farcaster_auth",
    "telegram-bot": "telegram_auth",
    "guest": "guest_auth",
    "custom-jwt": "custom_jwt_auth",
}
"""Ways to sign in that the emulated app can have, though nobody can take them here: it has their switches only."""
METHODS = frozenset({"email", "sms", "wallet", "passkey", *OAUTH_PROVIDERS, *ELSEWHERE_ONLY})

RefreshAnswer = Literal["set", "ignore", "ignore-while-valid", "clear"]


@dataclass(slots=True)
class AppClient:
    """An app client: its own origins replace the app's."""

    allowed_origins: list[str] = field(default_factory=list)
    token_ttl: int | None = None
    """Seconds that an app token of this client lives; None means as the app says."""

    def __post_init__(self) -> None:
        for rule in self.allowed_origins:
            check_origin_rule(rule)


@dataclass(slots=True)
class EmulatedApp:
    """One Privy app. Every field may be changed while the emulator runs. Durations are seconds."""

    app_id: str = "cm0homeport0emulator00001"
    app_secret: str = "emulated-app-secret"
    name: str = "Recipes"
    allowed_origins: list[str] = field(default_factory=list)
    """Empty means any origin, as for Privy's development apps."""
    allowed_redirects: list[str] = field(default_factory=list)
    """Empty means any redirect URL at an allowed origin."""
    clients: dict[str, AppClient] = field(default_factory=dict)
    methods: set[str] = field(default_factory=lambda: {"email", "sms", "wallet", "passkey", "google", "github"})
    custom_oauth: dict[str, str] = field(default_factory=dict)
    """Own OAuth providers by id (`custom:...`) with the names people read."""
    captcha: Literal["off", "turnstile", "hcaptcha"] = "off"
    captcha_site_key: str = "0x4EMULATED0SITE0KEY"
    custom_api_url: str | None = None
    """Set means HttpOnly cookies at a domain of the app's owner."""
    allowlist: set[str] | None = None
    """E-mails, e-mail domains, phone numbers and wallet addresses that may sign in; None lets everybody."""
    sign_up: bool = True
    plus_emails: bool = True
    passkeys_for_sign_up: bool = True
    passkey_domain: str | None = None
    """Whose passkeys the app has; None means that of the page that asks."""
    identity_tokens: bool = True
    privy_access_tokens: bool = True
    """False: `privy_access_token` is null, as for older apps."""
    merge_accounts_by_email: bool = False
    create_on_login: Literal["off", "users-without-wallets", "all-users"] = "off"
    token_ttl: int = 3600
    refresh_ttl: int = 30 * 86_400
    code_ttl: int = 600
    refresh: RefreshAnswer = "set"
    wallets_per_minute: int = 240
    readable_refusals: bool = False
    """True: a refused origin can read the 403. Nobody knows what the real one does; False is the harder case."""

    def __post_init__(self) -> None:
        if len(self.app_id) != 25:
            raise ValueError("a Privy app id has 25 characters")
        if unknown := self.methods - METHODS:
            raise ValueError(f"no such sign-in methods: {sorted(unknown)}")
        for rule in self.allowed_origins:
            check_origin_rule(rule)

    def allow(self, origin: str) -> None:
        """What the dashboard does with a new allowed origin. Raises ValueError for one it refuses."""
        check_origin_rule(origin)
        self.allowed_origins.append(origin)

    def origins(self, client_id: str | None) -> list[str]:
        return self.clients[client_id].allowed_origins if client_id else self.allowed_origins

    def admits_origin(self, origin: str, client_id: str | None) -> bool:
        rules = self.origins(client_id)
        return not rules or any(_covers(rule, origin) for rule in rules)

    def app_token_ttl(self, client_id: str | None) -> int:
        own = self.clients[client_id].token_ttl if client_id else None
        return self.token_ttl if own is None else own

    def offers(self, method: str) -> bool:
        return method in self.methods or method in self.custom_oauth

    def configuration(self, verification_key: str, client_id: str | None) -> dict[str, Any]:
        """The AppResponse of Privy's public types, with every field that they demand."""
        wallet_chain = {"create_on_login": self.create_on_login}
        captcha = self.captcha != "off"
        mark = {"turnstile": "t", "hcaptcha": "h", "off": ""}[self.captcha]
        return {
            **dict.fromkeys(_OFF, False),
            **dict.fromkeys(_UNSET),
            **{f"{provider}_oauth": provider in self.methods for provider in OAUTH_PROVIDERS},
            **{switch: method in self.methods for method, switch in ELSEWHERE_ONLY.items()},
            "id": self.app_id,
            "name": self.name,
            "data_classification": "public",
            "allowed_domains": list(self.origins(client_id)),
            "allowed_native_app_ids": [],
            "allowed_native_app_url_schemes": [],
            "allowlist_config": dict.fromkeys(("cta_link", "cta_text", "error_detail", "error_title")),
            "allowlist_enabled": self.allowlist is not None,
            "captcha_enabled": captcha,
            "enabled_captcha_provider": self.captcha if captcha else None,
            **({"captcha_site_key": f"{mark}:{self.captcha_site_key}"} if captcha else {}),
            "custom_api_url": self.custom_api_url,
            "custom_oauth_providers": [
                {"enabled": True, "provider": id, "provider_display_name": name, "provider_icon_url": ""}
                for id, name in self.custom_oauth.items()
            ],
            "disable_plus_emails": not self.plus_emails,
            "email_auth": "email" in self.methods,
            "embedded_wallet_config": {
                "create_on_login": self.create_on_login,
                "ethereum": wallet_chain,
                "solana": {"create_on_login": "off"},
                "mode": "user-controlled-server-wallets-only",
                "require_user_owned_recovery_on_create": False,
                "require_user_password_on_create": False,
                "user_owned_recovery_options": [],
            },
            "merge_accounts_by_email": self.merge_accounts_by_email,
            "mfa_methods": [],
            "passkey_auth": "passkey" in self.methods,
            "passkeys_for_signup_enabled": self.passkeys_for_sign_up,
            "smart_wallet_config": {"enabled": False},
            "sms_auth": "sms" in self.methods,
            "theme": "light",
            "verification_key": verification_key,
            "wallet_auth": "wallet" in self.methods,
        }


_OFF = (
    "enforce_wallet_uis", "external_wallets_for_signup_enabled", "farcaster_link_wallets_enabled",
    "fiat_on_ramp_enabled", "legacy_wallet_ui_config", "require_users_accept_terms", "show_wallet_login_first",
    "telegram_seamless_auth_enabled", "twitter_oauth_on_mobile_enabled", "whatsapp_enabled",
)  # fmt: skip
_UNSET = (
    "accent_color", "icon_url", "legal_name", "logo_url", "max_linked_wallets_per_user", "privacy_policy_url",
    "terms_and_conditions_url", "wallet_connect_cloud_project_id",
)  # fmt: skip
_SHARED_HOSTING = ("vercel.app", "netlify.app", "ngrok-free.app", "ngrok.app", "ngrok.io", "ngrok-free.dev")


def check_origin_rule(rule: str) -> None:
    """The dashboard's rules for an allowed origin. Raises ValueError."""
    parts = urlsplit(rule)
    host = parts.hostname or ""
    if rule != f"{parts.scheme}://{parts.netloc}" or parts.username is not None or rule != rule.lower():
        raise ValueError(f"{rule} is not an origin: scheme, host and port only")
    if parts.scheme != "https" and not (parts.scheme == "http" and host == "localhost" and parts.port):
        raise ValueError(f"{rule} must be https, or http://localhost with a port")
    if "*" in host:
        if not re.fullmatch(r"\*(\.[a-z0-9-]+){2,}", host):
            raise ValueError(f"{rule}: a wildcard stands for whole labels below a domain of one's own")
        if host.removeprefix("*.") in _SHARED_HOSTING:
            raise ValueError(f"{rule}: strangers share that domain")


def _covers(rule: str, origin: str) -> bool:
    if "*" not in rule:
        return rule == origin
    scheme, _, rest = rule.partition("://*")
    return re.fullmatch(re.escape(f"{scheme}://") + r"[a-z0-9-]+(\.[a-z0-9-]+)*" + re.escape(rest), origin) is not None
