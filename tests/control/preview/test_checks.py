"""What the preview finds in what an app declares, with the remedy."""

from __future__ import annotations

from typing import Any

from homeport.control.preview.checks import check_tools, check_widget
from homeport.control.preview.policy import widget_policy
from homeport.control.preview.stage import MCP_APP, Resource
from homeport.mcp_server.listing import list_tools
from tests.control.preview.scene import notes_app

GOOD: dict[str, Any] = {
    "name": "find",
    "title": "Find",
    "description": "Find a recipe by words in its title.",
    "annotations": {"readOnlyHint": True, "destructiveHint": False, "openWorldHint": False},
    "outputSchema": {"type": "object"},
    "_meta": {"ui": {"resourceUri": "ui://widget/a.html"}, "openai/outputTemplate": "ui://widget/a.html"},
}


def problems(**changed: Any) -> list[str]:
    return [finding.problem for finding in check_tools([{**GOOD, **changed}])]


def test_what_homeport_lists_itself_has_no_fault() -> None:
    assert check_tools(list_tools(notes_app()).tools) == []


def test_missing_hints_title_description_and_schema_are_found() -> None:
    assert problems() == []
    assert "readOnlyHint, destructiveHint, openWorldHint" in problems(annotations={})[0]
    assert problems(annotations={**GOOD["annotations"], "openWorldHint": None}) != []
    assert problems(title="") == ["It has no title."]
    assert problems(description="Find.")[0].startswith("Its description is too short")
    assert problems(outputSchema=None) == ["It has no output schema."]


def test_two_addresses_and_too_many_words_are_found() -> None:
    assert "do not name the same widget" in problems(_meta={"openai/outputTemplate": "ui://widget/b.html"})[0]
    assert "longer than 64" in problems(_meta={**GOOD["_meta"], "openai/toolInvocation/invoking": "x" * 65})[0]


def test_a_widgets_metadata_is_looked_at() -> None:
    def of(meta: dict[str, Any], *, mime: str = MCP_APP, html: str = "<p>") -> list[str]:
        resource = Resource("ui://widget/a.html", html, mime, meta)
        return [finding.problem for finding in check_widget(resource, widget_policy(meta))]

    good: dict[str, Any] = {"ui": {"domain": "https://a.example.com"}, "openai/widgetDescription": "A list."}
    assert of(good) == []
    assert of(good, mime="text/html+skybridge") == ["Its type is text/html+skybridge."]
    assert of({})[0].startswith("The model is not told")
    assert of({**good, "ui": {**good["ui"], "csp": {"connectDomains": ["*"]}}}) == [
        "'*' is no origin, and is left out."
    ]
    apart = {
        "ui": {"domain": "https://a.example.com", "csp": {"connectDomains": ["https://a.example.com"]}},
        "openai/widgetCSP": {"connect_domains": ["https://b.example.com"]},
        "openai/widgetDescription": "x",
    }
    assert of(apart) == ["ui.csp and openai/widgetCSP do not allow the same hosts."]
    assert of(good, html="x" * 600_000) == ["The document has 600 kB."]
