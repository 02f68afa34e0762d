"""How an app's tools look on the wire, and the digest that says whether a client has seen today's list. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from homeport.apps.app import App
from homeport.apps.tools import ToolDefinition
from homeport.mcp_server.widget_meta import tool_meta

NO_ADDRESSES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Listing:
    """The tools of one app as clients get them, in a fixed order."""

    tools: tuple[Mapping[str, Any], ...]
    digest: str
    with_headers: frozenset[str]
    """Tools whose schema repeats arguments in `Mcp-Param-*` headers."""


def list_tools(app: App, addresses: Mapping[str, str] = NO_ADDRESSES) -> Listing:
    """Everybody sees the same list, whatever their scopes: a missing one is asked for when the tool is called.

    `addresses` are those of the app's widgets, by name: another address is another list.
    """
    tools = tuple(_describe(tool, addresses) for tool in app.tools.values())
    canonical = json.dumps(tools, sort_keys=True, separators=(",", ":"), default=str)
    digest = hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()
    with_headers = frozenset(name for name, tool in app.tools.items() if "x-mcp-header" in str(tool.input_schema))
    return Listing(tools, digest, with_headers)


def _describe(tool: ToolDefinition, addresses: Mapping[str, str]) -> dict[str, Any]:
    security = [{"type": "oauth2", "scopes": sorted(tool.scopes)}]
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": tool.input_schema,
        "outputSchema": tool.output_schema,
        "annotations": {
            "title": tool.title,
            "readOnlyHint": tool.effect == "read",
            "destructiveHint": tool.effect == "destroy",
            "idempotentHint": tool.idempotent or tool.effect == "read",
            "openWorldHint": tool.open_world,
        },
        # Twice: ChatGPT reads the top level, clients that drop unknown fields keep _meta.
        "securitySchemes": security,
        "_meta": {"securitySchemes": security, **tool_meta(tool, addresses)},
    }
