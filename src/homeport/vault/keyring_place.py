"""The OS keyring as the place of the document, in parts where an entry is too small. Must not choose the backend."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from homeport.errors import KeyringLocked, VaultError
from homeport.vault.backends import Backend, backend_title
from homeport.vault.document import Document, from_text, to_text

logger = logging.getLogger(__name__)
T = TypeVar("T")

PART_LIMIT = 1_200
"""Characters. Windows holds 2,560 bytes, which is 1,280 characters of UTF-16."""

_UNLOCK = "Unlock it (log in to the desktop, or open your password manager) and start Homeport again."


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the head entry says about the others: which side is in use, how many there are, and their digest."""

    side: str
    count: int
    digest: str

    def to_head(self) -> str:
        return json.dumps({"version": 1, "side": self.side, "parts": self.count, "sha256": self.digest})

    @classmethod
    def from_head(cls, head: str) -> _Parts | None:
        try:
            data = json.loads(head)
            return cls(str(data["side"]), int(data["parts"]), str(data["sha256"]))
        except (ValueError, KeyError, TypeError):
            return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class _BackendFailed(VaultError):
    """The backend raised an error of this kind; its words are not repeated."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message, hint="See whether your password manager works, then start Homeport again.")
        self.kind = kind


class KeyringPlace:
    """The document in one entry, or in parts that the entry names where one entry is too small."""

    is_keyring = True

    def __init__(self, backend: Backend, *, service: str, username: str) -> None:
        self._backend = backend
        self._service = service
        self._username = username
        self._splits = type(backend).__module__.startswith("keyring.backends.Windows")

    @property
    def title(self) -> str:
        return backend_title(self._backend)

    def read(self) -> Document | None:
        head = self._get(self._service)
        if head is None:
            return None
        parts = _Parts.from_head(head)
        text: str | None = head
        if parts is not None:
            pieces = [self._get(self._part(parts.side, index)) or "" for index in range(parts.count)]
            text = "".join(pieces)
            if parts.digest != _digest(text):
                text = None
        document = from_text(text) if text is not None else None
        if document is None:
            raise VaultError(
                f"The secrets in the keyring ({self.title}) are incomplete.",
                hint=f"Delete the entry {self._service!r} ({self._username}) to begin with new keys: then every client "
                "must be connected again.",
            )
        return document

    def write(self, document: Document) -> None:
        text = to_text(document)
        before = _Parts.from_head(self._get(self._service) or "")
        if not self._splits or len(text) <= PART_LIMIT:
            refusal = self._set(self._service, text)
            if not refusal:
                self._forget(before)
            elif len(text) > PART_LIMIT:
                self._splits = True
            else:
                raise self._not_stored(refusal)
        if self._splits and len(text) > PART_LIMIT:
            self._write_parts(text, before)
        if self.read() != document:
            raise self._not_stored("it does not return what it was given")

    def _write_parts(self, text: str, before: _Parts | None) -> None:
        # The parts in use stay until the head names the new ones; two sides in turn, so that nothing piles up.
        side = "b" if before is not None and before.side == "a" else "a"
        pieces = [text[start : start + PART_LIMIT] for start in range(0, len(text), PART_LIMIT)]
        for index, piece in enumerate(pieces):
            if refusal := self._set(self._part(side, index), piece):
                raise self._not_stored(refusal)
        if refusal := self._set(self._service, _Parts(side, len(pieces), _digest(text)).to_head()):
            raise self._not_stored(refusal)
        self._forget(before)

    def _forget(self, parts: _Parts | None) -> None:
        # What is left behind is overwritten by the change after next.
        for index in range(parts.count if parts else 0):
            service = self._part(parts.side if parts else "", index)
            with contextlib.suppress(VaultError):
                self._ask(partial(self._backend.delete_password, service, self._username))

    def _part(self, side: str, index: int) -> str:
        # A service of its own: Windows keeps one entry for each service and would move the others around.
        return f"{self._service} {self._username} {side}{index}"

    def _get(self, service: str) -> str | None:
        return self._ask(lambda: self._backend.get_password(service, self._username))

    def _set(self, service: str, text: str) -> str:
        """Nothing when the backend took it, else the kind of its error. Raises KeyringLocked."""
        try:
            self._ask(lambda: self._backend.set_password(service, self._username, text))
        except KeyringLocked:
            raise
        except _BackendFailed as error:
            logger.info("The keyring refused %d characters: %s", len(text), error.kind)
            return error.kind
        return ""

    def _not_stored(self, kind: str) -> VaultError:
        return VaultError(
            f"The keyring ({self.title}) did not store the secrets: {kind}.", hint="Try again once it is repaired."
        )

    def _ask(self, call: Callable[[], T]) -> T:
        """What the backend answers. Raises KeyringLocked, and VaultError without the backend's own words.

        A backend's error may quote what it was given; only its kind is told, and never chained.
        """
        from keyring import errors

        try:
            return call()
        except Exception as error:
            kind = type(error).__name__
            # gnome-keyring without a display: "Failed to create the collection: Prompt dismissed".
            could_not_ask = isinstance(error, errors.InitError) or kind == "PromptDismissedException"
            locked = isinstance(error, errors.KeyringLocked) or kind == "LockedException"
        if could_not_ask:
            raise KeyringLocked(
                f"The keyring ({self.title}) is locked and could not ask for its password.",
                hint=f"{_UNLOCK} On a server, start Homeport without DBUS_SESSION_BUS_ADDRESS: "
                "then the secrets are kept in a 0600 file.",
            )
        if locked:
            raise KeyringLocked(f"The keyring ({self.title}) is locked.", hint=_UNLOCK)
        raise _BackendFailed(f"The keyring ({self.title}) failed: {kind}.", kind)
