"""The one place where text from clients, upstream servers and sign-in providers is made safe to show."""

from __future__ import annotations

import unicodedata

_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


# Characters that Unicode says to show as nothing (Default_Ignorable_Code_Point) and that are letters or marks by
# category, and the blank Braille pattern: a name of these alone would be an empty one.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)


def clean(text: str, limit: int = 64) -> str:
    """Foreign text made safe for terminal, tray, notification, page or log.

    Control, bidi and zero-width characters go, white space collapses, at most `limit` characters stay.
    Markup is escaped where it is rendered (Jinja's autoescape), not here. Source: SECURITY, text.
    """
    spaced = "".join(" " if c in "\t\n\r\v\f\u2028\u2029" else c for c in text[: limit * 20])
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNSAFE_CATEGORIES and ord(c) not in _INVISIBLE)
    folded = " ".join(kept.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
