"""SQL text: cutting a script into statements and translating parameters. Must not touch a connection.

Both walk over the same tokens, so that a semicolon or colon inside a string, name or comment is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from homeport.errors import StoreError
from homeport.store.database import Value

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n]*|/\*.*?\*/)
    | (?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")
    | (?P<cast>::)
    | (?P<parameter>:[A-Za-z_][A-Za-z0-9_]*)
    | (?P<end>;)
    | (?P<other>[^-/'":;]+|.)
    """,
    re.VERBOSE | re.DOTALL,
)


def split_statements(script: str) -> list[str]:
    """The statements of a script in order, without comments and without their semicolons."""
    statements = [""]
    for token in _TOKEN.finditer(script):
        if token.lastgroup == "end":
            statements.append("")
        elif token.lastgroup == "comment":
            statements[-1] += " "
        else:
            statements[-1] += token.group()
    return [statement.strip() for statement in statements if statement.strip()]


def to_pyformat(sql: str) -> str:
    """`:name` as psycopg's `%(name)s`; every other percent sign is doubled."""
    parts: list[str] = []
    for token in _TOKEN.finditer(sql):
        text = token.group()
        parts.append(f"%({text[1:]})s" if token.lastgroup == "parameter" else text.replace("%", "%%"))
    return "".join(parts)


def plain_values(parameters: Mapping[str, Value]) -> dict[str, Value]:
    """Parameters as both databases store them alike: bool as 0 or 1. Raises StoreError for what neither should hold."""
    values: dict[str, Value] = {}
    for name, value in parameters.items():
        if isinstance(value, str):
            # PostgreSQL cannot hold it; refusing it everywhere keeps the two alike.
            if "\x00" in value:
                raise StoreError(f"The text for {name!r} contains a NUL character and was not stored.")
            values[name] = value
        elif isinstance(value, bool):
            values[name] = int(value)
        elif value is None or isinstance(value, (int, float)):
            values[name] = value
        else:
            raise StoreError(
                f"The value for {name!r} is a {type(value).__name__}, which a database column cannot hold."
            )
    return values
