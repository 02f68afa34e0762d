"""Questions that wait for the owner when somebody wants in, and what a yes would allow."""

from __future__ import annotations

from dataclasses import dataclass


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
