"""What servers ask with the app secret (api.privy.io, and its older mirror at auth.privy.io), and the public keys."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from tests.privy.door import Body, read_body
from tests.privy.errors import Refused, invalid_data
from tests.privy.people import User
from tests.privy.tenant import Tenant, new_id
from tests.privy.wire import Answer, Request, json_answer


class NewWallet(Body):
    chain_type: Literal["ethereum"]


class NewWallets(Body):
    wallets: list[NewWallet] = Field(min_length=1, max_length=1)


@dataclass(frozen=True, slots=True)
class ServerEndpoint:
    """Below `/v1` at api.privy.io and below `/api/v1` at auth.privy.io."""

    method: str
    collection: str
    rest: str
    work: Callable[[Request, Tenant, str], Any]


def jwks(app_id: str, tenants: Mapping[str, Tenant]) -> Answer:
    """Public: no header is needed."""
    tenant = tenants.get(app_id)
    if tenant is None:
        return Refused(404, "missing_or_invalid_privy_app_id", "App not found").answer()
    return json_answer(tenant.keys.jwks()).adding({"cache-control": "public, max-age=3600"})


def server_call(request: Request, tenants: Mapping[str, Tenant]) -> Answer:
    """One request of the server API; the path begins with /v1 or /api/v1."""
    try:
        _, collection, id, *more = request.path.removeprefix("/api").strip("/").split("/")
        rest = "/".join(more)
        endpoint = next(one for one in ENDPOINTS if (one.collection, one.rest) == (collection, rest))
    except (ValueError, StopIteration):
        return Refused(404, "invalid_data", "No such endpoint").answer()
    try:
        if request.method != endpoint.method:
            raise Refused(405, "invalid_data", "Method not allowed")
        return json_answer(endpoint.work(request, _authenticated(request, tenants), id))
    except Refused as refused:
        return refused.answer()


def _authenticated(request: Request, tenants: Mapping[str, Tenant]) -> Tenant:
    tenant = tenants.get(request.headers.get("privy-app-id", ""))
    if tenant is None:
        raise Refused(401, "missing_or_invalid_privy_app_id", "Invalid Privy app ID")
    expected = base64.b64encode(f"{tenant.app.app_id}:{tenant.app.app_secret}".encode()).decode()
    if not secrets.compare_digest(request.headers.get("authorization", "").encode(), f"Basic {expected}".encode()):
        raise Refused(401, "invalid_credentials", "Invalid app ID or app secret.")
    if request.origin is not None:
        raise Refused(403, "invalid_origin", "The app secret does not belong into a browser")
    return tenant


def _user(tenant: Tenant, did: str) -> User:
    user = tenant.users.get(did)
    if user is None:
        raise Refused(404, "user_does_not_exist", "User not found")
    return user


def _get_user(_: Request, tenant: Tenant, did: str) -> dict[str, Any]:
    return _user(tenant, did).view()


def _create_wallet(request: Request, tenant: Tenant, did: str) -> dict[str, Any]:
    now = tenant.clock()
    tenant.wallets_made = [at for at in tenant.wallets_made if at > now - 60]
    if len(tenant.wallets_made) >= tenant.app.wallets_per_minute:
        raise Refused(429, "too_many_requests", "Too many requests. Please wait to try again.")
    read_body(request, NewWallets)
    user = _user(tenant, did)
    if any(account.fields.get("wallet_client") == "privy" for account in user.accounts):
        raise invalid_data("The user has an embedded wallet already")
    tenant.wallets_made.append(now)
    embedded_wallet(tenant, user)
    return user.view()


def embedded_wallet(tenant: Tenant, user: User) -> str:
    """Give the user a wallet that Privy keeps; the answer is its address."""
    address = "0x" + secrets.token_hex(20)
    fields = {
        "id": new_id(),
        "address": address,
        "chain_id": "eip155:1",
        "chain_type": "ethereum",
        "connector_type": "embedded",
        "delegated": False,
        "imported": False,
        "recovery_method": "privy-v2",
        "wallet_client": "privy",
        "wallet_client_type": "privy",
        "wallet_index": 0,
    }
    tenant.users.verified(user, "wallet", address, fields)
    return address


def _get_app(_: Request, tenant: Tenant, app_id: str) -> dict[str, Any]:
    if app_id != tenant.app.app_id:
        raise Refused(404, "missing_or_invalid_privy_app_id", "App not found")
    return tenant.app.configuration(tenant.keys.current.pem, None)


ENDPOINTS = [
    ServerEndpoint("GET", "users", "", _get_user),
    ServerEndpoint("POST", "users", "wallets", _create_wallet),
    ServerEndpoint("GET", "apps", "", _get_app),
]
