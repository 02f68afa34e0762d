"""The three ways in which a backend learns who the person is, and what a 401 means in each."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from homeport.apps.backend_credentials import Credentials
from homeport.apps.backend_errors import BackendUnreachable, ProofRefused, SignInExpired
from homeport.apps.errors import ToolError
from homeport.engine.assertions import Assertions
from homeport.people.person import Person

logger = logging.getLogger(__name__)

PrivyToken = Callable[[str], Awaitable[str | None]]
"""The person's live Privy token for the backend, by grant id; None: it has expired."""


class Noted(Credentials):
    """Credentials that remember a refusal until the backend accepts them again."""

    problem = ""


class AssertionCredentials(Noted):
    """An assertion for each request, and the Privy DID beside it."""

    def __init__(self, assertions: Assertions) -> None:
        self._assertions = assertions

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        return self._assertions.headers(person)

    def refused(self, person: Person) -> ToolError:
        self.problem = (
            "The backend refuses Homeport's assertion (401). Let it verify the assertion "
            "(snippet: homeport backend key), or set backend_auth=privy."
        )
        logger.warning("%s", self.problem)
        return ProofRefused(
            "The backend does not accept Homeport's word for who the person is; nothing was done. Trying again does "
            "not help: the owner of Homeport has to set the backend up. `homeport status` says how."
        )

    def accepted(self) -> None:
        self.problem = ""


class PrivyCredentials(Noted):
    """The person's own Privy token, and nothing else: SECURITY sends X-Privy-User-ID beside an assertion only."""

    def __init__(self, token: PrivyToken) -> None:
        self._token = token

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        from homeport.people.privy_api import PrivyUnreachable

        try:
            token = await self._token(grant_id)
        except PrivyUnreachable:
            raise BackendUnreachable(
                "The person's sign-in must be renewed, and Privy does not answer; nothing was done. Try again in a "
                "minute."
            ) from None
        if token is None:
            raise SignInExpired("The person's sign-in has expired. Ask them to sign in again.")
        return {"Authorization": f"Bearer {token}"}

    def refused(self, person: Person) -> ToolError:
        logger.warning("The backend refused a live Privy token (401); the person is asked to sign in again")
        return SignInExpired("The backend no longer accepts the person's sign-in. Ask them to sign in again.")

    def accepted(self) -> None:
        return None


class Anonymous(Noted):
    """Nothing at all: for a backend that is everybody's, or that this computer's network protects."""

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        return {}

    def refused(self, person: Person) -> ToolError:
        self.problem = (
            "The backend wants to know who the person is (401), and backend_auth is none. Set backend_auth=assertion "
            "and let it verify the assertion (snippet: homeport backend key), or set backend_auth=privy."
        )
        logger.warning("%s", self.problem)
        return ProofRefused(
            "The backend wants to know who the person is, and Homeport does not say it; nothing was done. Trying again "
            "does not help: the owner of Homeport has to set backend_auth. `homeport status` says how."
        )

    def accepted(self) -> None:
        self.problem = ""
