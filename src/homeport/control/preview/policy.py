"""The Content-Security-Policy a widget lives under in ChatGPT, from what its metadata asks for. Pure.

Where nothing is declared this is the default of MCP Apps (2026-01-26, "Content Security Policy"), without its 'self':
in ChatGPT that is a sandbox host which holds none of the widget's files, so that such a request fails there as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# Nothing that could end a directive or be a keyword of CSP gets through: scheme, host, perhaps a port.
_SOURCE = re.compile(
    r"(?:https|wss|http|ws)://(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?(?::[0-9]{1,5})?/?"
)

STANDARD = {
    "connect": "connectDomains",
    "resource": "resourceDomains",
    "frame": "frameDomains",
    "base": "baseUriDomains",
}
ALIAS = {"connect": "connect_domains", "resource": "resource_domains", "frame": "frame_domains"}


@dataclass(frozen=True, slots=True)
class WidgetPolicy:
    """`directives` without what says who may embed the page; `refused` are declared sources that no browser takes."""

    directives: str
    refused: tuple[str, ...]

    def header(self, embedder: str) -> str:
        """The whole header for a document that only `embedder`, an origin, may show."""
        return f"{self.directives}; frame-ancestors {embedder}"


def widget_policy(meta: Mapping[str, Any]) -> WidgetPolicy:
    """The policy for a resource with this `_meta`."""
    declared = declared_sources(meta)
    refused = [source for sources in declared.values() for source in sources if not _SOURCE.fullmatch(source)]
    allowed = {kind: [s for s in sources if _SOURCE.fullmatch(s)] for kind, sources in declared.items()}
    resource = allowed["resource"]
    rules: tuple[tuple[str, list[str]], ...] = (
        ("default-src", ["'none'"]),
        ("script-src", ["'unsafe-inline'", *resource]),
        ("style-src", ["'unsafe-inline'", *resource]),
        ("img-src", ["data:", *resource]),
        ("font-src", resource),
        ("media-src", ["data:", *resource]),
        ("connect-src", allowed["connect"]),
        ("frame-src", allowed["frame"]),
        ("object-src", []),
        ("base-uri", allowed["base"]),
        # Not in the default: but a form that leaves the page would leave the frame's policy as well.
        ("form-action", []),
    )
    written = "; ".join(
        f"{name} {' '.join(dict.fromkeys(sources)) or chr(39) + 'none' + chr(39)}" for name, sources in rules
    )
    return WidgetPolicy(written, tuple(dict.fromkeys(refused)))


def declared_sources(meta: Mapping[str, Any]) -> dict[str, list[str]]:
    """What is declared, by kind. The standard key wins over ChatGPT's own; what is no list of text is left out."""
    standard, alias = _fields(_fields(meta.get("ui")).get("csp")), _fields(meta.get("openai/widgetCSP"))
    names, declared = (STANDARD, standard) if standard else (ALIAS, alias)
    return {kind: _texts(declared.get(names[kind])) if kind in names else [] for kind in STANDARD}


def redirect_domains(meta: Mapping[str, Any]) -> list[str]:
    """Where a link may lead without a warning: ChatGPT's own key, which MCP Apps has no twin for."""
    return _texts(_fields(meta.get("openai/widgetCSP")).get("redirect_domains"))


def _fields(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: object) -> list[str]:
    return (
        [each for each in value if isinstance(each, str)]
        if isinstance(value, Iterable) and not isinstance(value, str)
        else []
    )
