"""An Engine in memory: real answers and real errors to the Engine's methods, without listeners, keys or a database."""

from __future__ import annotations

import os
from dataclasses import replace

from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    AppStatus,
    ClientSummary,
    GrantSummary,
    PendingRequest,
    PersonSummary,
    Status,
    ToolLine,
    WaitingHost,
)
from homeport.errors import NoSuchRequest, NotFoundError, OtherNetwork, WrongCode
from homeport.events import ApprovalDecided, ApprovalRequested, EngineStateChanged, EventBus

CONNECTOR = "https://h.example.com/mcp"


class MemoryEngine:
    """Holds the waiting requests by their codes; whoever is approved becomes a person and gets a grant."""

    def __init__(self) -> None:
        self.events = EventBus()
        self.state = "stopped"
        self.waiting: dict[str, PendingRequest] = {}
        self.persons: list[PersonSummary] = []
        self.live: list[GrantSummary] = []
        self.redirect_hosts = {"client.example": 0}
        self.approvals: list[tuple[str, bool, bool]] = []
        self.broken = False

    def ask(self, code: str, *, client: str = "ChatGPT", same_network: bool = True) -> PendingRequest:
        """A browser waits and shows `code`."""
        request = PendingRequest(
            number=len(self.waiting) + 1,
            kind="sign-in",
            client=client,
            client_verified=True,
            redirect_host="chatgpt.com",
            age_seconds=7,
            network="this network" if same_network else "203.0.113.7",
            same_network=same_network,
            browser="Chrome on Windows",
        )
        self.waiting[code] = request
        self.events.publish(
            ApprovalRequested(0.0, request.number, request.kind, client, "chatgpt.com", 1, verified=True, notify=True)
        )
        return request

    async def status(self) -> Status:
        if self.broken:
            raise RuntimeError("the database is on fire")
        return Status(
            state=self.state,
            problem="",
            connector_url=CONNECTOR,
            local_url="http://localhost:3002",
            public_url="https://h.example.com",
            tunnel="fixed",
            apps=[AppStatus("Items", "/mcp", CONNECTOR, 5, "")],
            waiting=len(self.waiting),
            grants=len(self.live),
            secrets="a 0600 file",
            database="SQLite, /data/homeport.sqlite3",
            data_dir="/data",
            version="0.1.0",
            pid=os.getpid(),
            started_at=1_700_000_000.0,
            warnings=["The keys are in a file, since there is no keyring."],
        )

    async def start(self) -> None:
        self.state = "online"
        self.events.publish(EngineStateChanged(0.0, "online"))

    async def stop(self) -> None:
        self.state = "stopped"
        self.events.publish(EngineStateChanged(0.0, "stopped"))

    async def close(self) -> None:
        self.state = "closed"

    async def pending(self) -> list[PendingRequest]:
        return list(self.waiting.values())

    async def preview_approval(self, code: str) -> ApprovalPreview:
        request = self._by_code(code)
        return ApprovalPreview(
            request=request,
            scopes=["read", "write"],
            tools=[
                ToolLine("get-items", "Get items", "read", False),
                ToolLine("add-item", "Add an item", "write", True),
                ToolLine("remove-item", "Remove an item", "destroy", False),
            ],
            relay_warning=f"You connect the browser that shows this code: {request.browser}, {request.network}.",
            owner_exists=bool(self.persons),
            people=[(person.person_id, person.name) for person in self.persons],
        )

    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        request = self._by_code(code)
        if not request.same_network and not other_network:
            raise OtherNetwork(
                f"The browser is at {request.network}, not in this computer's network.", hint="Add --other-network."
            )
        del self.waiting[code]
        name = "Owner" if who == "me" else who
        if name not in [person.name for person in self.persons] and who not in [p.person_id for p in self.persons]:
            number = len(self.persons) + 1
            self.persons.append(PersonSummary(f"person-{number}", name, "owner", "", 1_700_000_000, False, 1))
        scopes = ["read"] if read_only else ["read", "write"]
        grant = f"grant-{len(self.live) + 1}"
        self.live.append(
            GrantSummary(
                grant,
                request.client,
                "client-1",
                name,
                "person-1",
                CONNECTOR,
                scopes,
                1_700_000_000,
                1_700_000_000,
                "live",
            )
        )
        self.approvals.append((who, read_only, consent_in_browser))
        self.events.publish(ApprovalDecided(0.0, request.number, request.kind, request.client, "approved", name))
        return Approved(request.number, request.client, name, scopes)

    async def deny(self, number: int | None) -> int:
        denied = [code for code, request in self.waiting.items() if number in (None, request.number)]
        if number is not None and not denied:
            raise NoSuchRequest(f"No request {number} waits.", hint="See `homeport pending`.")
        for code in denied:
            del self.waiting[code]
        return len(denied)

    async def clients(self) -> list[ClientSummary]:
        return [
            ClientSummary(
                "client-1", "ChatGPT", "cimd", "chatgpt.com", ["chatgpt.com"], 1_700_000_000, 1_700_000_000, 1, True
            )
        ]

    async def hosts(self) -> list[WaitingHost]:
        return [WaitingHost(host, "Some client", 1_700_000_000, at) for host, at in self.redirect_hosts.items()]

    async def allow_host(self, host: str) -> None:
        if host not in self.redirect_hosts:
            raise NotFoundError(f"No client asked for {host!r}.")
        self.redirect_hosts[host] = 1_700_000_100

    async def people(self) -> list[PersonSummary]:
        return list(self.persons)

    async def grants(self) -> list[GrantSummary]:
        return list(self.live)

    async def revoke_grant(self, grant_id: str) -> None:
        for place, grant in enumerate(self.live):
            if grant.grant_id == grant_id:
                self.live[place] = replace(grant, state="revoked")
                return
        raise NotFoundError(f"There is no grant {grant_id!r}.", hint="See `homeport grants`.")

    def _by_code(self, code: str) -> PendingRequest:
        if code not in self.waiting:
            raise WrongCode("No waiting request shows this code.", hint="Look at the page again.")
        return self.waiting[code]
