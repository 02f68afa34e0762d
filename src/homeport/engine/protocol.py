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
    only while `owner_exists` is False. `newcomer` is who would be let in, where sign-in showed that already and nobody
    need say who this is; empty elsewhere.
    """

    request: PendingRequest
    scopes: list[str]
    tools: list[ToolLine]
    relay_warning: str
    owner_exists: bool
    people: list[tuple[str, str]]
    newcomer: str
    """Who would be let in, where sign-in has shown that already: then nobody asks who this is. Otherwise empty."""


@dataclass(frozen=True, slots=True)
class Approved:
    """`newcomer`: somebody who signed in was let in; what their client may do they decide themselves."""

    number: int
    client: str
    person: str
    scopes: list[str]
    newcomer: bool


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
    """One person. `emails` are all that their provider verified. Times are seconds since the epoch.

    `admitted_as` is how they were let in: invited, approved, listed or open; empty for nobody yet, and for people
    without an account. `seen_at` is when they last signed in or one of their clients was last at work; 0 for never.
    """

    person_id: str
    name: str
    provider: str
    email: str
    created_at: int
    blocked: bool
    live_grants: int
    emails: list[str]
    admitted_as: str
    seen_at: int


@dataclass(frozen=True, slots=True)
class InvitationSummary:
    """An address that waits for its person; `invited_at` is seconds since the epoch."""

    email: str
    invited_at: int


@dataclass(frozen=True, slots=True)
class Invited:
    """The address as it is kept. `note` says why the invitation changes nothing now; empty: it counts."""

    email: str
    note: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes, or went, with a person: their live grants and the invitations for their addresses.

    `person_id` and what belongs to it is empty where there is an invitation only.
    """

    person_id: str
    name: str
    email: str
    provider: str
    grants: int
    invitations: list[str]


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
class MethodLine:
    """One way to sign in with Privy: whether the page offers it, and why not (empty where it does)."""

    name: str
    label: str
    offered: bool
    reason: str


@dataclass(frozen=True, slots=True)
class FindingLine:
    """Something to change at Privy: what, where it is set, and how to fix it. `blocking`: nobody can sign in."""

    what: str
    where: str
    fix: str
    blocking: bool


@dataclass(frozen=True, slots=True)
class PrivyCheck:
    """What Privy says about an app. `ok`: people can sign in with it as it is."""

    app_name: str
    credentials_ok: bool
    methods: list[MethodLine]
    findings: list[FindingLine]
    ok: bool


@dataclass(frozen=True, slots=True)
class BackendKeyInfo:
    """What a backend needs to verify our assertions. Public values only."""

    installation_id: str
    issuer_claim: str
    audience: str
    jwks_url: str
    pem: str
    jwk: dict[str, str]


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
        """`who` is "me", a person's id or name, or the name of somebody new; empty where the preview has a newcomer.

        With `read_only` write is left out; with `consent_in_browser` the person still decides on their own page.
        """
        ...

    async def deny(self, number: int | None) -> int:
        """Deny one request, or all with None; returns how many were denied."""
        ...

    async def clients(self) -> list[ClientSummary]: ...
    async def hosts(self) -> list[WaitingHost]: ...
    async def allow_host(self, host: str) -> None: ...
    async def withdraw_host(self, host: str) -> None:
        """Take back that clients may redirect to this host; grants that exist stay."""
        ...

    async def people(self) -> list[PersonSummary]: ...
    async def invite(self, email: str) -> Invited: ...
    async def invitations(self) -> list[InvitationSummary]: ...
    async def block_person(self, who: str) -> PersonSummary:
        """End this person's access now and keep them out. `who` is an id, an e-mail address or a name."""
        ...

    async def unblock_person(self, who: str) -> PersonSummary:
        """Let a blocked person sign in again; the grants they had stay ended."""
        ...

    async def preview_removal(self, who: str) -> Removal:
        """What `remove_person` would take away. Changes nothing."""
        ...

    async def remove_person(self, who: str) -> Removal:
        """End this person's access and forget them and all that is theirs; or withdraw an invitation."""
        ...

    async def grants(self) -> list[GrantSummary]: ...
    async def revoke_grant(self, grant_id: str) -> None: ...
    async def secrets(self) -> list[SecretSummary]: ...
    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None:
        """Store a secret. Raises ConfirmationNeeded, which says what would end, unless somebody `confirmed` that."""
        ...

    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None:
        """Remove a secret. Raises as `set_secret` does."""
        ...

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck:
        """Ask Privy about an app with this id and secret. Changes nothing."""
        ...

    async def backend_key(self) -> BackendKeyInfo: ...
