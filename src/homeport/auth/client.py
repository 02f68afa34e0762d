"""What is known of one client. Data only: where it comes from is `clients`, what it may do is decided elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["static", "dcr", "cimd"]
AuthMethod = Literal["none", "private_key_jwt"]

OUR_AUTH_METHODS: frozenset[AuthMethod] = frozenset({"none", "private_key_jwt"})
"""What a client may prove itself with at the token endpoint. No shared secret exists here."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client as registered; every text in it was cleaned.

    `verified_host` is the host that TLS proved (CIMD) or the only one its codes can reach (static); None for dynamic
    registration, whose name is a mere claim. `used` means that a person approved it at least once.
    """

    client_id: str
    kind: Kind
    name: str
    verified_host: str | None
    redirect_uris: tuple[str, ...]
    auth_methods: frozenset[AuthMethod]
    jwks_uri: str | None = None
    jwks: Mapping[str, Any] | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class ClientSummary:
    """A client for lists. Times are seconds since the epoch; `used_at` is 0 for one never approved."""

    client_id: str
    name: str
    kind: Kind
    verified_host: str
    redirect_hosts: tuple[str, ...]
    created_at: int
    used_at: int


@dataclass(frozen=True, slots=True)
class RedirectHost:
    """A host that some client redirects to; `allowed_at` is 0 while it waits for the owner's allow."""

    host: str
    client: str
    asked_at: int
    allowed_at: int
