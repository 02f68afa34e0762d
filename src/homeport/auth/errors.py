"""The errors of the OAuth RFCs, by who may see them. Decides nothing; what a person reads is in homeport.errors.

OAuthError                    answered as JSON: error, error_description, status, headers
|- InvalidRequest             RFC 6749 5.2
|- InvalidClient              RFC 6749 5.2 (401)
|- InvalidGrant               RFC 6749 5.2
|- UnauthorizedClient         RFC 6749 5.2
|- UnsupportedGrantType       RFC 6749 5.2
|- InvalidScope               RFC 6749 5.2
|- InvalidTarget              RFC 8707 2
|- InvalidRedirectUri         RFC 7591 3.2.2
|- InvalidClientMetadata      RFC 7591 3.2.2
|- SlowDown                   429 with Retry-After
|- TemporarilyUnavailable     503
PageError                     before client and redirect are validated: a page is rendered, never a redirect
RedirectError                 after that: sent to the validated redirect URI with error, state and iss
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NewType

MatchedRedirect = NewType("MatchedRedirect", str)
"""A redirect URI that `redirects.match_redirect` found among the client's own: only this may be redirected to."""


class OAuthError(Exception):
    """An error in JSON (RFC 6749 5.2): `description` is for developers and holds no value the client sent."""

    error = "invalid_request"
    status = 400

    def __init__(self, description: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.headers: dict[str, str] = dict(headers or {})

    def as_json(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


class InvalidRequest(OAuthError):
    error = "invalid_request"


class InvalidClient(OAuthError):
    error = "invalid_client"
    status = 401


class InvalidGrant(OAuthError):
    error = "invalid_grant"


class UnauthorizedClient(OAuthError):
    error = "unauthorized_client"


class UnsupportedGrantType(OAuthError):
    error = "unsupported_grant_type"


class InvalidScope(OAuthError):
    error = "invalid_scope"


class InvalidTarget(OAuthError):
    error = "invalid_target"


class InvalidRedirectUri(OAuthError):
    error = "invalid_redirect_uri"


class InvalidClientMetadata(OAuthError):
    error = "invalid_client_metadata"


class SlowDown(OAuthError):
    """Too many requests; `retry_after` is in seconds."""

    error = "slow_down"
    status = 429

    def __init__(self, description: str, *, retry_after: int) -> None:
        super().__init__(description, headers={"Retry-After": str(retry_after)})
        self.retry_after = retry_after


class TemporarilyUnavailable(OAuthError):
    error = "temporarily_unavailable"
    status = 503


class PageError(Exception):
    """Something is wrong before the redirect URI is known to be the client's: a page is shown, nothing redirects.

    RFC 6749 4.1.2.1 and RFC 9700 4.11: an authorization server must not be an open redirector.
    """

    def __init__(
        self, message: str, *, title: str = "This request cannot go on", hint: str = "", status: int = 400
    ) -> None:
        super().__init__(message)
        self.title = title
        self.message = message
        self.hint = hint
        self.status = status


class RedirectError(Exception):
    """An authorization error that the client is told by redirect; `redirect_uri` is one that was matched before.

    `iss` goes into errors too (RFC 9207 2). `error` is a code of RFC 6749 4.1.2.1, RFC 8707 or OpenID Connect.
    """

    def __init__(
        self, error: str, description: str, *, redirect_uri: MatchedRedirect, state: str | None, iss: str
    ) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.redirect_uri = redirect_uri
        self.state = state
        self.iss = iss

    def parameters(self) -> dict[str, str]:
        """What is added to the redirect URI's query."""
        state = {} if self.state is None else {"state": self.state}
        return {"error": self.error, "error_description": self.description, **state, "iss": self.iss}
