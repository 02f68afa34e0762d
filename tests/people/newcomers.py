"""People who come by way of Privy, and a setting `people` that can be changed while they do."""

from __future__ import annotations

from homeport.people import tables
from homeport.people.admission import Admission, AdmissionPolicy, Verdict
from homeport.people.identity import PrivyIdentity
from homeport.people.tables import PersonRecord
from homeport.store import Database, Transaction

NOW = 1_800_000_000


def somebody(name: str = "alice", *emails: str, called: str | None = None) -> PrivyIdentity:
    """Somebody who signed in with Privy: `name` is part of their DID."""
    return PrivyIdentity(f"did:privy:{name}", f"session-{name}", NOW + 3600, emails, called, has_wallet=False)


class Doorkeeper:
    """An Admission over a real database. `people` is the setting as it is now."""

    def __init__(self, database: Database, *people: str) -> None:
        self.database = database
        self.people = people
        self.admission = Admission(lambda: AdmissionPolicy.parse(self.people, serve=False))

    async def enter(self, identity: PrivyIdentity, *, now: int = NOW) -> tuple[Verdict, PersonRecord]:
        return await self.database.transaction(lambda tx: self.admission.enter(tx, identity, now=now))

    async def verdict(self, identity: PrivyIdentity) -> Verdict:
        return (await self.enter(identity))[0]

    async def still(self, identity: PrivyIdentity) -> bool:
        """Whether they may go on without signing in again."""

        def work(tx: Transaction) -> bool:
            record = tables.find(tx, identity.did)
            return record is not None and self.admission.still_admitted(tx, record)

        return await self.database.transaction(work)

    async def approve(self, identity: PrivyIdentity) -> None:
        await self.database.transaction(lambda tx: self.admission.approve(tx, identity.did))
