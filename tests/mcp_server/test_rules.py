"""The owner's rules, without a call."""

from __future__ import annotations

import pytest

from homeport.apps.tools import ToolDefinition
from homeport.mcp_server.rules import Verdict, default_rule, refusal, rule_from
from tests.mcp_server.scene import small_app


def tool(name: str) -> ToolDefinition:
    return small_app().tools[name]


def test_reading_and_writing_is_allowed_and_destroying_is_asked_for() -> None:
    assert default_rule("t", "read") == "allow"
    assert default_rule("t", "write") == "allow"
    assert default_rule("t", "destroy") == "ask"


def test_what_the_owner_has_set_wins_for_that_tool_only() -> None:
    rule = rule_from({"forget": "allow", "add": "block"})
    assert rule("forget", "destroy") == "allow"
    assert rule("add", "read") == "block"
    assert rule("other", "destroy") == "ask"


def test_an_allowed_call_is_not_refused() -> None:
    assert refusal(tool("forget"), "allow") is None


@pytest.mark.parametrize("name", ["add", "forget"])
@pytest.mark.parametrize("verdict", ["ask", "block"])
def test_a_refusal_names_the_setting_that_allows_the_tool(name: str, verdict: Verdict) -> None:
    words = refusal(tool(name), verdict)
    assert words is not None
    assert f'"{name}" = "allow"' in words
    assert "Nothing was done." in words
