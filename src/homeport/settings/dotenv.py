"""Reads the text of a .env file into names and values. Knows no name, and no error of it repeats a value.

The form is the one that Node's dotenv, docker compose and a shell agree on: `NAME=value`, `export NAME=value`, quotes
with several lines between them, comments. Nothing is filled in for `$OTHER`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from homeport.errors import SettingsError

_START = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_NOTHING = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_BARE = re.compile(r"[^\n]*")
_QUOTED = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL),
    "'": re.compile(r"'([^']*)'"),
    "`": re.compile(r"`([^`]*)`"),
}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


@dataclass(frozen=True, slots=True)
class DotenvValue:
    """One value and the line it begins in."""

    text: str = field(repr=False)
    line: int


def parse_dotenv(text: str, file: str) -> dict[str, DotenvValue]:
    """Names to values; of two for one name the last counts. `file` is how errors name it. Raises SettingsError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, DotenvValue] = {}
    place = 0
    while place < len(text):
        if nothing := _NOTHING.match(text, place):
            place = nothing.end()
            continue
        line = text.count("\n", 0, place) + 1
        start = _START.match(text, place)
        if start is None:
            raise SettingsError(
                f"{file}, line {line}: this is no NAME=value.",
                hint="Correct the line. A value of several lines stands in quotes.",
            )
        value, place = _value(text, start.end(), f"{file}, line {line}: {start['name']}")
        found[start["name"]] = DotenvValue(value, line)
    return found


def _value(text: str, place: int, named: str) -> tuple[str, int]:
    """The value that begins at `place`, and where the next line begins."""
    quote = text[place : place + 1]
    if quote not in _QUOTED or not quote:
        bare = _BARE.match(text, place)
        assert bare is not None
        value = re.sub(r"(?:^|\s)#.*", "", bare[0]).strip()
        if value.startswith("-----BEGIN ") and "-----END " not in value:
            raise SettingsError(f"{named} goes on in the next line.", hint="Put the whole value into quotes.")
        return value, bare.end() + 1
    quoted = _QUOTED[quote].match(text, place)
    if quoted is None:
        raise SettingsError(f"{named}: the quote {quote} that begins the value is never closed.", hint="Close it.")
    end = _NOTHING.match(text, quoted.end())
    if end is None:
        raise SettingsError(
            f"{named}: something follows the closing quote.", hint="Put the whole value into one pair of quotes."
        )
    value = quoted[1]
    if quote == '"':
        value = re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[0]), value, flags=re.DOTALL)
    return value, end.end()
