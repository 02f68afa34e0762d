"""Commands of Homeport in messages, as whoever runs it types them: whoever writes a message writes `homeport ...`, and
where it is shown to a person it is put as they must type it.
"""

from __future__ import annotations

import os
import re
import sys

_COMMAND = re.compile(r"(^|[`(]|: )homeport(?=`| [a-z-])")
"""A command stands between backticks, behind a colon, or in brackets."""


def command_prefix() -> str:
    """How this program was started, to be typed again: `uv run homeport` has put no `homeport` on the path."""
    by_uv = os.environ.get("UV_RUN_RECURSION_DEPTH") and not getattr(sys, "frozen", False)
    return "uv run homeport" if by_uv else "homeport"


def as_typed(text: str) -> str:
    """The text with its commands as they are typed here. What is so already stays so."""
    prefix = command_prefix()
    return text if prefix == "homeport" else _COMMAND.sub(lambda found: found[1] + prefix, text)
