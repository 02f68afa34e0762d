"""Validates the query of /authorize (RFC 6749 4.1.1, RFC 7636 4.3, RFC 8707 2). No I/O but the client look-up.

Until client and redirect URI are known good every error is a PageError, which cannot redirect; after that every error
is a RedirectError, which carries the redirect URI that was matched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from homeport.auth import consent, scopes
from homeport.auth.authorization_requests import AuthorizationParameters
from homeport.auth.client import Client
from homeport.auth.clients import Clients
from homeport.auth.errors import InvalidScope, MatchedRedirect, PageError, RedirectError
from homeport.auth.redirects import match_redirect, redirect_host
from homeport.auth.resources import ServedApp, ServedApps, app_of_resource
from homeport.origins import Origin

_S256_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MOST_STATE = 2048
MOST_NONCE = 512

Query = Mapping[str, Sequence[str]]


async def validate(
    query: Query, origin: Origin, *, clients: Clients, apps: ServedApps, identity: bool
) -> tuple[Client, ServedApp, AuthorizationParameters]:
    """The client, the app and the parameters of a request. Raises PageError or RedirectError."""
    client_id = _one_for_page(query, "client_id")
    if not client_id:
        raise PageError("The app did not say who it is (client_id is missing).", hint="Start again from the app.")
    client = await clients.resolve(client_id)
    presented = _one_for_page(query, "redirect_uri")
    redirect_uri = match_redirect(client, presented)
    if not await clients.redirect_allowed(redirect_uri, client):
        host = redirect_host(redirect_uri)
        raise PageError(
            f"Apps that return to {host} wait for the owner of this computer.",
            title="Waiting for the owner",
            hint=f"On the computer that runs Homeport: homeport clients allow {host}  Then start again from the app.",
            status=403,
        )
    # RFC 6749 3.1: a parameter without a value counts as one that was left out.
    query = {name: values if len(values) > 1 else [v for v in values if v] for name, values in query.items()}
    states = query.get("state", [])
    state = states[0] if len(states) == 1 and _fits(states[0], MOST_STATE) else None

    def refuse(error: str, description: str) -> RedirectError:
        return RedirectError(error, description, redirect_uri=redirect_uri, state=state, iss=origin.issuer)

    resources = list(query.get("resource", []))
    for name, values in query.items():
        if len(values) > 1 and name != "resource":
            raise refuse("invalid_request", "A parameter is given twice.")
    if states and state is None:
        raise refuse("invalid_request", "state is too long, or holds control characters.")
    one = {name: values[0] for name, values in query.items() if values}
    if not _fits(one.get("nonce", ""), MOST_NONCE):
        raise refuse("invalid_request", "nonce is too long, or holds control characters.")
    if "request" in one or "request_uri" in one:
        error = "request_not_supported" if "request" in one else "request_uri_not_supported"
        raise refuse(error, "Request objects are not supported.")
    response_type = one.get("response_type")
    if response_type is None:
        raise refuse("invalid_request", "response_type is missing.")
    if response_type != "code":
        raise refuse("unsupported_response_type", "Only response_type=code is supported.")
    if one.get("response_mode", "query") != "query":
        raise refuse("invalid_request", "Only response_mode=query is supported.")
    challenge = one.get("code_challenge", "")
    # RFC 7636 4.3: without a method it would be plain, which OAuth 2.1 forbids.
    if one.get("code_challenge_method") != "S256" or not _S256_CHALLENGE.fullmatch(challenge):
        raise refuse("invalid_request", "PKCE is required: code_challenge with code_challenge_method=S256.")
    if len(resources) > 1:
        raise refuse("invalid_target", "resource is given twice.")
    app = _app(apps, origin, resources[0] if resources else None)
    if app is None:
        raise refuse("invalid_target", "resource is not one that is served here.")
    try:
        asked = consent.requested_scopes(app, one.get("scope"), identity=identity)
    except InvalidScope as error:
        raise refuse("invalid_scope", error.description) from error
    if "none" in one.get("prompt", "").split(" "):
        # OpenID Connect Core 3.1.2.6: consent is never silent here, so it can never be given without a page.
        raise refuse("interaction_required", "A person must answer on Homeport's own page.")
    parameters = AuthorizationParameters(
        client_id=client.client_id,
        redirect_uri=MatchedRedirect(redirect_uri),
        redirect_uri_given=presented is not None,
        client_state=state,
        code_challenge=challenge,
        issuer=origin.issuer,
        resource=origin.resource(app.path),
        scope=scopes.join(asked),
        nonce=one.get("nonce"),
    )
    return client, app, parameters


def _app(apps: ServedApps, origin: Origin, resource: str | None) -> ServedApp | None:
    served = apps()
    if resource is None:
        return next(iter(served.values()), None)
    return app_of_resource(served, origin, resource)


def _one_for_page(query: Query, name: str) -> str | None:
    values = query.get(name, [])
    if len(values) > 1:
        raise PageError(f"The app's request names {name} twice.", hint="Start again from the app.")
    return values[0] or None if values else None


def _fits(value: str, most: int) -> bool:
    """Whether a value can be kept and echoed (RFC 6749 A.5 allows no control character, nor does PostgreSQL NUL)."""
    return len(value) <= most and not _CONTROL.search(value)
