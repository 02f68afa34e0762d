"""The app as ChatGPT reaches it: tools, widgets and calls through the dispatch that serves ChatGPT. There is no way
around a rule, a scope or a tool's visibility here, and every call is written down as one of the preview's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from homeport.auth.challenges import insufficient_scope, invalid_token
from homeport.engine.rooms import Rooms
from homeport.errors import HomeportError, NotFoundError
from homeport.mcp_server.callers import LocalCaller
from homeport.mcp_server.calls import ScopeMissing, SignInNeeded, sign_in_again
from homeport.mcp_server.dispatch import AppDispatch, Request
from homeport.mcp_server.headers import Headers
from homeport.mcp_server.messages import Message
from homeport.mcp_server.protocol import HANDSHAKE_VERSIONS, RpcError
from homeport.mcp_server.protocol import Era as ProtocolEra
from homeport.origins import Origin

By = Literal["chat", "widget"]
"""Who asks for a tool: the model, or a widget (the host's word for those is "app")."""

AS_CHATGPT = ProtocolEra(HANDSHAKE_VERSIONS[-1], modern=False)
MCP_APP = "text/html;profile=mcp-app"


@dataclass(frozen=True, slots=True)
class Called:
    """A tools/call: the result as its client gets it, how long it took, and how large it is."""

    result: dict[str, Any]
    milliseconds: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing of a resources/read."""

    uri: str
    html: str
    mime_type: str
    meta: Mapping[str, Any]


class NotForWidgets(HomeportError):
    code = "not_for_widgets"
    title = "This tool is not the widget's to call"


class Refused(HomeportError):
    code = "refused"
    title = "The app refused this"


class Stage:
    """`rooms` raises HomeportError before Homeport has started; `origin` is the one that challenges name."""

    def __init__(
        self,
        rooms: Callable[[], Rooms],
        *,
        origin: Callable[[], Origin],
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._rooms = rooms
        self._origin = origin
        self._timer = timer

    def paths(self) -> Sequence[str]:
        return list(self._rooms().dispatches)

    def tools(self, path: str) -> Sequence[Mapping[str, Any]]:
        """The tools as tools/list gives them."""
        return self._dispatch(path).listing.tools

    async def read(self, path: str, uri: str, caller: LocalCaller) -> Resource:
        """A widget's document. Raises Refused in the app's words."""
        result = await self._ask(path, "resources/read", {"uri": uri}, caller)
        contents = result.get("contents") or [{}]
        first = contents[0]
        text = first.get("text")
        if not isinstance(text, str):
            raise Refused(f"{uri} holds no text.", hint=f"A widget is one document of the type {MCP_APP}.")
        return Resource(uri, text, str(first.get("mimeType", "")), first.get("_meta") or {})

    async def relay(self, path: str, method: str, params: Mapping[str, Any], caller: LocalCaller) -> dict[str, Any]:
        """A widget's own resources/list, resources/templates/list or resources/read. Raises Refused."""
        return await self._ask(path, method, params, caller)

    async def call(
        self,
        path: str,
        tool: str,
        arguments: Mapping[str, Any],
        caller: LocalCaller,
        *,
        by: By,
        meta: Mapping[str, Any],
    ) -> Called:
        """Raises NotForWidgets where ChatGPT would not pass the call on, and Refused for what is no call at all."""
        if by == "widget":
            self._demand_widget_access(path, tool)
        params = {"name": tool, "arguments": dict(arguments), "_meta": dict(meta)}
        began = self._timer()
        answer = await self._answer(path, "tools/call", params, caller)
        return Called(from_json(answer), (self._timer() - began) * 1000, len(answer))

    def _demand_widget_access(self, path: str, tool: str) -> None:
        listed = next((each for each in self.tools(path) if each["name"] == tool), None)
        if listed is None:
            raise NotForWidgets(f"No tool of this app is called {tool!r}.", hint="Its name may have changed.")
        if not widget_may_call(listed):
            raise NotForWidgets(
                f"{tool} is for the model only: its visibility leaves widgets out.",
                hint='Offer it to both with @app.tool(..., widget_access="model+app").',
            )

    async def _ask(self, path: str, method: str, params: Mapping[str, Any], caller: LocalCaller) -> dict[str, Any]:
        result: dict[str, Any] = from_json(await self._answer(path, method, params, caller))
        return result

    async def _answer(self, path: str, method: str, params: Mapping[str, Any], caller: LocalCaller) -> bytes:
        request = Request(Message(1, method, dict(params)), AS_CHATGPT, caller, Headers({}, ()), {})
        try:
            answer = await self._dispatch(path).answer(request)
        except ScopeMissing as missing:
            more = insufficient_scope(self._origin(), path, missing.needed)
            return sign_in_again(missing.call, more.www_authenticate, more.description)
        except SignInNeeded as ended:
            anew = invalid_token(self._origin(), path, ended.needed, ended.words)
            return sign_in_again(ended.call, anew.www_authenticate, anew.description)
        except RpcError as error:
            raise Refused(error.message) from None
        if answer is None:
            raise Refused(f"{method} would be a stream, and the preview asked for none.")
        return answer

    def _dispatch(self, path: str) -> AppDispatch:
        try:
            return self._rooms().dispatches[path]
        except KeyError:
            raise NotFoundError(f"No app is served at {path!r}.", hint="Load the preview again.") from None


def widget_may_call(tool: Mapping[str, Any]) -> bool:
    """Whether hosts pass a widget's call of this tool on (MCP Apps, `visibility`; ChatGPT's older key)."""
    meta = tool.get("_meta") or {}
    visibility = (meta.get("ui") or {}).get("visibility", ["model", "app"])
    return "app" in visibility and meta.get("openai/widgetAccessible", True) is not False


def widget_uri(tool: Mapping[str, Any]) -> str:
    """The address of the widget that shows a tool's results; empty where there is none."""
    meta = tool.get("_meta") or {}
    uri = (meta.get("ui") or {}).get("resourceUri") or meta.get("openai/outputTemplate")
    return uri if isinstance(uri, str) else ""
