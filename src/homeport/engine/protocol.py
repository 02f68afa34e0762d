"""What one can ask of a Homeport: the Engine answers in its own process, `control.client` from another one.

Only data crosses this border: frozen dataclasses of strings, numbers and lists, so that the control listener can
send them as JSON. No answer carries a secret or a code that somebody must type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class AppStatus:
    """One served app: where it is, how many tools it has, and what is wrong with it (empty: nothing)."""

    name: str
    path: str
    connector_url: str
    tools: int
    problem: str


@dataclass(frozen=True, slots=True)
class Status:
    """How Homeport is: `state` is one of stopped, starting, online, stopping, error."""

    state: str
    problem: str
    connector_url: str
    local_url: str
    public_url: str
    tunnel: str
    apps: list[AppStatus]
    waiting: int
    grants: int
    secrets: str
    database: str
    data_dir: str
    version: str
    pid: int
    started_at: float
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A question that waits for the owner. The code to type is on the other screen only."""

    number: int
    kind: str
    client: str
    client_verified: bool
    redirect_host: str
    age_seconds: int
    network: str
    same_network: bool
    browser: str


@dataclass(frozen=True, slots=True)
class ToolLine:
    """One tool as a person is told of it: `effect` is read, write or destroy; `new` since the last consent."""

    name: str
    title: str
    effect: str
    new: bool


@dataclass(frozen=True, slots=True)
class ApprovalPreview:
    """What typing this code would allow, shown before the owner says yes.

    `relay_warning` names whose browser gets access. `people` are (id, label) of known persons; "me" is offered first
    only while `owner_exists` is False.
    """

    request: PendingRequest
    scopes: list[str]
    tools: list[ToolLine]
    relay_warning: str
    owner_exists: bool
    people: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Approved:
    number: int
    client: str
    person: str
    scopes: list[str]


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
class PersonSummary:
    person_id: str
    name: str
    provider: str
    email: str
    created_at: int
    blocked: bool
    live_grants: int


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


class EngineMethods(Protocol):
    """The Engine's methods. Each raises a HomeportError that says what happened and what to do next."""

    async def status(self) -> Status: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def pending(self) -> list[PendingRequest]: ...
    async def preview_approval(self, code: str) -> ApprovalPreview: ...
    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        """`who` is "me", a person's id or name, or the name of somebody new.

        With `read_only` write is left out; with `consent_in_browser` the person still decides on their own page.
        """
        ...

    async def deny(self, number: int | None) -> int:
        """Deny one request, or all with None; returns how many were denied."""
        ...

    async def clients(self) -> list[ClientSummary]: ...
    async def hosts(self) -> list[WaitingHost]: ...
    async def allow_host(self, host: str) -> None: ...
    async def people(self) -> list[PersonSummary]: ...
    async def grants(self) -> list[GrantSummary]: ...
    async def revoke_grant(self, grant_id: str) -> None: ...
