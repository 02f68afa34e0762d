"""What a model reads when a tool refuses. An app subclasses these; any other exception reaches nobody but the log.

ToolError                     the message and `code` reach the model
|- NotFound                   what the arguments name does not exist
|- Conflict                   the state of things does not allow this
"""

from __future__ import annotations

import re

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class ToolError(Exception):
    """A tool's refusal: `message` says what happened and what to do instead, in words for the model.

    `code` is the class name in snake case: `AlreadyPublished` becomes `already_published`.
    """

    code = "tool_error"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            cls.code = _WORD_STARTS.sub("_", cls.__name__).lower()

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ToolError):
    """What the arguments name does not exist, or not for this person."""


class Conflict(ToolError):
    """The state of things does not allow this; nothing was changed."""
