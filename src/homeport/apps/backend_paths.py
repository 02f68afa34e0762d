"""From segments to a path and a query that can only lead below the backend's address. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urlencode

from homeport.apps.backend_errors import PathRefused

Segment = str | int
QueryValue = str | int | float | bool | None | Sequence[str | int | float | bool]

LONGEST = 8_000
"""Characters of path and query; servers refuse more."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.ASCII | re.IGNORECASE)


def path_of(segments: Sequence[Segment]) -> str:
    """`("recipes", "a b")` becomes `/recipes/a%20b`. A slash inside a segment is encoded and never separates.

    Raises PathRefused for a segment that some server between here and there could read as another place, also
    after undoing the encoding: nothing, `.`, `..`, `//host`, an absolute URL, a backslash, a control character.
    """
    if not segments:
        return ""
    return "".join("/" + _encoded(segment) for segment in segments)


def query_of(query: Mapping[str, QueryValue] | None) -> str:
    """`{"q": "a b", "tag": ["x", "y"], "no": None}` becomes `q=a%20b&tag=x&tag=y`; true and false are words."""
    if not query:
        return ""
    pairs: list[tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        values = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        pairs += [(name, _plain(each)) for each in values]
    try:
        return urlencode(pairs, quote_via=quote)
    except UnicodeEncodeError:
        raise PathRefused("A search word in this call has half a character in it. Write it anew.") from None


def target_of(segments: Sequence[Segment], query: Mapping[str, QueryValue] | None) -> str:
    """Path and query together. Raises PathRefused."""
    path, asked = path_of(segments), query_of(query)
    target = f"{path}?{asked}" if asked else path
    if len(target) > LONGEST:
        raise PathRefused("The values in this call are too long for an address at the backend. Use shorter ones.")
    return target


def _encoded(segment: Segment) -> str:
    if isinstance(segment, bool) or not isinstance(segment, (str, int)):
        raise TypeError(f"a segment of a path is text or a whole number, not {type(segment).__name__}")
    text = str(segment)
    read = text
    for _ in range(3):  # Proxies undo an encoding once; some do it twice.
        _check(read)
        read, before = unquote(read), read
        if read == before:
            break
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise PathRefused("An id or a name in this call has half a character in it. Write it anew.") from None


def _check(text: str) -> None:
    if _FORBIDDEN.search(text):
        raise PathRefused("An id or a name in this call has a backslash or a control character in it.")
    if _ABSOLUTE.match(text):
        raise PathRefused("An id or a name is needed here, not a whole address.")
    # What follows a semicolon is no part of the name for some servers: Java's read `..;x` as `..`.
    if any(part.partition(";")[0] in ("", ".", "..") for part in text.split("/")):
        raise PathRefused("An id or a name in this call is empty, or leads to another place ('.', '..', '//').")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
