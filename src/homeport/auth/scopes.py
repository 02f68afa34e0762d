"""Scopes: what can be asked, what includes what, and how they are written (RFC 6749 3.3). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from homeport.auth.errors import InvalidScope

READ = "read"
WRITE = "write"
OFFLINE_ACCESS = "offline_access"
OPENID = "openid"
EMAIL = "email"
SELF_CHECK = "homeport:self-check"
"""Of Homeport's own token for its self-check: lists tools and reads widget pages, and calls nothing, since every tool
needs `read` or `write`. It is advertised nowhere, and no consent gives it."""

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,64}")
_ORDER = (READ, WRITE, OFFLINE_ACCESS, OPENID, EMAIL)


def parse(text: str) -> tuple[str, ...]:
    """The scopes in `text`, each once. Raises InvalidScope for what RFC 6749 3.3 does not allow."""
    if len(text) > 1024:
        raise InvalidScope("The scope parameter is too long.")
    names = text.split(" ") if text else []
    if any(not _TOKEN.fullmatch(name) for name in names):
        raise InvalidScope("The scope parameter holds characters that no scope has.")
    return ordered(names)


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """In a fixed order, each once, so that equal sets are equal strings."""
    unique = set(names)
    return (*(name for name in _ORDER if name in unique), *sorted(unique.difference(_ORDER)))


def join(names: Iterable[str]) -> str:
    return " ".join(ordered(names))


def effective(names: Iterable[str]) -> frozenset[str]:
    """What these scopes allow: `write` includes `read` (SECURITY, scopes)."""
    unique = set(names)
    return frozenset(unique | {READ}) if WRITE in unique else frozenset(unique)
