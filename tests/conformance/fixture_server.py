"""The conformance fixture: all that the suite asks for, on Homeport's own endpoint and listener, without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server import CacheHint, Server
from mcp.server.context import ServerRequestContext
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp_types import (
    CompleteRequestParams,
    CompleteResult,
    Completion,
    EmptyResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    SetLevelRequestParams,
    SubscribeRequestParams,
    UnsubscribeRequestParams,
)

from homeport.listening import Listener, bind, port_of
from homeport.mcp_server.callers import LocalCaller
from homeport.mcp_server.dispatch import Request, ServerDispatch
from homeport.mcp_server.endpoint import McpEndpoint
from homeport.origins import Origins
from homeport.people.person import Person
from homeport.public import AllowedOrigins, PublicApp
from tests.conformance import fixture_replies as replies
from tests.conformance.fixture_asking import asking_prompt
from tests.conformance.fixture_tools import SCHEMAS, STREAMING, FixtureTools

Context = ServerRequestContext[Any, Any]
PATH = "/mcp"


def fixture_server() -> Server[Any]:
    bus = InMemorySubscriptionBus()
    tools = FixtureTools(bus)

    async def list_tools(context: Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=tools.listed())

    async def list_resources(context: Context, params: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=replies.resources())

    async def list_templates(context: Context, params: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=replies.templates())

    async def read(context: Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        return replies.read(str(params.uri))

    async def list_prompts(context: Context, params: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=replies.prompts())

    async def prompt(context: Context, params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult:
        if params.name == "test_input_required_result_prompt":
            return await asking_prompt(params)
        return replies.prompt(params.name, params.arguments or {})

    async def complete(context: Context, params: CompleteRequestParams) -> CompleteResult:
        return CompleteResult(completion=Completion(values=["paris", "park", "party"], total=3, has_more=False))

    async def accept(context: Context, params: Any) -> EmptyResult:
        return EmptyResult()

    listed = CacheHint(ttl_ms=60_000, scope="public")
    server: Server[Any] = Server(
        "Conformance fixture",
        version="1",
        cache_hints={
            "tools/list": listed,
            "prompts/list": listed,
            "resources/list": listed,
            "resources/templates/list": listed,
            "resources/read": listed,
            "server/discover": listed,
        },
        get_tool_input_schema=SCHEMAS.get,
        on_list_tools=list_tools,
        on_call_tool=tools.call,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
        on_list_prompts=list_prompts,
        on_get_prompt=prompt,
        on_completion=complete,
        on_subscriptions_listen=ListenHandler(bus),
    )
    server.add_request_handler("logging/setLevel", SetLevelRequestParams, accept)
    server.add_request_handler("resources/subscribe", SubscribeRequestParams, accept)
    server.add_request_handler("resources/unsubscribe", UnsubscribeRequestParams, accept)
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=None))
    return server


def streams(request: Request) -> bool:
    """Which requests of the fixture are answered by a stream."""
    params = request.message.params or {}
    if request.message.method == "subscriptions/listen":
        return True
    return request.message.method == "tools/call" and params.get("name") in STREAMING


@asynccontextmanager
async def running_fixture() -> AsyncIterator[str]:
    """The fixture behind the public listener's own checks; the value is its URL."""
    sockets = bind("127.0.0.1", 0)
    origins = Origins(port_of(sockets))
    allowed = AllowedOrigins(origins, ())
    stranger = LocalCaller(Person("stranger"), frozenset())
    dispatch = ServerDispatch(fixture_server(), streams=streams)
    endpoint = McpEndpoint(dispatch, path=PATH, access=None, origin_allowed=allowed, stranger=stranger)
    listener = Listener()
    await listener.start(PublicApp(origins, allowed, (), {PATH: endpoint}, probed=lambda headers: None), sockets)
    try:
        yield origins.local.resource(PATH)
    finally:
        await endpoint.stop()
        await listener.stop()
