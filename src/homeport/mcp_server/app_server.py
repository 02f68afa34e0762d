"""An app as a low-level server of the SDK: for streams, for the handshake, and for what an app does not have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.connection import allowed_log_levels
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    LoggingMessageNotification,
    LoggingMessageNotificationParams,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    TextResourceContents,
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
from homeport.mcp_server.resources import WidgetResources
from homeport.origins import ORIGIN_KEY

RESOURCE_NOT_FOUND = -32002
"""Until 2025-11-25; the modern era says INVALID_PARAMS (resources, error handling)."""


def app_server(
    app: App, calls: ToolCalls, resources: WidgetResources | None, *, version: str, listing: Callable[[], Listing]
) -> Server[Any]:
    """Calls go through the same `calls` as every other. Without `resources` there are none."""

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

    async def on_list_resources(
        context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        _demand_first_page(params)
        if resources is None:
            return ListResourcesResult(resources=[])
        await resources.keep()
        listed = [Resource.model_validate(resource) for resource in resources.listed()]
        return ListResourcesResult(resources=listed, ttl_ms=LIST_TTL_MS)

    async def on_list_resource_templates(
        context: ServerRequestContext[Any, Any], params: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        _demand_first_page(params)
        return ListResourceTemplatesResult(resource_templates=[], ttl_ms=LIST_TTL_MS)

    async def on_read_resource(
        context: ServerRequestContext[Any, Any], params: ReadResourceRequestParams
    ) -> ReadResourceResult:
        found = None if resources is None else await resources.read(params.uri)
        if resources is None or found is None:
            modern = context.protocol_version == MODERN_VERSION
            code = INVALID_PARAMS if modern else RESOURCE_NOT_FOUND
            raise MCPError(code, "There is nothing at this address, or no longer.", {"uri": params.uri})
        contents = TextResourceContents.model_validate(found)
        return ReadResourceResult(contents=[contents], ttl_ms=resources.ttl_ms(params.uri))

    return _AppServer(
        app.name,
        version=version,
        instructions=app.instructions or None,
        cache_hints={"server/discover": CacheHint(ttl_ms=LIST_TTL_MS, scope="private")},
        on_list_tools=on_list_tools,
        on_call_tool=on_call_tool,
        on_list_resources=on_list_resources,
        on_list_resource_templates=on_list_resource_templates,
        on_read_resource=on_read_resource,
    )


def _demand_first_page(params: PaginatedRequestParams | None) -> None:
    if params is not None and params.cursor is not None:
        raise MCPError(INVALID_PARAMS, "The list has one page: this cursor was not given by it.")


class _AppServer(Server[Any]):
    """A server whose name may change: the SDK's own takes it for fixed and keeps what it made of it."""

    @property
    def server_info_stamp(self) -> dict[str, Any]:
        return {"name": self.name, "version": self.version}
