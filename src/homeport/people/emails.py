"""E-mail addresses as they are compared: whole, or by what stands after the last '@', without case. Pure."""

from __future__ import annotations

import re
import string

from homeport.errors import EmailError
from homeport.foreign_text import clean

MOST_CHARACTERS = 254
"""RFC 5321 4.5.3.1.3, less the brackets around a path."""

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_ONE_ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"]+@[^\s@<>()\[\]\\,;:"'/*.]+(\.[^\s@<>()\[\]\\,;:"'/*.]+)+""")


def lower(text: str) -> str:
    """ASCII letters only: `str.lower` makes a 'k' of the Kelvin sign, and of two addresses one."""
    return text.translate(_LOWER)


def normal(text: str) -> str | None:
    """An address in the form that is compared; None for what is none, or cannot be shown to a person."""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or len(text) > MOST_CHARACTERS or not text.isprintable():
        return None
    return lower(text)


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]


def parse(text: str) -> str:
    """An address that somebody typed, in the form that is compared. Raises EmailError for anything but one address."""
    found = normal(text.strip())
    if found is None or not _ONE_ADDRESS.fullmatch(found):
        raise EmailError(
            f"{clean(text)!r} is not an e-mail address.", hint="Give one address, such as alice@example.com."
        )
    return found
