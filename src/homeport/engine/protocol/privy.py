"""What Privy says about an app."""

from __future__ import annotations

from dataclasses import dataclass


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
