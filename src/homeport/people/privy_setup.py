"""Compares what Privy publishes about an app with what Homeport's sign-in page needs, and says what to change. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from homeport.foreign_text import clean
from homeport.people.privy_config import PrivyAppConfig

RETURN_PATH = "/authorize/privy"
"""Where Privy sends people back to after Google and the like: fixed, and without a query, as its list demands."""

_LABELS = {
    "email": "E-mail",
    "sms": "Text message",
    "google": "Google",
    "apple": "Apple",
    "github": "GitHub",
    "discord": "Discord",
    "twitter": "X (Twitter)",
    "linkedin": "LinkedIn",
    "spotify": "Spotify",
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "line": "LINE",
    "twitch": "Twitch",
    "telegram": "Telegram",
    "wallet": "Ethereum wallet",
    "solana-wallet": "Solana wallet",
    "passkey": "Passkey",
    "farcaster": "Farcaster",
    "telegram-bot": "Telegram (bot)",
    "guest": "Guest",
    "custom-jwt": "Own tokens (custom auth)",
}
_OAUTH = frozenset(
    {
        *("google", "apple", "github", "discord", "twitter", "linkedin", "spotify", "instagram", "tiktok", "line"),
        *("twitch", "telegram"),
    }
)
_NOT_HERE = {
    "solana-wallet": "The sign-in page speaks to Ethereum wallets only.",
    "farcaster": "It needs Privy's own window, which the sign-in page does without.",
    "telegram-bot": "Its bot belongs to the one domain that was entered at Telegram.",
    "guest": "A guest is nobody in particular, so there is nobody to let in.",
    "custom-jwt": "It signs people in with tokens of your own app, which the sign-in page does not have.",
}
_DASHBOARD = "https://dashboard.privy.io/apps"
_DOMAINS = f"Privy's dashboard, Configuration > App settings > Domains: {_DASHBOARD}?setting=domains&page=settings"
_CLIENTS = f"Privy's dashboard, Configuration > App settings > Clients: {_DASHBOARD}?setting=clients&page=settings"
_ADVANCED = f"Privy's dashboard, Configuration > App settings > Advanced: {_DASHBOARD}?setting=advanced&page=settings"
_SETTINGS = f"Privy's dashboard, Configuration > App settings: {_DASHBOARD}?page=settings"
_METHODS = f"Privy's dashboard, Login methods: {_DASHBOARD}?page=login-methods"
_USERS = "Privy's dashboard, the app's allowlist: https://dashboard.privy.io"


@dataclass(frozen=True, slots=True)
class Method:
    """A way to sign in that is on at Privy; when it is not `offered` here, `reason` says why."""

    name: str
    label: str
    offered: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` is so, `where` to change it, how to `fix` it. `blocking`: nobody can sign in until then."""

    what: str
    where: str
    fix: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class PrivySetup:
    app_name: str
    methods: tuple[Method, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether people can sign in, as far as the public configuration tells."""
        return not any(finding.blocking for finding in self.findings)


def check_setup(config: PrivyAppConfig, origin: str, *, client_id: str | None = None) -> PrivySetup:
    """`origin` is where people will sign in, such as `https://home.example.com`; "" while it is not known.

    Not public at Privy, and so not checked: the OAuth redirect list, whether sign-up is off, each method's own set-up.
    """
    methods = _methods(config)
    found = [
        *_secure_context(origin),
        *_origin(config, origin, client_id),
        *_cookies(config, client_id),
        *_captcha(config),
        *_nothing_offered(config, methods),
        *_passkeys(methods, origin),
        *_redirects(methods, origin),
        *_allowlist(config),
    ]
    return PrivySetup(config.name, methods, tuple(sorted(found, key=lambda finding: not finding.blocking)))


def allows_origin(config: PrivyAppConfig, origin: str) -> bool:
    """Whether Privy answers a page at this origin. An empty list allows every origin."""
    wanted = origin.lower().rstrip("/")
    return not config.allowed_origins or any(_covers(entry, wanted) for entry in config.allowed_origins)


def _covers(entry: str, origin: str) -> bool:
    rule = entry.strip().lower().rstrip("/")
    if "://" not in rule:
        rule = f"https://{rule}"
    scheme, _, host = rule.partition("://")
    if not host.startswith("*."):
        return rule == origin
    # A wildcard stands for whole labels in front of the rest.
    return re.fullmatch(re.escape(scheme) + r"://([a-z0-9-]+\.)+" + re.escape(host[2:]), origin) is not None


def _methods(config: PrivyAppConfig) -> tuple[Method, ...]:
    methods = []
    for name in config.methods:
        reason = _reason(name, config)
        methods.append(Method(name, _LABELS[name], not reason, reason))
    for provider in config.custom_providers:
        reason = _reason("custom", config)
        methods.append(Method(provider.name, provider.label, not reason, reason))
    return tuple(methods)


def _reason(name: str, config: PrivyAppConfig) -> str:
    """Why a method is not offered, or nothing."""
    if name in _NOT_HERE:
        return _NOT_HERE[name]
    if config.captcha not in (None, "turnstile") and name != "wallet":
        return f"The captcha of this app is {_captcha_name(config)}; the sign-in page can show Turnstile only."
    return ""


def _secure_context(origin: str) -> list[Finding]:
    parts = urlsplit(origin)
    if not origin or parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1"):
        return []
    return [
        Finding(
            what=f"{clean(origin, 200)} is not https. Browsers keep what signing in needs from such pages.",
            where="Homeport's settings, tunnel or public_url",
            fix="Use a tunnel, or an https address of your own.",
            blocking=True,
        )
    ]


def _origin(config: PrivyAppConfig, origin: str, client_id: str | None) -> list[Finding]:
    if not origin or allows_origin(config, origin):
        return []
    shown = clean(origin, 200)
    whose = f"the app client {clean(client_id)}" if client_id else "this app"
    return [
        Finding(
            what=f"Privy does not answer pages at {shown}: it is not among the allowed origins of {whose}.",
            where=_CLIENTS if client_id else _DOMAINS,
            fix=f"Add exactly {shown} to Allowed origins (Web & mobile web), without a path or a slash at the end.",
            blocking=True,
        )
    ]


def _cookies(config: PrivyAppConfig, client_id: str | None) -> list[Finding]:
    if config.custom_api_url is None:
        return []
    fix = (
        f"Switch HttpOnly cookies off in the app client {clean(client_id)}."
        if client_id
        else "Add an app client (Web) with HttpOnly cookies off and Homeport's origin as its only allowed origin, then"
        " enter its id as privy_client_id. Your app keeps its cookies."
    )
    return [
        Finding(
            what=f"Privy keeps this app's sessions in cookies of {clean(config.custom_api_url, 200)}, which browsers do"
            " not send from any other address.",
            where=_CLIENTS,
            fix=fix,
            blocking=True,
        )
    ]


def _captcha(config: PrivyAppConfig) -> list[Finding]:
    if config.captcha in (None, "turnstile"):
        return []
    return [
        Finding(
            what=f"Privy asks for a captcha of {_captcha_name(config)}, which the sign-in page cannot show.",
            where=_SETTINGS,
            fix="Choose Cloudflare Turnstile as captcha provider, or switch the captcha off.",
            # A wallet needs no captcha.
            blocking="wallet" not in config.methods,
        )
    ]


def _nothing_offered(config: PrivyAppConfig, methods: tuple[Method, ...]) -> list[Finding]:
    if any(method.offered for method in methods) or config.captcha not in (None, "turnstile"):
        return []
    if methods:
        what = "None of the ways to sign in that are on at Privy works with Homeport: " + ", ".join(
            method.label for method in methods
        )
    else:
        what = "No way to sign in is on at Privy"
    return [Finding(f"{what}.", _METHODS, "Switch one on, such as e-mail or Google.", blocking=True)]


def _passkeys(methods: tuple[Method, ...], origin: str) -> list[Finding]:
    if not any(method.name == "passkey" and method.offered for method in methods):
        return []
    host = clean(urlsplit(origin).hostname or "Homeport's address")
    return [
        Finding(
            what=f"Passkey: it works only where your app's passkeys were made for {host} or a domain above it; the"
            " sign-in page leaves it out elsewhere. Which domain that is, Privy does not publish.",
            where="Homeport's settings, tunnel or public_url",
            fix="Give Homeport an address below the domain of your app's site, or leave another way to sign in on.",
            blocking=False,
        )
    ]


def _redirects(methods: tuple[Method, ...], origin: str) -> list[Finding]:
    shown = [m.label for m in methods if m.offered and (m.name in _OAUTH or m.name.startswith("custom:"))]
    if not shown or not origin:
        return []
    return [
        Finding(
            what=f"{', '.join(shown)}: Privy may have a list of allowed OAuth redirect URLs; it is not public.",
            where=_ADVANCED,
            fix=f"If that list is not empty, add exactly {clean(origin, 200)}{RETURN_PATH} to it.",
            blocking=False,
        )
    ]


def _allowlist(config: PrivyAppConfig) -> list[Finding]:
    if not config.allowlist:
        return []
    return [
        Finding(
            what="Privy lets in only people on this app's allowlist, whoever Homeport admits.",
            where=_USERS,
            fix="Add the people you invite there too, or switch the allowlist off.",
            blocking=False,
        )
    ]


def _captcha_name(config: PrivyAppConfig) -> str:
    return {"hcaptcha": "hCaptcha", "unknown": "an unknown kind"}.get(config.captcha or "", clean(config.captcha or ""))
