"""Who and what Homeport knows: clients, hosts, grants, secrets, and its key for a backend."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientSummary:
    client_id: str
    name: str
    kind: str
    verified_host: str
    redirect_hosts: list[str]
    created_at: int
    used_at: int
    live_grants: int
    tool_list_outdated: bool


@dataclass(frozen=True, slots=True)
class WaitingHost:
    """A redirect host: `allowed_at` is 0 while it waits for the owner's allow."""

    host: str
    client: str
    asked_at: int
    allowed_at: int


@dataclass(frozen=True, slots=True)
class GrantSummary:
    grant_id: str
    client: str
    client_id: str
    person: str
    person_id: str
    resource: str
    scopes: list[str]
    created_at: int
    last_used_at: int
    state: str


@dataclass(frozen=True, slots=True)
class SecretSummary:
    """One secret Homeport knows of: what it is for, where it is kept or would be. Never its value."""

    name: str
    about: str
    where: str
    present: bool


@dataclass(frozen=True, slots=True)
class BackendKeyInfo:
    """What a backend needs to verify our assertions. Public values only."""

    installation_id: str
    issuer_claim: str
    audience: str
    jwks_url: str
    pem: str
    jwk: dict[str, str]
