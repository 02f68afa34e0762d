"""The owner's rule for each tool: allow, ask or block. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from homeport.apps.tools import Effect, ToolDefinition

Verdict = Literal["allow", "ask", "block"]
Rule = Callable[[str, Effect], Verdict]
"""Answers for a tool's name and effect."""


def default_rule(tool: str, effect: Effect) -> Verdict:
    """What holds where the owner has set nothing."""
    return "ask" if effect == "destroy" else "allow"


def rule_from(settings: Mapping[str, Verdict]) -> Rule:
    """The owner's table `[rules]`, tool name to verdict, over the defaults."""

    def rule(tool: str, effect: Effect) -> Verdict:
        return settings.get(tool) or default_rule(tool, effect)

    return rule


def refusal(tool: ToolDefinition, verdict: Verdict) -> str | None:
    """Why a call does not go through, in words the model can pass on; None when it does.

    Without a desktop nobody can be asked, so that `ask` means block.
    """
    if verdict == "allow":
        return None
    cause = (
        "The owner of this Homeport has blocked this tool."
        if verdict == "block"
        else "This tool can lose something for good, and the owner of this Homeport has not allowed it."
        if tool.effect == "destroy"
        else "The owner of this Homeport wants to be asked before this tool runs, and cannot be asked here."
    )
    return f'{cause} Nothing was done. The owner can allow it in homeport.toml: under [rules], "{tool.name}" = "allow".'
