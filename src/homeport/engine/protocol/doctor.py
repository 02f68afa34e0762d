"""What the doctor finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HopLine:
    """One hop on the way to an MCP server: `state` is ok, failed, skipped or warning; `fix` is what to do."""

    name: str
    title: str
    state: str
    detail: str
    fix: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All hops in order. `first_failed` is the name of the first that failed; empty: none."""

    url: str
    ok: bool
    hops: list[HopLine]
    first_failed: str
