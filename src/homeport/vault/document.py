"""The one document that holds all secrets, and what a place for it must offer. Must not know any place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

Document = Mapping[str, str]


class Place(Protocol):
    """Somewhere the document is kept. Its calls block."""

    @property
    def title(self) -> str:
        """For people: "Secret Service"."""
        ...

    @property
    def is_keyring(self) -> bool: ...

    def read(self) -> Document | None:
        """The document, or None when there is none yet. Raises VaultError."""
        ...

    def write(self, document: Document) -> None:
        """Replace the document; interrupted at any point, the old or the new one is there. Raises VaultError."""
        ...


def to_text(document: Document) -> str:
    """JSON in ASCII, so that one character is one unit wherever a backend counts."""
    return json.dumps({"version": 1, "secrets": dict(document)}, separators=(",", ":"), sort_keys=True)


def from_text(text: str) -> Document | None:
    """The document, or None when the text is not one. No exception carries the text along."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    secrets = data.get("secrets") if isinstance(data, dict) else None
    if not isinstance(secrets, dict) or not all(isinstance(value, str) for value in secrets.values()):
        return None
    return secrets
