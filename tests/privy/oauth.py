"""Sign-in with other providers: PKCE towards the page, and the other provider's own page with its accounts."""

from __future__ import annotations

import hashlib
import html
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from tests.privy.door import AUTH, Body, Call, Endpoint, Mode
from tests.privy.errors import Refused, invalid_credentials, invalid_data
from tests.privy.keys import base64url
from tests.privy.tenant import Tenant
from tests.privy.wire import Answer, Request, html_answer

CALLBACK = "/api/v1/oauth/callback"

PROVIDER_HOSTS = {
    "google": "accounts.google.com",
    "discord": "discord.com",
    "twitter": "x.com",
    "github": "github.com",
    "spotify": "accounts.spotify.com",
    "instagram": "www.instagram.com",
    "tiktok": "www.tiktok.com",
    "linkedin": "www.linkedin.com",
    "apple": "appleid.apple.com",
    "line": "access.line.me",
    "twitch": "id.twitch.tv",
    "telegram": "oauth.telegram.org",
}
CUSTOM_HOST = "sign-in.example.com"
"""Where every provider of one's own (`custom:...`) lives."""


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """An account that somebody has at another provider."""

    subject: str
    email: str | None = None
    name: str | None = None
    username: str | None = None

    def linked(self, provider: str) -> tuple[str, str, dict[str, Any]]:
        kind = provider if provider.startswith("custom:") else f"{provider}_oauth"
        known = {"email": self.email, "name": self.name, "username": self.username}
        return kind, self.subject, {"subject": self.subject, **known}


TWO_ACCOUNTS = (
    ProviderAccount("100000000000000000001", "owner@example.com", "Owner", "owner"),
    ProviderAccount("100000000000000000002", "guest@example.com", "Guest", "guest"),
)


class OAuthInit(Body):
    provider: str
    redirect_to: str
    token: str | None = None
    code_challenge: str | None = None
    state_code: str | None = None


class OAuthCode(Body):
    authorization_code: str
    state_code: str
    code_verifier: str | None = None
    code_type: Literal["raw"] | None = None
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class _Pending:
    provider: str
    redirect_to: str
    challenge: str
    state: str
    client_id: str | None


def provider_host(provider: str) -> str:
    return PROVIDER_HOSTS.get(provider, CUSTOM_HOST)


def check_redirect(url: str, tenant: Tenant, client_id: str | None) -> None:
    """Privy's rules for `redirect_to`, taken strictly. Raises Refused."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")):
        raise invalid_data("redirect_to must be https")
    if url != f"{origin}{parts.path}" or parts.username is not None or parts.path.endswith("/"):
        raise invalid_data("redirect_to must have no query, fragment or trailing slash")
    if not tenant.app.admits_origin(origin, client_id):
        raise Refused(403, "invalid_origin", "redirect_to is not at an allowed origin")
    if tenant.app.allowed_redirects and url not in tenant.app.allowed_redirects:
        raise invalid_data("redirect_to is not an allowed redirect URL")


def _init(call: Call) -> dict[str, str]:
    body = call.body(OAuthInit)
    if body.provider not in PROVIDER_HOSTS and body.provider not in call.tenant.app.custom_oauth:
        raise invalid_data("No such OAuth provider")
    call.tenant.need_method(body.provider)
    check_redirect(body.redirect_to, call.tenant, call.client_id)
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", body.code_challenge or "") or len(body.state_code or "") < 32:
        raise Refused(400, "invalid_pkce_parameters", "code_challenge (S256) and state_code are required")
    call.tenant.need_captcha(body.token)
    state = secrets.token_urlsafe(32)
    pending = _Pending(
        body.provider, body.redirect_to, body.code_challenge or "", body.state_code or "", call.client_id
    )
    call.tenant.oauth.keep(f"state:{state}", pending)
    asked = {
        "client_id": f"privy-at-{body.provider}",
        "redirect_uri": f"https://{AUTH}{CALLBACK}",
        "response_type": "code",
        "state": state,
    }
    return {"url": f"https://{provider_host(body.provider)}/oauth/authorize?{urlencode(asked)}"}


def _authenticate(call: Call) -> object:
    body = call.body(OAuthCode)
    found = call.tenant.oauth.take(f"code:{body.authorization_code}")
    if found is None:
        raise invalid_credentials("Invalid authorization code")
    pending, account = found
    if not secrets.compare_digest(pending.state, body.state_code) or pending.client_id != call.client_id:
        raise Refused(400, "oauth_state_mismatch", "The state is not that of this sign-in")
    verifier = body.code_verifier or ""
    digest = base64url(hashlib.sha256(verifier.encode()).digest())
    if not re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) or digest != pending.challenge:
        raise Refused(400, "invalid_pkce_parameters", "Invalid code_verifier")
    call.tenant.need_method(pending.provider)
    return call.tenant.sign_in(account.linked(pending.provider), call.client_id, body.mode)


def provider_page(
    request: Request, tenants: list[Tenant], accounts: Mapping[str, tuple[ProviderAccount, ...]]
) -> Answer:
    """The other provider's page: a link for each account (`#account-0`, ...) and one to refuse (`#deny`)."""
    found = _pending(request.query.get("state", ""), tenants)
    expected = {"client_id", "redirect_uri", "response_type", "state"}
    if found is None or set(request.query) != expected or request.host != provider_host(found[1].provider):
        return html_answer("<h1>This sign-in is not known here</h1>", status=400)
    _, pending = found
    state = request.query["state"]
    lines = []
    for number, account in enumerate(accounts.get(pending.provider, TWO_ACCOUNTS)):
        shown = html.escape(account.email or account.username or account.subject)
        url = _callback(state=state, code=account.subject)
        lines.append(f'<p><a id="account-{number}" href="{url}">Continue as {shown}</a></p>')
    deny = _callback(state=state, error="access_denied")
    body = f'{"".join(lines)}<p><a id="deny" href="{deny}">Cancel</a></p>'
    title = html.escape(pending.provider)
    return html_answer(f"<!doctype html><html lang=en><title>{title}</title><h1>Sign in with {title}</h1>{body}")


def callback(request: Request, tenants: list[Tenant], accounts: Mapping[str, tuple[ProviderAccount, ...]]) -> Answer:
    """Where the other provider sends the browser: at Privy, which sends it on to the page that asked."""
    found = _pending(request.query.get("state", ""), tenants)
    if found is None:
        return html_answer("<h1>Something went wrong</h1>", status=400)
    tenant, pending = found
    tenant.oauth.take(f"state:{request.query['state']}")
    code = "error"
    if "error" not in request.query:
        offered = accounts.get(pending.provider, TWO_ACCOUNTS)
        account = next((one for one in offered if one.subject == request.query.get("code")), None)
        if account is None:
            return html_answer("<h1>Something went wrong</h1>", status=400)
        code = secrets.token_urlsafe(32)
        tenant.oauth.keep(f"code:{code}", (pending, account))
    back = {"privy_oauth_state": pending.state, "privy_oauth_provider": pending.provider, "privy_oauth_code": code}
    return Answer(302, headers={"location": f"{pending.redirect_to}?{urlencode(back)}", "cache-control": "no-store"})


def _pending(state: str, tenants: list[Tenant]) -> tuple[Tenant, _Pending] | None:
    for tenant in tenants:
        pending = tenant.oauth.peek(f"state:{state}")
        if isinstance(pending, _Pending):
            return tenant, pending
    return None


def _callback(**parameters: str) -> str:
    return html.escape(f"https://{AUTH}{CALLBACK}?{urlencode(parameters)}")


ENDPOINTS = [
    Endpoint("POST", "/api/v1/oauth/init", _init),
    Endpoint("POST", "/api/v1/oauth/authenticate", _authenticate),
]
