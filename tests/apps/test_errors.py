"""The codes of a tool's refusals."""

from __future__ import annotations

import pytest

from homeport import Conflict, NotFound, ToolError


class AlreadyPublished(ToolError):
    """Its code comes from its name."""


class HTTPTimeout(Conflict):
    """A name that begins with an abbreviation."""


class Renamed(ToolError):
    """Keeps the code that clients know."""

    code = "old_name"


class RenamedAgain(Renamed):
    """A code is not inherited, so that two refusals can be told apart."""


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ToolError, "tool_error"),
        (NotFound, "not_found"),
        (Conflict, "conflict"),
        (AlreadyPublished, "already_published"),
        (HTTPTimeout, "http_timeout"),
        (Renamed, "old_name"),
        (RenamedAgain, "renamed_again"),
    ],
)
def test_a_code_is_the_class_name_in_snake_case_or_what_the_class_says(kind: type[ToolError], code: str) -> None:
    assert kind.code == code
    assert kind("Nothing was done.").message == "Nothing was done."
