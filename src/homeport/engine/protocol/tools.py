"""The tools, their rules, calls that wait for the owner, and what was called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolSummary:
    """One tool as clients are told of it, and its rule: allow, ask or block. `effect` is read, write or destroy.

    `rule_from` says who set the rule; empty: nobody, the default counts. `widget` is empty for a tool without one.
    """

    app: str
    name: str
    title: str
    description: str
    effect: str
    read_only: bool
    destructive: bool
    open_world: bool
    idempotent: bool
    scope: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any] | None
    widget: str
    rule: str
    default_rule: str
    rule_from: str


@dataclass(frozen=True, slots=True)
class CallRequest:
    """One call that the owner is asked about. `arguments` is all of them, as JSON over several lines.

    `digest` is of exactly these arguments: who allows the call gives it back. `waiting`: the client still waits; else
    it was told to call again once the owner has allowed it.
    """

    number: int
    tool: str
    title: str
    effect: str
    person: str
    client: str
    client_verified: bool
    arguments: str
    digest: str
    age_seconds: int
    waiting: bool


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """Something that happened; `at` is seconds since the epoch. `activity_id` grows with time.

    Only a tool's call has tool, HTTP status, JSON-RPC code (0: none), outcome and time, its redacted arguments being
    the `detail`; elsewhere these are empty or 0. Where `preview` is true, `person` did nothing: the owner's own preview
    called as them.
    """

    activity_id: str
    at: int
    kind: str
    tool: str
    person: str
    client: str
    http: int
    rpc: int
    outcome: str
    milliseconds: float
    detail: str
    preview: bool = False
