"""What the activity log may know of a call's arguments: their names, types and sizes, never their text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

SHOWN_ARGUMENTS = 12
LONGEST_NUMBER = 12


def redact(arguments: Mapping[str, object], declared: Iterable[str]) -> str:
    """For example `words: text of 4, limit: 10`. Names that the tool does not declare came with the call: not shown."""
    shown = [f"{name}: {_describe(arguments[name])}" for name in declared if name in arguments][:SHOWN_ARGUMENTS]
    others = len(arguments) - len(shown)
    if others:
        shown.append(f"{others} more")
    return ", ".join(shown)


def _describe(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, (int, float)):
        # bit_length first: writing out a number of a million digits takes seconds.
        short = isinstance(value, float) or value.bit_length() <= 40
        digits = repr(value) if short else ""
        return digits if short and len(digits) <= LONGEST_NUMBER else "number"
    if isinstance(value, str):
        return f"text of {len(value)}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    if isinstance(value, Mapping):
        return f"object of {len(value)}"
    return "value"
