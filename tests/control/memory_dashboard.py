"""The half of an Engine in memory that dashboard and tray live on: tools, calls, settings, tunnel, checklist."""

from __future__ import annotations

from dataclasses import replace

from homeport.engine.protocol import (
    ActivityLine,
    CallRequest,
    Changed,
    Checklist,
    ConnectorForm,
    DoctorReport,
    FolderListing,
    HopLine,
    LogLine,
    SettingLine,
    Step,
    ToolSummary,
    TunnelCheck,
    TunnelStatus,
)
from homeport.errors import CallChanged, FolderError, NoSuchCall, NotFoundError, SettingsError, TunnelError
from homeport.events import CallAsked, CallDecided, EventBus, ToolsPaused

DIGEST = "ab" * 32


class MemoryDashboard:
    """Real answers and real errors, from what it holds."""

    events: EventBus

    def __init__(self) -> None:
        self.paused = False
        self.rules: dict[str, str] = {}
        self.asked_calls: dict[int, CallRequest] = {}
        self.decided: dict[int, str] = {}
        self.chosen: dict[str, str] = {}
        self.token = ""

    def call_waits(self, arguments: str = '{\n  "item_id": "7"\n}', *, verified: bool = True) -> CallRequest:
        """A client waits for a yes to one call."""
        number = len(self.asked_calls) + len(self.decided) + 1
        request = CallRequest(
            number, "remove-item", "Remove an item", "destroy", "Alice", "ChatGPT", verified, arguments, DIGEST, 3, True
        )
        self.asked_calls[number] = request
        self.events.publish(CallAsked(0.0, number, "remove-item", "ChatGPT", "Alice", len(self.asked_calls)))
        return request

    async def pause(self) -> None:
        self.paused = True
        self.events.publish(ToolsPaused(0.0, True))

    async def resume(self) -> None:
        self.paused = False
        self.events.publish(ToolsPaused(0.0, False))

    async def activity(self, limit: int, before: str, query: str) -> list[ActivityLine]:
        lines = [
            ActivityLine(f"{n:x}", 1_700_000_000 + n, "tool_called", tool, "Alice", "ChatGPT", 200, 0, "ok", 1.5, "")
            for n, tool in ((3, "get-items"), (2, "add-item"), (1, "get-items"))
        ]
        found = [line for line in lines if query in line.tool and (not before or line.activity_id < before)]
        return found[:limit]

    async def tools(self) -> list[ToolSummary]:
        rule = self.rules.get("remove-item", "ask")
        schema = {"type": "object", "properties": {"item_id": {"type": "string"}}}
        return [
            ToolSummary(
                app="Items",
                name="remove-item",
                title="Remove an item",
                description="Remove one item for good.",
                effect="destroy",
                read_only=False,
                destructive=True,
                open_world=False,
                idempotent=False,
                scope="",
                input_schema=schema,
                output_schema=None,
                widget="",
                rule=rule,
                default_rule="ask",
                rule_from="homeport.toml" if self.rules else "",
            )
        ]

    async def set_rule(self, tool: str, rule: str) -> None:
        if tool != "remove-item":
            raise NotFoundError(f"There is no tool {tool!r}.")
        self.rules.pop(tool, None)
        if rule != "default":
            self.rules[tool] = rule

    async def calls(self) -> list[CallRequest]:
        return list(self.asked_calls.values())

    async def allow_call(self, number: int, digest: str) -> None:
        if number not in self.asked_calls:
            raise NoSuchCall(f"No call with the number {number} waits.", hint="See `homeport calls`.")
        if digest != self.asked_calls[number].digest:
            raise CallChanged(f"Call {number} is not the one that was shown.", hint="Look at it again.")
        self._decide(number, "allowed")

    async def deny_call(self, number: int) -> None:
        if number not in self.asked_calls:
            raise NoSuchCall(f"No call with the number {number} waits.", hint="See `homeport calls`.")
        self._decide(number, "denied")

    async def settings(self) -> list[SettingLine]:
        return [
            SettingLine(
                name="port",
                label="Port",
                help="Port of the public listener.",
                expects="a whole number",
                group="Listeners",
                applies="listener",
                kind="number",
                choices=[],
                value=self.chosen.get("port", "3002"),
                default="3002",
                source="default",
                editable=True,
                why_not="",
            )
        ]

    async def change_setting(self, name: str, value: str | None) -> Changed:
        if name != "port":
            raise SettingsError(f"There is no setting {name!r}.")
        if value is not None and not value.isdecimal():
            raise SettingsError("port must be a whole number.")
        self.chosen.pop(name, None)
        if value is not None:
            self.chosen[name] = value
        return Changed("listener", "This counts when the public listener starts again.")

    async def checklist(self) -> Checklist:
        steps = [
            Step("running", "Homeport runs", "done", 1_700_000_000, "", ""),
            Step("tunnel", "It has a public address", "failed", 0, "The token is wrong.", "Paste another one."),
        ]
        form = ConnectorForm("Items", "Keep a list.", "https://h.example.com/mcp", "OAuth")
        return Checklist(steps, "Show me my items.", form)

    async def logs(self, limit: int) -> list[LogLine]:
        return [LogLine(1_700_000_000.0, "warning", "homeport: a line")][:limit]

    async def doctor(self, url: str) -> DoctorReport:
        hops = [
            HopLine("dns", "Its name is known", "ok", "", "", 3.0),
            HopLine("tls", "Its certificate is good", "failed", "expired", "Renew it.", 9.0),
        ]
        return DoctorReport(url or "https://h.example.com/mcp", False, hops, "tls")

    async def tunnel_check(self) -> TunnelCheck:
        where = "the keyring" if self.token else ""
        return TunnelCheck(
            "ngrok", "/usr/bin/ngrok", "path", "kept" if self.token else "missing", where, "", "Paste a token."
        )

    async def set_tunnel_token(self, token: str) -> TunnelStatus:
        if token == "wrong":
            raise TunnelError("ngrok refused this token.", hint="Copy it again from its dashboard.")
        self.token = token
        return self.tunnel_state()

    async def adopt_tunnel_token(self) -> TunnelStatus:
        self.token = "from ngrok's own file"
        return self.tunnel_state()

    async def restart_tunnel(self) -> TunnelStatus:
        return self.tunnel_state()

    async def folder_listing(self, path: str) -> FolderListing:
        if path not in ("", "/home/alice"):
            raise FolderError("There is no such folder.", hint="Go up and look.")
        return FolderListing("/home/alice", "/home", ["notes", "recipes"])

    def tunnel_state(self) -> TunnelStatus:
        up = TunnelStatus("ngrok", "up", public_url="https://h.example.com", stable=True, month="2026-01")
        return replace(up, requests=12, request_limit=20_000)

    def _decide(self, number: int, outcome: str) -> None:
        call = self.asked_calls.pop(number)
        self.decided[number] = outcome
        self.events.publish(CallDecided(0.0, number, call.tool, outcome))
