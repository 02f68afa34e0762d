"""The one place where text from clients, upstream servers and sign-in providers is made safe to show."""

from __future__ import annotations

import unicodedata

_UNSAFE_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def clean(text: str, limit: int = 64) -> str:
    """Foreign text made safe for terminal, tray, notification, page or log.

    Control, bidi and zero-width characters go, white space collapses, at most `limit` characters stay.
    Markup is escaped where it is rendered (Jinja's autoescape), not here. Source: SECURITY, text.
    """
    spaced = "".join(" " if c in "\t\n\r\v\f\u2028\u2029" else c for c in text[: limit * 20])
    kept = "".join(c for c in spaced if unicodedata.category(c) not in _UNSAFE_CATEGORIES)
    folded = " ".join(kept.split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"
