"""What the authorization server knows of the served apps: their paths, scopes and tools. Data only.

Apps live in a neighbouring room; the engine hands their description over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from homeport.auth import scopes
from homeport.origins import Origin, normal_resource

Effect = Literal["read", "write", "destroy"]


@dataclass(frozen=True, slots=True)
class ToolMark:
    """A tool as consent shows it. `scope` is asked by step-up, beside what `effect` needs."""

    name: str
    title: str
    effect: Effect
    scope: str | None = None

    @property
    def needed(self) -> frozenset[str]:
        base = scopes.READ if self.effect == "read" else scopes.WRITE
        return frozenset({base} if self.scope is None else {base, self.scope})


@dataclass(frozen=True, slots=True)
class ServedApp:
    name: str
    path: str
    tools: tuple[ToolMark, ...]

    @property
    def needed(self) -> tuple[str, ...]:
        """The scopes of the first 401 and of the resource metadata: all that tools need but step-up scopes."""
        needed = {scopes.READ} | {scopes.READ if t.effect == "read" else scopes.WRITE for t in self.tools}
        return scopes.ordered(needed)

    @property
    def grantable(self) -> frozenset[str]:
        """Every scope a person can give for this app."""
        extra = {t.scope for t in self.tools if t.scope is not None}
        return frozenset({scopes.READ, scopes.WRITE, scopes.OFFLINE_ACCESS, *extra})


class ServedApps(Protocol):
    """The live set of apps by path, in a fixed order."""

    def __call__(self) -> Mapping[str, ServedApp]: ...


def app_of_resource(apps: Mapping[str, ServedApp], origin: Origin, resource: str) -> ServedApp | None:
    """The app a resource identifier names at this origin; scheme and host without case (RFC 3986 6.2.2.1)."""
    normal = normal_resource(resource)
    return next((app for app in apps.values() if origin.resource(app.path) == normal), None)
