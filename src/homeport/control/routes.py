"""The control API as a table: one row for each of the Engine's methods, with what goes in and what comes out.

The server, its OpenAPI description and their tests read this table; there is no other list of routes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    ClientSummary,
    EngineMethods,
    GrantSummary,
    PendingRequest,
    PersonSummary,
    Status,
    WaitingHost,
)

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_CONTROLS)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=NO_CONTROLS)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Body):
    """A request without fields."""


class CodeBody(Body):
    code: Code


class ApproveBody(Body):
    code: Code
    who: Name
    read_only: bool = False
    consent_in_browser: bool = False
    other_network: bool = False


class DenyBody(Body):
    number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None


class HostBody(Body):
    host: Name


class GrantBody(Body):
    grant_id: Name


@dataclass(frozen=True, slots=True)
class Done:
    """The answer of what gives nothing back."""

    ok: bool = True


@dataclass(frozen=True, slots=True)
class Denied:
    denied: int


@dataclass(frozen=True, slots=True)
class EngineRoute:
    """One method of the Engine at `/api/<name>`."""

    name: str
    method: Literal["GET", "POST"]
    summary: str
    body: type[Body]
    answer: Any
    call: Callable[[EngineMethods, Any], Awaitable[Any]]


async def _start(engine: EngineMethods, _: Nothing) -> Done:
    await engine.start()
    return Done()


async def _stop(engine: EngineMethods, _: Nothing) -> Done:
    await engine.stop()
    return Done()


async def _approve(engine: EngineMethods, body: ApproveBody) -> Approved:
    return await engine.approve(
        body.code,
        who=body.who,
        read_only=body.read_only,
        consent_in_browser=body.consent_in_browser,
        other_network=body.other_network,
    )


async def _deny(engine: EngineMethods, body: DenyBody) -> Denied:
    return Denied(await engine.deny(body.number))


async def _allow_host(engine: EngineMethods, body: HostBody) -> Done:
    await engine.allow_host(body.host)
    return Done()


async def _revoke_grant(engine: EngineMethods, body: GrantBody) -> Done:
    await engine.revoke_grant(body.grant_id)
    return Done()


ENGINE_ROUTES = (
    EngineRoute("status", "GET", "How Homeport is", Nothing, Status, lambda engine, _: engine.status()),
    EngineRoute("start", "POST", "Serve the public listener", Nothing, Done, _start),
    EngineRoute("stop", "POST", "Stop serving it", Nothing, Done, _stop),
    EngineRoute(
        "pending", "GET", "Requests that wait for the owner", Nothing, list[PendingRequest], lambda e, _: e.pending()
    ),
    EngineRoute(
        "preview_approval",
        "POST",
        "What approving this code would allow",
        CodeBody,
        ApprovalPreview,
        lambda engine, body: engine.preview_approval(body.code),
    ),
    EngineRoute("approve", "POST", "Let the browser in that shows this code", ApproveBody, Approved, _approve),
    EngineRoute("deny", "POST", "Deny one request, or all with null", DenyBody, Denied, _deny),
    EngineRoute("clients", "GET", "Known clients", Nothing, list[ClientSummary], lambda engine, _: engine.clients()),
    EngineRoute("hosts", "GET", "Redirect hosts", Nothing, list[WaitingHost], lambda engine, _: engine.hosts()),
    EngineRoute("allow_host", "POST", "Allow a redirect host", HostBody, Done, _allow_host),
    EngineRoute("people", "GET", "Known people", Nothing, list[PersonSummary], lambda engine, _: engine.people()),
    EngineRoute("grants", "GET", "Grants", Nothing, list[GrantSummary], lambda engine, _: engine.grants()),
    EngineRoute("revoke_grant", "POST", "End a grant", GrantBody, Done, _revoke_grant),
)
