"""The tools of the conformance fixture. Each does what its scenario wants and nothing more; none knows HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.server.connection import allowed_log_levels
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, PromptsListChanged, ToolsListChanged
from mcp.shared.exceptions import MCPError
from mcp_types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    CallToolRequestParams,
    CallToolResult,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    CreateMessageResult,
    InputRequiredResult,
    LoggingMessageNotification,
    LoggingMessageNotificationParams,
    SamplingCapability,
    SamplingMessage,
    Tool,
)

from tests.conformance.fixture_asking import ASKING_TOOLS
from tests.conformance.fixture_replies import audio, embedded, image, text

Context = ServerRequestContext[Any, Any]
Answer = CallToolResult | InputRequiredResult
Handler = Callable[[Context, CallToolRequestParams], Awaitable[Answer]]

NO_ARGUMENTS: dict[str, Any] = {"type": "object", "properties": {}}
SCHEMAS: dict[str, dict[str, Any]] = {
    "json_schema_2020_12_tool": {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
            }
        },
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": False,
    },
    "test_x_mcp_header": {
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
        "required": ["region"],
    },
    "test_sampling": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
    "test_elicitation": {"type": "object", "properties": {"message": {"type": "string"}}, "required": ["message"]},
}
STREAMING = frozenset({"test_tool_with_logging", "test_tool_with_progress", "test_logging_tool"})


def says(*content: Any) -> Handler:
    """A tool that always answers the same."""

    async def answer(context: Context, params: CallToolRequestParams) -> CallToolResult:
        return CallToolResult(content=list(content))

    return answer


async def fails(context: Context, params: CallToolRequestParams) -> CallToolResult:
    return CallToolResult(content=[text("This tool intentionally returns an error for testing")], is_error=True)


async def reports_progress(context: Context, params: CallToolRequestParams) -> CallToolResult:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100, f"{done} of 100")
    return CallToolResult(content=[text("Done")])


async def logs(context: Context, params: CallToolRequestParams) -> CallToolResult:
    for line in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        if "info" in allowed_log_levels(context.protocol_version, context.meta):
            note = LoggingMessageNotificationParams(level="info", data=line)
            await context.session.send_notification(LoggingMessageNotification(params=note), context.request_id)
    return CallToolResult(content=[text("Done")])


async def samples(context: Context, params: CallToolRequestParams) -> CallToolResult:
    """Asks the client's model over the back-channel, which a stateless server does not have."""
    question = SamplingMessage(role="user", content=text(str((params.arguments or {}).get("prompt"))))
    request = CreateMessageRequest(params=CreateMessageRequestParams(messages=[question], max_tokens=100))
    said = await context.session.send_request(request, CreateMessageResult)
    return CallToolResult(content=[text(f"LLM response: {said.content}")])


def elicits(properties: Mapping[str, Any]) -> Handler:
    """A tool that asks the client's person over the back-channel, which a stateless server does not have."""

    async def ask(context: Context, params: CallToolRequestParams) -> CallToolResult:
        schema = {"type": "object", "properties": dict(properties), "required": []}
        message = str((params.arguments or {}).get("message", "Please answer"))
        said = await context.session.elicit_form(message, schema)
        return CallToolResult(content=[text(f"User response: {said.action} {said.content}")])

    return ask


async def needs_sampling(context: Context, params: CallToolRequestParams) -> CallToolResult:
    if not context.session.check_client_capability(ClientCapabilities(sampling=SamplingCapability())):
        needed: dict[str, Any] = {"requiredCapabilities": {"sampling": {}}}
        raise MCPError(code=MISSING_REQUIRED_CLIENT_CAPABILITY, message="This tool needs sampling", data=needed)
    return CallToolResult(content=[text("The client can sample")])


NAMES = {"name": {"type": "string", "default": "John Doe"}, "verified": {"type": "boolean", "default": True}}
COLOURS = {"colour": {"type": "string", "enum": ["red", "green"]}}
TOOLS: dict[str, Handler] = {
    "test_simple_text": says(text("This is a simple text response for testing.")),
    "test_image_content": says(image()),
    "test_audio_content": says(audio()),
    "test_embedded_resource": says(embedded("test://embedded-resource", "This is an embedded resource content.")),
    "test_multiple_content_types": says(
        text("Multiple content types test:"),
        image(),
        embedded("test://mixed-content-resource", '{"test":"data","value":123}', "application/json"),
    ),
    "test_error_handling": fails,
    "test_tool_with_progress": reports_progress,
    "test_tool_with_logging": logs,
    "test_logging_tool": logs,
    "test_sampling": samples,
    "test_elicitation": elicits({"username": {"type": "string"}, "email": {"type": "string"}}),
    "test_elicitation_sep1034_defaults": elicits(NAMES),
    "test_elicitation_sep1330_enums": elicits(COLOURS),
    "test_missing_capability": needs_sampling,
    "json_schema_2020_12_tool": says(text("Done")),
    "test_x_mcp_header": says(text("Done")),
    **ASKING_TOOLS,
}


class FixtureTools:
    """The tools above, and two that publish on `bus` that a list has changed."""

    def __init__(self, bus: InMemorySubscriptionBus) -> None:
        self._bus = bus
        self._tools: dict[str, Handler] = {
            **TOOLS,
            "test_trigger_tool_change": self._change_tools,
            "test_trigger_prompt_change": self._change_prompts,
        }

    def listed(self) -> list[Tool]:
        return [
            Tool(name=name, description=f"What {name} wants.", input_schema=SCHEMAS.get(name, NO_ARGUMENTS))
            for name in self._tools
        ]

    async def call(self, context: Context, params: CallToolRequestParams) -> Answer:
        """Raises MCPError for an unknown tool."""
        tool = self._tools.get(params.name)
        if tool is None:
            raise MCPError(code=-32602, message="There is no such tool")
        return await tool(context, params)

    async def _change_tools(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        await self._bus.publish(ToolsListChanged())
        return CallToolResult(content=[text("Done")])

    async def _change_prompts(self, context: Context, params: CallToolRequestParams) -> CallToolResult:
        await self._bus.publish(PromptsListChanged())
        return CallToolResult(content=[text("Done")])
