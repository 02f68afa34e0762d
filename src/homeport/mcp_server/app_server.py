"""An app as a low-level server of the SDK: for streams, for the handshake, and for what an app does not have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from mcp.server import CacheHint, Server
from mcp.server.connection import allowed_log_levels
from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    LoggingMessageNotification,
    LoggingMessageNotificationParams,
    PaginatedRequestParams,
    Tool,
)
from pydantic_core import from_json

from homeport.apps.app import App
from homeport.apps.results import LogLevel
from homeport.auth.challenges import invalid_token
from homeport.mcp_server.calls import SignInNeeded, ToolCall, ToolCalls, sign_in_again
from homeport.mcp_server.dispatch import CALLER, LIST_TTL_MS, MCP_PATH, context_from
from homeport.mcp_server.listing import Listing
from homeport.mcp_server.protocol import MODERN_VERSION
from homeport.origins import ORIGIN_KEY


def app_server(app: App, calls: ToolCalls, *, version: str, listing: Callable[[], Listing]) -> Server[Any]:
    """Calls go through the same `calls` as every other."""

    async def on_list_tools(
        context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        return ListToolsResult(tools=[Tool.model_validate(tool) for tool in listing().tools])

    async def on_call_tool(context: ServerRequestContext[Any, Any], params: CallToolRequestParams) -> CallToolResult:
        assert context.request is not None
        caller = context.request.scope[CALLER]
        session = context.session
        levels = allowed_log_levels(context.protocol_version, context.meta)
        if context.protocol_version != MODERN_VERSION:
            levels = frozenset()  # A legacy client is sent logs only by servers that declare the logging capability.

        async def send_log(level: LogLevel, message: str) -> None:
            if level in levels:
                note = LoggingMessageNotificationParams(level=level, data=message)
                await session.send_notification(LoggingMessageNotification(params=note), context.request_id)

        known = dataclasses.replace(
            context_from(caller, dict(context.meta or {})), _report=session.report_progress, _send=send_log
        )
        try:
            result = await calls.call(ToolCall(params.name, params.arguments or {}, caller, known))
        except SignInNeeded as needed:
            # The stream has its HTTP status already; the challenge travels in the result, for ChatGPT and all others.
            origin, path = context.request.scope[ORIGIN_KEY], context.request.scope[MCP_PATH]
            challenge = invalid_token(origin, path, needed.needed, needed.words)
            result = sign_in_again(needed.call, challenge.www_authenticate, needed.words)
        return CallToolResult.model_validate(from_json(result))

    return _AppServer(
        app.name,
        version=version,
        instructions=app.instructions or None,
        cache_hints={"server/discover": CacheHint(ttl_ms=LIST_TTL_MS, scope="private")},
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
    )


class _AppServer(Server[Any]):
    """A server whose name may change: the SDK's own takes it for fixed and keeps what it made of it."""

    @property
    def server_info_stamp(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version}
