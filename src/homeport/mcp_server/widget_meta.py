"""What is said of a widget on the wire: MCP Apps' words, and beside them the ones that ChatGPT reads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeport.apps.tools import ToolDefinition
from homeport.apps.widgets import Widget

MIME_TYPE = "text/html;profile=mcp-app"


def page_meta(widget: Widget) -> dict[str, Any]:
    """`_meta` of the page: all that it may reach, which is nothing where nothing is named."""
    connect, resources = list(widget.connect), list(widget.resources)
    standard: dict[str, Any] = {"connectDomains": connect, "resourceDomains": resources}
    chatgpt: dict[str, Any] = {"connect_domains": connect, "resource_domains": resources}
    if widget.frames:
        standard["frameDomains"] = chatgpt["frame_domains"] = list(widget.frames)
    if widget.redirects:
        # MCP Apps has no word for it.
        chatgpt["redirect_domains"] = list(widget.redirects)
    ui: dict[str, Any] = {"csp": standard}
    meta: dict[str, Any] = {"ui": ui, "openai/widgetCSP": chatgpt}
    if widget.domain is not None:
        ui["domain"] = meta["openai/widgetDomain"] = widget.domain
    if widget.prefers_border is not None:
        ui["prefersBorder"] = meta["openai/widgetPrefersBorder"] = widget.prefers_border
    if widget.description:
        meta["openai/widgetDescription"] = widget.description
    return meta


def tool_meta(tool: ToolDefinition, addresses: Mapping[str, str]) -> dict[str, Any]:
    """`_meta` of a tool, as far as it is about widgets. A widget without an address is none: its tool works on."""
    widget = tool.widget if tool.widget is not None and tool.widget.name in addresses else None
    access = tool.access or ("model+app" if widget is not None else None)
    ui: dict[str, Any] = {}
    meta: dict[str, Any] = {}
    if widget is not None:
        ui["resourceUri"] = meta["openai/outputTemplate"] = addresses[widget.name]
        if widget.invoking:
            meta["openai/toolInvocation/invoking"] = widget.invoking
        if widget.invoked:
            meta["openai/toolInvocation/invoked"] = widget.invoked
    if access is not None:
        ui["visibility"] = access.split("+")
        meta["openai/widgetAccessible"] = "app" in ui["visibility"]
    return {"ui": ui, **meta} if ui else {}
