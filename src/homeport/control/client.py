"""The running Homeport, called from another process with the Engine's own methods.

Knows HTTP on this computer only, and stays light: most commands spend their time starting. No pydantic, no httpx.
"""

from __future__ import annotations

import asyncio
import dataclasses
import http.client
import json
import typing
from collections.abc import Callable
from typing import Any, TypeVar

from homeport import errors
from homeport.control.instance import Running
from homeport.engine.protocol import (
    ActivityLine,
    ApprovalPreview,
    Approved,
    BackendKeyInfo,
    CallRequest,
    Changed,
    Checklist,
    ClientSummary,
    DoctorReport,
    FolderListing,
    GrantSummary,
    InvitationSummary,
    Invited,
    LogLine,
    PendingRequest,
    PersonSummary,
    PrivyCheck,
    Removal,
    SecretSummary,
    SettingLine,
    Status,
    ToolSummary,
    TunnelCheck,
    TunnelStatus,
    WaitingHost,
)
from homeport.errors import HomeportError, NotRunning

T = TypeVar("T")

TIMEOUT_SECONDS = 30.0

PATIENT_SECONDS = 90.0
"""For what waits for a tunnel, or asks a server far away."""


class RemoteEngine:
    """EngineMethods over the control listener. Each method raises the HomeportError that the Engine raised there."""

    def __init__(self, running: Running) -> None:
        self._running = running

    @property
    def dashboard(self) -> str:
        """The dashboard's address, without the code that opens it."""
        return f"http://127.0.0.1:{self._running.port}/"

    async def status(self) -> Status:
        return _read(Status, await self._get("status"))

    async def start(self) -> None:
        await self._post("start")

    async def stop(self) -> None:
        await self._post("stop")

    async def pending(self) -> list[PendingRequest]:
        return _read(list[PendingRequest], await self._get("pending"))

    async def preview_approval(self, code: str) -> ApprovalPreview:
        return _read(ApprovalPreview, await self._post("preview_approval", code=code))

    async def approve(
        self, code: str, *, who: str, read_only: bool, consent_in_browser: bool, other_network: bool
    ) -> Approved:
        answer = await self._post(
            "approve",
            code=code,
            who=who,
            read_only=read_only,
            consent_in_browser=consent_in_browser,
            other_network=other_network,
        )
        return _read(Approved, answer)

    async def deny(self, number: int | None) -> int:
        answer = await self._post("deny", number=number)
        return int(answer["denied"])

    async def clients(self) -> list[ClientSummary]:
        return _read(list[ClientSummary], await self._get("clients"))

    async def hosts(self) -> list[WaitingHost]:
        return _read(list[WaitingHost], await self._get("hosts"))

    async def allow_host(self, host: str) -> None:
        await self._post("allow_host", host=host)

    async def withdraw_host(self, host: str) -> None:
        await self._post("withdraw_host", host=host)

    async def people(self) -> list[PersonSummary]:
        return _read(list[PersonSummary], await self._get("people"))

    async def invite(self, email: str) -> Invited:
        return _read(Invited, await self._post("invite", email=email))

    async def invitations(self) -> list[InvitationSummary]:
        return _read(list[InvitationSummary], await self._get("invitations"))

    async def block_person(self, who: str) -> PersonSummary:
        return _read(PersonSummary, await self._post("block_person", who=who))

    async def unblock_person(self, who: str) -> PersonSummary:
        return _read(PersonSummary, await self._post("unblock_person", who=who))

    async def preview_removal(self, who: str) -> Removal:
        return _read(Removal, await self._post("preview_removal", who=who))

    async def remove_person(self, who: str) -> Removal:
        return _read(Removal, await self._post("remove_person", who=who))

    async def grants(self) -> list[GrantSummary]:
        return _read(list[GrantSummary], await self._get("grants"))

    async def revoke_grant(self, grant_id: str) -> None:
        await self._post("revoke_grant", grant_id=grant_id)

    async def secrets(self) -> list[SecretSummary]:
        return _read(list[SecretSummary], await self._get("secrets"))

    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None:
        await self._post("set_secret", name=name, value=value, confirmed=confirmed)

    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None:
        await self._post("delete_secret", name=name, confirmed=confirmed)

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck:
        return _read(PrivyCheck, await self._post("check_privy", app_id=app_id, secret=secret))

    async def backend_key(self) -> BackendKeyInfo:
        return _read(BackendKeyInfo, await self._get("backend_key"))

    async def pause(self) -> None:
        await self._post("pause")

    async def resume(self) -> None:
        await self._post("resume")

    async def activity(self, limit: int, before: str, query: str) -> list[ActivityLine]:
        return _read(list[ActivityLine], await self._post("activity", limit=limit, before=before, query=query))

    async def tools(self) -> list[ToolSummary]:
        return _read(list[ToolSummary], await self._get("tools"))

    async def set_rule(self, tool: str, rule: str) -> None:
        await self._post("set_rule", tool=tool, rule=rule)

    async def calls(self) -> list[CallRequest]:
        return _read(list[CallRequest], await self._get("calls"))

    async def allow_call(self, number: int, digest: str) -> None:
        await self._post("allow_call", number=number, digest=digest)

    async def deny_call(self, number: int) -> None:
        await self._post("deny_call", number=number)

    async def settings(self) -> list[SettingLine]:
        return _read(list[SettingLine], await self._get("settings"))

    async def change_setting(self, name: str, value: str | None) -> Changed:
        return _read(Changed, await self._post("change_setting", name=name, value=value))

    async def checklist(self) -> Checklist:
        return _read(Checklist, await self._get("checklist"))

    async def logs(self, limit: int) -> list[LogLine]:
        return _read(list[LogLine], await self._post("logs", limit=limit))

    async def doctor(self, url: str) -> DoctorReport:
        return _read(DoctorReport, await self._patiently("doctor", url=url))

    async def tunnel_check(self) -> TunnelCheck:
        return _read(TunnelCheck, await self._get("tunnel_check"))

    async def set_tunnel_token(self, token: str) -> TunnelStatus:
        return _read(TunnelStatus, await self._patiently("set_tunnel_token", token=token))

    async def adopt_tunnel_token(self) -> TunnelStatus:
        return _read(TunnelStatus, await self._patiently("adopt_tunnel_token"))

    async def restart_tunnel(self) -> TunnelStatus:
        return _read(TunnelStatus, await self._patiently("restart_tunnel"))

    async def folder_listing(self, path: str) -> FolderListing:
        return _read(FolderListing, await self._post("folder_listing", path=path))

    async def session_code(self) -> str:
        """A one-use code that opens the dashboard within a minute."""
        answer = await self._post("session_code")
        return str(answer["code"])

    async def write_opening_page(self, page: str = "dashboard", *, simulation: str = "") -> None:
        """Have the page written into the data folder that takes a browser to the dashboard or the preview; it is gone
        in a minute."""
        await self._post("opening_page", page=page, simulation=simulation)

    async def quit(self) -> None:
        """Ask the running Homeport to end."""
        await self._post("quit")

    async def _get(self, name: str) -> Any:
        return await asyncio.to_thread(self._call, "GET", name, None)

    async def _post(self, name: str, /, **body: object) -> Any:
        return await asyncio.to_thread(self._call, "POST", name, body)

    async def _patiently(self, name: str, /, **body: object) -> Any:
        return await asyncio.to_thread(self._call, "POST", name, body, PATIENT_SECONDS)

    def _call(self, method: str, name: str, body: dict[str, object] | None, patience: float = TIMEOUT_SECONDS) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=patience)
        headers = {"Authorization": f"Bearer {self._running.token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"/api/{name}", None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            status, content = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            raise NotRunning(
                f"Homeport (process {self._running.pid}) does not answer on port {self._running.port}.",
                hint="It may be starting or stopping: try again, or end that process and start Homeport anew.",
            ) from error
        finally:
            connection.close()
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {}
        if status != 200:
            raise _error(status, answer if isinstance(answer, dict) else {})
        return answer


def _error(status: int, answer: dict[str, Any]) -> HomeportError:
    """The error the other side raised, in its own class where we know it."""
    kinds: list[type[HomeportError]] = [kind for kind in vars(errors).values() if _is_error(kind)]
    classes = {kind.code: kind for kind in kinds}
    kind = classes.get(answer.get("code", ""), HomeportError)
    message = str(answer.get("message") or f"The running Homeport answered with status {status}.")
    return kind(message, hint=str(answer.get("hint") or ""))


def _is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, HomeportError)


def _read(kind: Callable[..., T], data: Any) -> T:
    """JSON as one of the protocol's dataclasses. Fields we do not know are left out: the other side may be newer."""
    return typing.cast(T, _value(kind, data))


def _value(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = typing.get_type_hints(kind)
        fields = {field.name for field in dataclasses.fields(kind)}
        return kind(**{name: _value(hints[name], value) for name, value in data.items() if name in fields})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        return [_value(arguments[0], item) for item in data]
    if origin is tuple:
        return tuple(_value(of, item) for of, item in zip(arguments, data, strict=True))
    return data
