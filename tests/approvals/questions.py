"""A desk over a real database, and questions for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from homeport.approvals import Approval, ApprovalDesk, ApprovalState, NewApproval
from homeport.clock import system_randomness
from homeport.events import ApprovalRequested, Event, EventBus
from homeport.store import Database, Transaction, open_database
from tests.auth.outside import HandClock

T = TypeVar("T")
KEY = b"k" * 32


def question(number: int, network: str = "198.51.100.1", **changes: object) -> Approval:
    fields: dict[str, object] = {
        "approval_id": f"a{number}",
        "number": number,
        "kind": "sign-in",
        "subject": f"s{number}",
        "state": ApprovalState.WAITING,
        "client_id": "client",
        "client": "Client",
        "redirect_host": "client.example",
        "network": network,
        "browser": "Chrome on Windows",
        "code_salt": f"{number}",
        "created_at": 1000 + number,
        "code_expires_at": 1300 + number,
        "expires_at": 1600 + number,
        **changes,
    }
    return Approval(**fields)  # type: ignore[arg-type]


@dataclass
class Work:
    desk: ApprovalDesk
    database: Database
    clock: HandClock
    events: list[Event]

    async def do(self, work: Callable[[Transaction], T]) -> T:
        return await self.database.transaction(work)

    async def ask(
        self, subject: str, network: str = "198.51.100.1", *, client: str = "client"
    ) -> tuple[Approval, ApprovalRequested]:
        new = NewApproval("sign-in", subject, client, "Client", False, "client.example", network, "Chrome on Windows")
        approval, event = await self.do(lambda tx: self.desk.open(tx, new, protected=()))
        self.desk.announce(event)
        return approval, event

    async def now_of(self, subject: str) -> Approval:
        found = await self.do(lambda tx: self.desk.of_subject(tx, subject))
        assert found is not None
        return found

    async def code_of(self, subject: str) -> str:
        code = self.desk.code_for_page(await self.now_of(subject))
        assert code is not None
        return code

    async def typed(self, code: str) -> Approval | None:
        return await self.do(lambda tx: self.desk.find_by_code(tx, code))

    async def approve(self, approval: Approval) -> bool:
        return await self.do(lambda tx: self.desk.approve(tx, approval, person_id="per_1", scope="read"))

    async def renew(self, approval: Approval) -> Approval | None:
        return await self.do(lambda tx: self.desk.renew(tx, approval, protected=()))


@asynccontextmanager
async def desk_at_work(folder: Path) -> AsyncIterator[Work]:
    clock, bus, events = HandClock(), EventBus(), list[Event]()
    bus.subscribe(events.append)
    database = await open_database(f"sqlite:///{folder}/homeport.sqlite3", clock=clock)
    try:
        yield Work(ApprovalDesk(KEY, bus, clock=clock, random=system_randomness), database, clock, events)
    finally:
        await database.close()
