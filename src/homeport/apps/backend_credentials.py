"""How the backend learns who the person is, as far as the client must know. What is sent, its makers know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from homeport.apps.errors import ToolError
from homeport.people.person import Person


class Credentials(Protocol):
    """Asked for each request, so that nothing of one person's is kept for the next."""

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        """What goes with a request for this person. Raises ToolError, for instance SignInExpired."""
        ...

    def refused(self, person: Person) -> ToolError:
        """The backend answered 401 to these headers: what the model is told."""
        ...

    def accepted(self) -> None:
        """The backend answered with something else than 401."""
        ...
