"""Who calls, as the endpoint sees them, and whom it asks. `auth.access` fits; so does a chat inside one process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from homeport.people.person import Person

PREVIEW_CLIENT = "homeport-preview"
"""The client id in the activity of every call that the owner's own preview makes."""


class Caller(Protocol):
    """The bearer of a live token: a person, through a client."""

    @property
    def person(self) -> Person: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_name(self) -> str: ...
    @property
    def grant_id(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def chatgpt(self) -> bool: ...
    @property
    def expires_at(self) -> int | None:
        """Epoch seconds; None: never."""
        ...


class Authenticate(Protocol):
    """The bearer check (RFC 6750). `cached` answers without waiting, or not at all."""

    def cached(self, authorization: bytes | None, resource: str) -> Caller | None: ...

    async def check(self, authorization: bytes | None, resource: str) -> Caller:
        """Raises `auth.challenges.Challenge`."""
        ...


@dataclass(frozen=True, slots=True)
class LocalCaller:
    """A caller without a token: a chat in memory, or a listener that only tests may mount."""

    person: Person
    scopes: frozenset[str]
    client_id: str = ""
    client_name: str = "local"
    grant_id: str = ""
    chatgpt: bool = False
    expires_at: int | None = None
