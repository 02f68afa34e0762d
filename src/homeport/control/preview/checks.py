"""What ChatGPT would not like about an app's tools and widgets, each with its remedy. Pure, and about what is declared;
what a widget does while it runs, the page finds out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from homeport.control.preview.policy import WidgetPolicy, declared_sources
from homeport.control.preview.stage import MCP_APP, Resource, widget_uri

Weight = Literal["error", "warning", "note"]

HINTS = ("readOnlyHint", "destructiveHint", "openWorldHint")
LONGEST_STATUS = 64
LARGEST_DOCUMENT = 500_000
"""Characters. ChatGPT names no limit; a chat on a phone has one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is a tool or a widget. `error`: it does not work in ChatGPT; `note`: only for publishing."""

    weight: Weight
    about: str
    problem: str
    fix: str


def check_tools(tools: Sequence[Mapping[str, Any]]) -> list[Finding]:
    return [finding for tool in tools for finding in _check_tool(tool)]


def _check_tool(tool: Mapping[str, Any]) -> Iterator[Finding]:
    name = str(tool.get("name", ""))
    annotations = tool.get("annotations") or {}
    meta = tool.get("_meta") or {}
    if missing := [hint for hint in HINTS if not isinstance(annotations.get(hint), bool)]:
        yield Finding(
            "error",
            name,
            f"It lacks {', '.join(missing)}, which ChatGPT demands of every tool.",
            'Offer it with @app.tool(effect="read"), "write" or "destroy".',
        )
    if not tool.get("title"):
        yield Finding("warning", name, "It has no title.", "Give it one: @app.tool(title=...).")
    if len(str(tool.get("description") or "")) < 20:
        yield Finding(
            "warning",
            name,
            "Its description is too short for a model to know when to use it.",
            "Say more in its docstring.",
        )
    if not tool.get("outputSchema"):
        yield Finding("warning", name, "It has no output schema.", "Give the function a return type.")
    for key in ("openai/toolInvocation/invoking", "openai/toolInvocation/invoked"):
        if len(str(meta.get(key) or "")) > LONGEST_STATUS:
            yield Finding("error", name, f"{key} is longer than {LONGEST_STATUS} characters.", "Say it in fewer words.")
    standard, alias = (meta.get("ui") or {}).get("resourceUri"), meta.get("openai/outputTemplate")
    if widget_uri(tool) and standard != alias:
        yield Finding(
            "warning",
            name,
            "ui.resourceUri and openai/outputTemplate do not name the same widget: hosts differ in what they show.",
            "Declare the widget with @app.tool(widget=...), which writes both.",
        )


def check_widget(resource: Resource, policy: WidgetPolicy) -> list[Finding]:
    return list(_check_widget(resource, policy))


def _check_widget(resource: Resource, policy: WidgetPolicy) -> Iterator[Finding]:
    about, meta = resource.uri, resource.meta
    ui = meta.get("ui") or {}
    if resource.mime_type != MCP_APP:
        yield Finding("error", about, f"Its type is {resource.mime_type or 'missing'}.", f"Hosts show {MCP_APP} only.")
    for source in policy.refused:
        yield Finding(
            "error",
            about,
            f"{source!r} is no origin, and is left out.",
            "Write scheme and host, like https://images.example.com.",
        )
    alias = meta.get("openai/widgetCSP")
    if isinstance(alias, Mapping) and ui.get("csp"):
        without_standard = {key: value for key, value in meta.items() if key != "ui"}
        older, newer = declared_sources(without_standard), declared_sources(meta)
        if any(set(older[kind]) != set(newer[kind]) for kind in ("connect", "resource", "frame")):
            yield Finding(
                "warning",
                about,
                "ui.csp and openai/widgetCSP do not allow the same hosts.",
                "Declare them once, in Widget(...).",
            )
    if declared_sources(meta)["frame"]:
        yield Finding(
            "note",
            about,
            "It shows other pages in frames, which OpenAI reviews more strictly.",
            "Leave frames=[...] out if you can.",
        )
    if len(resource.html) > LARGEST_DOCUMENT:
        yield Finding(
            "warning",
            about,
            f"The document has {len(resource.html) // 1000} kB.",
            "Leave out what the widget does not need.",
        )
    if not meta.get("openai/widgetDescription"):
        yield Finding(
            "note",
            about,
            "The model is not told what the widget shows, and may repeat it.",
            "Say it in Widget(description=...).",
        )
    if not ui.get("domain"):
        yield Finding(
            "note",
            about,
            "It has no domain of its own, which ChatGPT demands of a published app.",
            "Name one in Widget(domain=...).",
        )
