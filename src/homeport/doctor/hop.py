"""What the doctor finds: one hop on the way from ChatGPT to the tools, and the report of all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from homeport.foreign_text import clean

State = Literal["ok", "failed", "skipped", "warning"]

LONGEST = 500
"""Characters of a detail or a fix: they may quote what a stranger's server said."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One step and what came of it. `detail` is what was found, `fix` what to do next; `fix` is empty where nothing
    need be done."""

    name: str
    title: str
    state: State
    detail: str
    fix: str = ""
    milliseconds: float = 0.0

    def took(self, milliseconds: float) -> Hop:
        return replace(self, milliseconds=round(milliseconds, 1))


@dataclass(frozen=True, slots=True)
class Report:
    """All hops in the order in which ChatGPT takes them."""

    url: str
    hops: tuple[Hop, ...]

    @property
    def first_failed(self) -> str:
        """The name of the first hop that fails, or nothing."""
        return next((hop.name for hop in self.hops if hop.state == "failed"), "")

    @property
    def ok(self) -> bool:
        return not self.first_failed

    @property
    def troubles(self) -> tuple[Hop, ...]:
        """What a person should read: failures, then warnings."""
        failed = tuple(hop for hop in self.hops if hop.state == "failed")
        return failed + tuple(hop for hop in self.hops if hop.state == "warning")


TITLES = {
    "address": "Address",
    "dns": "Name (DNS)",
    "tls": "Certificate (TLS)",
    "reach": "Answer of the server",
    "challenge": "Demand to sign in (401)",
    "resource-metadata": "Resource metadata",
    "resource": "Resource is this address",
    "server-metadata": "Authorization server metadata",
    "issuer": "Issuer",
    "pkce": "PKCE with S256",
    "cimd": "Client metadata documents",
    "registration": "Client registration",
    "authorize": "Sign-in page",
    "token": "Token endpoint",
    "tools-2025": "Tools, protocol of 2025",
    "tools-2026": "Tools, protocol of 2026",
    "widgets": "Widget pages",
}
"""The hops of a public URL by name, in the order in which ChatGPT takes them."""

LOCAL_TITLES = {
    "settings": "Settings",
    "data-folder": "Data folder",
    "disk": "Disk",
    "database": "Database",
    "keyring": "Secrets",
    "signing-keys": "Signing keys",
    "ports": "Ports",
    "bundles": "Pages for the browser",
    "privy": "Privy",
    "clock": "Clock",
    "tunnel": "Tunnel",
    "running": "Homeport runs",
}
"""What is checked on this computer."""


def ok(name: str, detail: str) -> Hop:
    return _hop(name, "ok", detail, "")


def failed(name: str, detail: str, fix: str) -> Hop:
    return _hop(name, "failed", detail, fix)


def warning(name: str, detail: str, fix: str) -> Hop:
    return _hop(name, "warning", detail, fix)


def skipped(name: str, detail: str) -> Hop:
    return _hop(name, "skipped", detail, "")


def rest_skipped(done: Sequence[Hop], names: Iterable[str], because: str) -> tuple[Hop, ...]:
    """`done`, and every hop of `names` that is not among them, not asked."""
    known = {hop.name for hop in done}
    return (*done, *(skipped(name, because) for name in names if name not in known))


def in_order(hops: Iterable[Hop]) -> tuple[Hop, ...]:
    """In the order of the tables above."""
    places = {name: place for place, name in enumerate((*LOCAL_TITLES, *TITLES))}
    return tuple(sorted(hops, key=lambda hop: places[hop.name]))


def _hop(name: str, state: State, detail: str, fix: str) -> Hop:
    title = TITLES.get(name) or LOCAL_TITLES[name]
    return Hop(name, title, state, clean(detail, LONGEST), clean(fix, LONGEST))
