"""The answers that make a client sign in or ask for more (RFC 6750 3, RFC 9728 5.1). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from homeport.auth import scopes
from homeport.origins import Origin

PROTECTED_RESOURCE = "/.well-known/oauth-protected-resource"


class Challenge(Exception):
    """An HTTP 401 or 403 with its `WWW-Authenticate` value."""

    def __init__(self, status: int, error: str, description: str, www_authenticate: str) -> None:
        super().__init__(description)
        self.status = status
        self.error = error
        self.description = description
        self.www_authenticate = www_authenticate


def invalid_token(origin: Origin, path: str, needed: Iterable[str], description: str) -> Challenge:
    """401: there is no usable token for the resource at `path`; `needed` are all scopes its tools can need."""
    return _challenge(401, "invalid_token", description, origin, path, needed)


def insufficient_scope(origin: Origin, path: str, needed: Iterable[str]) -> Challenge:
    """403: the token is good but lacks `needed`, all scopes of this operation (step-up)."""
    names = scopes.join(needed)
    return _challenge(403, "insufficient_scope", f"This needs the scope {names}.", origin, path, needed)


def _challenge(
    status: int, error: str, description: str, origin: Origin, path: str, needed: Iterable[str]
) -> Challenge:
    fields = {
        "resource_metadata": origin.endpoint(PROTECTED_RESOURCE + path),
        "error": error,
        "error_description": description,
        "scope": scopes.join(needed),
    }
    value = "Bearer " + ", ".join(f'{name}="{text}"' for name, text in fields.items() if text)
    return Challenge(status, error, description, value)
