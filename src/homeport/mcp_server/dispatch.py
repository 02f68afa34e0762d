"""From a JSON-RPC request to its result. Tools are listed and called here; the SDK's kernel answers everything else.

Speed is why: through the kernel a call is validated and copied several times. What is sent is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from homeport.apps.app import App
from homeport.apps.results import Context
from homeport.apps.tools import ToolDefinition
from homeport.auth.scopes import READ, SELF_CHECK, effective
from homeport.mcp_server.callers import Caller
from homeport.mcp_server.calls import ToolCall, ToolCalls
from homeport.mcp_server.headers import Headers
from homeport.mcp_server.listing import NO_ADDRESSES, Listing, list_tools
from homeport.mcp_server.messages import Message, encode
from homeport.mcp_server.protocol import (
    CLIENT_CAPABILITIES,
    CLIENT_INFO,
    INVALID_PARAMS,
    LOG_LEVEL,
    SERVER_INFO,
    Era,
    RpcError,
    ScopeNeeded,
)
from homeport.mcp_server.resources import WidgetResources, widget_at
from homeport.mcp_server.tool_lists import ToolLists

if TYPE_CHECKING:
    from mcp.server.lowlevel import Server

CALLER = "homeport.caller"
"""Key of the ASGI scope: who calls, for what the SDK's app serves."""

MCP_PATH = "homeport.mcp_path"
"""Key of the ASGI scope: the path of the resource that is called."""

LIST_TTL_MS = 60_000
"""How long a client of the modern era may take a tool list for today's."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request with all that was found out about it. `scope` is the ASGI scope, for the SDK's handlers."""

    message: Message
    era: Era
    caller: Caller
    headers: Headers
    scope: Mapping[str, Any]


class Dispatch(Protocol):
    """What stands behind the transport."""

    @property
    def server(self) -> Server[Any]:
        """The SDK's server: for streams, and for what the dispatch does not answer itself. Loads the SDK."""
        ...

    async def answer(self, request: Request) -> bytes | None:
        """The result as JSON, or None: it must be a stream. Raises RpcError, ScopeMissing, SignInNeeded."""
        ...


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What one app with these widgets always answers the same, encoded once."""

    app: App
    widgets: int
    listing: Listing
    legacy_list: bytes
    modern_list: bytes
    modern_stamp: Mapping[str, Any]


class AppDispatch:
    """The tools of an app, which is another one after each reload."""

    def __init__(
        self,
        *,
        app: Callable[[], App],
        calls: ToolCalls,
        tool_lists: ToolLists | None = None,
        resources: WidgetResources | None = None,
        fetched: Callable[[str, Caller], None] = lambda _name, _caller: None,
        version: str = "",
    ) -> None:
        """`fetched` hears of each widget whose page somebody has read."""
        self._app = app
        self._calls = calls
        self._fetched = fetched
        self._tool_lists = tool_lists
        self._resources = resources
        self._version = version
        self._last: _Prepared | None = None
        self._server: Server[Any] | None = None

    @property
    def server(self) -> Server[Any]:
        app = self._app()
        if self._server is None:
            from homeport.mcp_server.app_server import app_server

            self._server = app_server(
                app, self._calls, self._resources, version=self._version, listing=lambda: self.listing
            )
        # The kernel reads these for each answer; a reload may have changed them.
        self._server.name = app.name
        self._server.instructions = app.instructions or None
        return self._server

    @property
    def listing(self) -> Listing:
        return self._prepared().listing

    def find(self, tool: str) -> ToolDefinition | None:
        return self._app().find(tool)

    async def answer(self, request: Request) -> bytes | None:
        method = request.message.method
        if method == "tools/call":
            return await self._call(request)
        if method == "tools/list":
            return await self._list(request)
        if method == "resources/read" and not {READ, SELF_CHECK} & effective(request.caller.scopes):
            raise ScopeNeeded(frozenset({READ}))
        if method == "subscriptions/listen" and request.era.modern:
            return None
        from homeport.mcp_server import kernel

        result = encode(await kernel.serve(self.server, request.message, request.era, request))
        if method == "resources/read" and SELF_CHECK not in request.caller.scopes:
            uri = (request.message.params or {}).get("uri")
            if isinstance(uri, str) and (widget := widget_at(uri)) is not None:
                self._fetched(widget, request.caller)
        return result

    async def _list(self, request: Request) -> bytes:
        if request.message.params and request.message.params.get("cursor") is not None:
            raise RpcError(INVALID_PARAMS, "The list has one page: this cursor was not given by it.")
        _check_meta(request)
        prepared = self._prepared()
        if self._resources is not None:
            await self._resources.keep()
        if self._tool_lists is not None and SELF_CHECK not in request.caller.scopes:
            self._tool_lists.fetched(request.caller, prepared.listing.digest)
        return prepared.modern_list if request.era.modern else prepared.legacy_list

    async def _call(self, request: Request) -> bytes | None:
        params = request.message.params or {}
        name = params.get("name")
        arguments = params.get("arguments")
        if not isinstance(name, str):
            raise RpcError(INVALID_PARAMS, "tools/call needs the tool's name, as text.")
        if arguments is not None and not isinstance(arguments, dict):
            raise RpcError(INVALID_PARAMS, "The arguments of tools/call must be an object.")
        meta = _check_meta(request)
        prepared = self._prepared()
        tool = prepared.app.find(name)
        modern = request.era.modern
        call = ToolCall(
            name,
            arguments or {},
            request.caller,
            context_from(request.caller, meta) if tool is not None and tool.wants_context else None,
            prepared.modern_stamp if modern else {},
        )
        if tool is not None and modern and tool.name in prepared.listing.with_headers:
            from homeport.mcp_server import kernel

            kernel.check_parameter_headers(tool.input_schema, call.arguments, request.headers)
        self._calls.demand_scopes(call)
        if self._tool_lists is not None:
            self._tool_lists.used(request.caller, prepared.listing.digest)
        return None if _wants_stream(request, tool, meta) else await self._calls.call(call)

    def _prepared(self) -> _Prepared:
        app = self._app()
        widgets = 0 if self._resources is None else self._resources.version
        if self._last is None or self._last.app is not app or self._last.widgets != widgets:
            listing = list_tools(app, NO_ADDRESSES if self._resources is None else self._resources.addresses())
            server_info = {"name": app.name, "version": self._version}
            stamp = {"resultType": "complete", "_meta": {SERVER_INFO: server_info}}
            legacy = {"tools": listing.tools}
            cache = {"ttlMs": LIST_TTL_MS, "cacheScope": "private"}
            modern = encode({**legacy, **cache, **stamp})
            self._last = _Prepared(app, widgets, listing, encode(legacy), modern, stamp)
        return self._last


class ServerDispatch:
    """Everything through the kernel to one low-level server: for a fixture that offers what apps do not."""

    def __init__(self, server: Server[Any], *, streams: Callable[[Request], bool]) -> None:
        self.server = server
        self._streams = streams

    async def answer(self, request: Request) -> bytes | None:
        from homeport.mcp_server import kernel

        if request.message.method == "tools/call" and request.era.modern and self.server.get_tool_input_schema:
            params = request.message.params or {}
            schema = self.server.get_tool_input_schema(str(params.get("name")))
            if schema is not None and isinstance(arguments := params.get("arguments") or {}, dict):
                kernel.check_parameter_headers(schema, arguments, request.headers)
        if self._streams(request):
            return None
        return encode(await kernel.serve(self.server, request.message, request.era, request))


def context_from(caller: Caller, meta: Mapping[str, Any]) -> Context:
    """What a tool may know of its call, from the hints that ChatGPT sends with it."""
    location = meta.get("openai/userLocation")
    time_zone = location.get("timezone") if isinstance(location, dict) else None
    return Context(
        client=caller.client_name,
        locale=_text(meta.get("openai/locale")),
        time_zone=_text(time_zone),
        user_agent=_text(meta.get("openai/userAgent")),
    )


def _wants_stream(request: Request, tool: ToolDefinition | None, meta: Mapping[str, Any]) -> bool:
    """A call streams where the client asked for progress or logs, and the tool has a Context to send them with."""
    if tool is None or not tool.wants_context or not request.headers.takes_streams:
        return False
    return "progressToken" in meta or (request.era.modern and LOG_LEVEL in meta)


def _check_meta(request: Request) -> Mapping[str, Any]:
    """The request's `_meta`, checked as the kernel would."""
    meta = (request.message.params or {}).get("_meta")
    if meta is None:
        return {}
    if not isinstance(meta, dict):
        raise RpcError(INVALID_PARAMS, "_meta must be an object.")
    token = meta.get("progressToken", 0)
    if not isinstance(token, (str, int)) or isinstance(token, bool):
        raise RpcError(INVALID_PARAMS, "A progressToken is a string or a whole number.")
    if request.era.modern:
        info = meta.get(CLIENT_INFO)
        named = isinstance(info, dict) and isinstance(info.get("name"), str) and isinstance(info.get("version"), str)
        if not isinstance(meta[CLIENT_CAPABILITIES], dict) or (info is not None and not named):
            raise RpcError(INVALID_PARAMS, "The client's capabilities or its name and version are malformed.")
    return meta


def _text(hint: object) -> str | None:
    return hint[:200] if isinstance(hint, str) else None
