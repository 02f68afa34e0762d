"""An Engine of values that a test sets, behind the real control listener: what the dashboard's tests look at."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

from homeport.clock import system_randomness
from homeport.control.api import control_app
from homeport.control.session import Sessions
from homeport.engine.answers import stated
from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    AppStatus,
    CallRequest,
    Checklist,
    ConnectorForm,
    EngineMethods,
    PendingRequest,
    Status,
    Step,
)
from homeport.errors import NoSuchRequest, WrongCode
from homeport.listening import LOOPBACK, Listener, bind, port_of

ONLINE = Status(
    state="online",
    problem="",
    connector_url="https://door.example.com/mcp",
    local_url="http://localhost:3002/mcp",
    public_url="https://door.example.com",
    tunnel="fixed",
    apps=[AppStatus("Items", "/mcp", "https://door.example.com/mcp", 6, "")],
    waiting=0,
    grants=1,
    secrets="Secret Service",
    database="SQLite, homeport.sqlite3",
    data_dir="homeport-data",
    version="0.1.0",
    pid=1,
    started_at=0.0,
    warnings=[],
)

ASKING = PendingRequest(
    number=3,
    kind="sign-in",
    client="ChatGPT",
    client_verified=True,
    redirect_host="chatgpt.com",
    age_seconds=75,
    network="192.0.2.7",
    same_network=False,
    browser="Firefox on Linux",
)


class StandingEngine:
    """Answers with what it was given; denying and approving take a request away."""

    def __init__(self, status: Status = ONLINE, requests: tuple[PendingRequest, ...] = ()) -> None:
        self.now = status
        self.requests = list(requests)
        self.steps: list[Step] = []
        self.previews: dict[str, ApprovalPreview] = {}
        """By the code that is typed."""
        self.approved: list[tuple[str, bool]] = []
        """As whom, and whether on another network."""

    async def status(self) -> Status:
        return stated(replace(self.now, waiting=len(self.requests)))

    async def pending(self) -> list[PendingRequest]:
        return list(self.requests)

    async def calls(self) -> list[CallRequest]:
        return []

    async def checklist(self) -> Checklist:
        return Checklist(self.steps, "", ConnectorForm("", "", "", ""))

    async def preview_approval(self, code: str) -> ApprovalPreview:
        if code not in self.previews:
            raise WrongCode("No waiting request shows this code.")
        return self.previews[code]

    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        preview = await self.preview_approval(code)
        self.approved.append((who, other_network))
        self.requests.remove(preview.request)
        name = preview.newcomer or who
        return Approved(preview.request.number, preview.request.client, name, preview.scopes, bool(preview.newcomer))

    async def deny(self, number: int | None) -> int:
        denied = [request for request in self.requests if number in (None, request.number)]
        if not denied:
            raise NoSuchRequest(f"No request {number} waits.")
        self.requests = [request for request in self.requests if request not in denied]
        return len(denied)


class Door:
    """The address of a running control listener, and fresh links to its page as `homeport open` makes them."""

    def __init__(self, port: int, sessions: Sessions) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self._sessions = sessions

    def fresh_link(self) -> str:
        return f"{self.url}#code={self._sessions.issue_code()}"


@asynccontextmanager
async def control_listener(engine: StandingEngine) -> AsyncIterator[Door]:
    """The real control listener on a free port, for as long as the block runs."""
    sockets = bind(LOOPBACK, 0)
    sessions = Sessions(system_randomness(16).hex())
    listener = Listener()
    app = control_app(cast(EngineMethods, engine), sessions, port=port_of(sockets), quit=lambda: None)
    await listener.start(app, sockets)
    try:
        yield Door(port_of(sockets), sessions)
    finally:
        await listener.stop()
