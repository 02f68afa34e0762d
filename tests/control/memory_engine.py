"""An Engine in memory: real answers and real errors to the Engine's methods, without listeners, keys or a database."""

from __future__ import annotations

import os
from dataclasses import replace

from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    AppStatus,
    BackendKeyInfo,
    ClientSummary,
    FindingLine,
    GrantSummary,
    InvitationSummary,
    Invited,
    MethodLine,
    PendingRequest,
    PersonSummary,
    PrivyCheck,
    Removal,
    SecretSummary,
    Status,
    ToolLine,
    WaitingHost,
)
from homeport.engine.rooms import Rooms
from homeport.errors import (
    EmailError,
    HomeportError,
    NoSuchRequest,
    NotFoundError,
    OtherNetwork,
    SeveralPeople,
    WrongCode,
)
from homeport.events import ApprovalDecided, ApprovalRequested, EngineStateChanged, EventBus
from homeport.origins import Origins
from tests.control.memory_dashboard import MemoryDashboard

CONNECTOR = "https://h.example.com/mcp"


class MemoryEngine(MemoryDashboard):
    """Holds the waiting requests by their codes; whoever is approved becomes a person and gets a grant."""

    def __init__(self) -> None:
        super().__init__()
        self.events = EventBus()
        self.state = "stopped"
        self.waiting: dict[str, PendingRequest] = {}
        self.newcomers: dict[str, str] = {}
        self.persons: list[PersonSummary] = []
        self.invited: dict[str, int] = {}
        self.invitation_note = ""
        self.kept_secrets: dict[str, str] = {}
        self.newcomer = ""
        self.live: list[GrantSummary] = []
        self.redirect_hosts = {"client.example": 0}
        self.approvals: list[tuple[str, bool, bool]] = []
        self.broken = False

    def ask(
        self, code: str, *, client: str = "ChatGPT", same_network: bool = True, newcomer: str = ""
    ) -> PendingRequest:
        """A browser waits and shows `code`; with `newcomer`, of somebody who has signed in as that."""
        self.newcomers[code] = newcomer
        request = PendingRequest(
            number=len(self.waiting) + 1,
            kind="new-person" if newcomer else "sign-in",
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

    @property
    def rooms(self) -> Rooms:
        raise HomeportError("This engine lives in memory, and has no rooms.")

    @property
    def origins(self) -> Origins:
        return Origins(3002)

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
            paused=self.paused,
            tunnel_state=self.tunnel_state(),
            calls_waiting=len(self.asked_calls),
            computer="workbench",
        )

    async def open(self) -> None:
        """Everything is in memory already."""

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
            newcomer=self.newcomers[code],
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
            self.persons.append(
                PersonSummary(f"person-{number}", name, "owner", "", 1_700_000_000, False, 1, [], "", 1_700_000_000)
            )
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
        return Approved(request.number, request.client, name, scopes, newcomer=bool(self.newcomers[code]))

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

    async def withdraw_host(self, host: str) -> None:
        if not self.redirect_hosts.get(host):
            raise NotFoundError(f"{host!r} is not allowed.", hint="See `homeport clients`.")
        del self.redirect_hosts[host]

    async def people(self) -> list[PersonSummary]:
        return list(self.persons)

    def comes(self, name: str, *emails: str, admitted_as: str = "invited", grants: int = 1) -> PersonSummary:
        """Somebody signed in with Privy."""
        did = f"did:privy:{len(self.persons) + 1}"
        email = emails[0] if emails else ""
        person = PersonSummary(
            did, name, "privy", email, 1_700_000_000, False, grants, list(emails), admitted_as, 1_700_000_000
        )
        self.persons.append(person)
        return person

    async def invite(self, email: str) -> Invited:
        if "@" not in email:
            raise EmailError(f"{email!r} is not an e-mail address.", hint="Give one address.")
        self.invited.setdefault(email.lower(), 1_700_000_000)
        return Invited(email.lower(), self.invitation_note)

    async def invitations(self) -> list[InvitationSummary]:
        return [InvitationSummary(email, at) for email, at in self.invited.items()]

    async def block_person(self, who: str) -> PersonSummary:
        return self._change(who, blocked=True)

    async def unblock_person(self, who: str) -> PersonSummary:
        return self._change(who, blocked=False)

    async def preview_removal(self, who: str) -> Removal:
        if who in self.invited and not [person for person in self.persons if who in person.emails]:
            return Removal("", "", "", "", 0, [who])
        person = self._meant(who)
        waiting = [email for email in person.emails if email in self.invited]
        return Removal(person.person_id, person.name, person.email, person.provider, person.live_grants, waiting)

    async def remove_person(self, who: str) -> Removal:
        removal = await self.preview_removal(who)
        self.persons = [person for person in self.persons if person.person_id != removal.person_id]
        for email in removal.invitations:
            del self.invited[email]
        return removal

    async def grants(self) -> list[GrantSummary]:
        return list(self.live)

    async def revoke_grant(self, grant_id: str) -> None:
        for place, grant in enumerate(self.live):
            if grant.grant_id == grant_id:
                self.live[place] = replace(grant, state="revoked")
                return
        raise NotFoundError(f"There is no grant {grant_id!r}.", hint="See `homeport grants`.")

    async def secrets(self) -> list[SecretSummary]:
        return [SecretSummary("privy", "the Privy app secret", "a 0600 file", "privy" in self.kept_secrets)]

    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None:
        self.kept_secrets[name] = value

    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None:
        if self.kept_secrets.pop(name, None) is None:
            raise NotFoundError(f"There is no secret {name!r}.", hint="See `homeport secrets`.")

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck:
        right = secret == "right"
        methods = [MethodLine("email", "E-mail", True, ""), MethodLine("sms", "SMS", False, "off at Privy")]
        findings = [] if right else [FindingLine("Wrong secret", "API keys", "Copy it again", blocking=True)]
        return PrivyCheck(f"App {app_id}", right, methods, findings, ok=right)

    async def backend_key(self) -> BackendKeyInfo:
        jwks = "https://h.example.com/.well-known/backend-jwks.json"
        return BackendKeyInfo("inst_1", "inst_1", "https://api.example.com", jwks, "PEM", {"kty": "EC", "kid": "1"})

    def _meant(self, who: str) -> PersonSummary:
        found = [p for p in self.persons if who in (p.person_id, p.name, *p.emails)]
        if not found:
            raise NotFoundError(f"Nobody is called {who!r}.", hint="See `homeport people`.")
        if len(found) > 1:
            raise SeveralPeople(f"{who!r} may be several.", hint="Say which one by id.")
        return found[0]

    def _change(self, who: str, *, blocked: bool) -> PersonSummary:
        person = self._meant(who)
        changed = replace(person, blocked=blocked, live_grants=0 if blocked else person.live_grants)
        self.persons[self.persons.index(person)] = changed
        return changed

    def _by_code(self, code: str) -> PendingRequest:
        if code not in self.waiting:
            raise WrongCode("No waiting request shows this code.", hint="Look at the page again.")
        return self.waiting[code]
