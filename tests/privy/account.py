"""What a page asks beside signing in: the app's configuration, refresh, logout, the user, and analytics."""

from __future__ import annotations

from typing import Any

from tests.privy.door import Body, Call, Endpoint


class RefreshToken(Body):
    refresh_token: str | None = None


class Event(Body):
    event_name: str
    client_id: str | None = None
    payload: dict[str, Any] | None = None


def _configuration(call: Call) -> dict[str, Any]:
    return call.tenant.app.configuration(call.tenant.keys.current.pem, call.client_id)


def _refresh(call: Call) -> dict[str, Any]:
    return call.tenant.sessions.refresh(call.body(RefreshToken).refresh_token, call.bearer, call.client_id)


def _logout(call: Call) -> dict[str, bool]:
    call.tenant.sessions.logout(call.body(RefreshToken).refresh_token, call.bearer, call.client_id)
    return {"success": True}


def _me(call: Call) -> dict[str, Any]:
    user = call.tenant.sessions.authorized(call.bearer, call.client_id).user
    identity = call.tenant.sessions.identity_token(user) if call.tenant.app.identity_tokens else None
    return {"user": user.view(), "identity_token": identity}


def _analytics(call: Call) -> dict[str, Any]:
    call.body(Event)
    return {}


ENDPOINTS = [
    Endpoint("GET", "/api/v1/apps/{app_id}", _configuration, public=True),
    Endpoint("POST", "/api/v1/sessions", _refresh),
    Endpoint("POST", "/api/v1/sessions/logout", _logout),
    Endpoint("GET", "/api/v1/users/me", _me),
    Endpoint("POST", "/api/v1/analytics_events", _analytics),
]
