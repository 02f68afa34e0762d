"""People who call a real backend over real HTTP, by a pool that does not really pause between attempts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from homeport import Backend, Person, ToolError
from homeport.apps.backend_errors import ProofRefused
from homeport.apps.backend_pool import BackendLimits, BackendPool
from homeport.network import SystemNetwork
from homeport.outbound import http_client
from tests.backend.reference import ReferenceBackend, Reply, reachable

ALICE, BOB = Person("alice"), Person("bob")
LEAKS = ("127.0.0.1", "http:", "canary", "Traceback", "Authorization", "v1")


@dataclass(slots=True)
class ByName:
    """Tells the backend the person's id; each request gets a proof of its own."""

    proofs: int = 0
    accepted_answers: int = 0

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        self.proofs += 1
        return {"Authorization": f"Bearer {person.id}.{grant_id}.{self.proofs}"}

    def refused(self, person: Person) -> ToolError:
        return ProofRefused("Not known.")

    def accepted(self) -> None:
        self.accepted_answers += 1


@dataclass(slots=True)
class Scene:
    backend: ReferenceBackend
    pool: BackendPool
    credentials: ByName
    stop: Callable[[], Awaitable[None]]
    pauses: list[float] = field(default_factory=list)

    @property
    def alice(self) -> Backend:
        return self.pool.of(ALICE, "g1")

    @property
    def bob(self) -> Backend:
        return self.pool.of(BOB, "g2")


@asynccontextmanager
async def scene(*replies: Reply, **limits: Any) -> AsyncIterator[Scene]:
    """A backend that gives these replies, and a pool that does not really pause."""
    backend = ReferenceBackend()
    backend.replies(*replies)
    credentials = ByName()
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    http = http_client(SystemNetwork())
    async with AsyncExitStack() as listening:
        url = await listening.enter_async_context(reachable(backend))
        pool = BackendPool(url + "/v1", credentials, http, limits=BackendLimits(**limits), pause=pause)
        try:
            yield Scene(backend, pool, credentials, listening.aclose, pauses)
        finally:
            await http.aclose()


def says_nothing_it_should_not(error: ToolError) -> bool:
    return not [leak for leak in LEAKS if leak in error.message]
