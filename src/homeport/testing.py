"""What an app's own tests import: a chat in memory, through the dispatch that serves ChatGPT. Opens no socket."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Any

from pydantic_core import from_json

from homeport.apps.app import App
from homeport.apps.errors import ToolError
from homeport.events import ToolCalled
from homeport.mcp_server.callers import LocalCaller
from homeport.mcp_server.calls import ERROR_META, ScopeMissing, ToolCalls
from homeport.mcp_server.dispatch import AppDispatch, Request
from homeport.mcp_server.headers import Headers
from homeport.mcp_server.messages import encode, parse_message
from homeport.mcp_server.protocol import HANDSHAKE_VERSIONS, Era
from homeport.mcp_server.rules import Verdict, rule_from
from homeport.people.person import Person

__all__ = ["Chat"]

TESTER = Person("tester")
READ_AND_WRITE = frozenset({"read", "write"})
NO_RULES: Mapping[str, Verdict] = MappingProxyType({})


class Chat:
    """One person's conversation with one app: `async with Chat(app) as chat`.

    `scopes` are what the person consented to; a scope of a tool's own is not among them until it is named here.
    `rules` are the owner's, as in homeport.toml: without one, a tool that destroys is blocked.
    """

    def __init__(
        self,
        app: App,
        *,
        person: Person = TESTER,
        scopes: Iterable[str] = READ_AND_WRITE,
        rules: Mapping[str, Verdict] = NO_RULES,
    ) -> None:
        if isinstance(scopes, str):
            raise TypeError(f'scopes is a set of names, like {{"{scopes}"}}')
        self._caller = LocalCaller(person, frozenset(scopes), client_name="Chat")
        calls = ToolCalls(app=lambda: app, record=_note_nowhere, rule=rule_from(rules))
        self._dispatch = AppDispatch(app=lambda: app, calls=calls)

    async def __aenter__(self) -> Chat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing stays open."""

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools as a client gets them: name, description, schemas, hints."""
        tools: list[dict[str, Any]] = (await self._ask("tools/list", {}))["tools"]
        return tools

    async def call(self, tool: str, /, **arguments: object) -> Any:
        """The tool's data as JSON values; what is no object comes without its `{"result": ...}`. Arguments become JSON.

        Raises ToolError for whatever the model would read as an error, with its `code`: the app's own, or
        `invalid_arguments`, `unknown_tool`, `blocked`, `insufficient_scope`, `internal_error` (the log has the cause).
        """
        result = await self.call_result(tool, **arguments)
        definition = self._dispatch.find(tool)
        data = result["structuredContent"]
        return data["result"] if definition is not None and definition.result.wrapped else data

    async def call_result(self, tool: str, /, **arguments: object) -> dict[str, Any]:
        """The whole result as a client gets it: `content`, `structuredContent`, `_meta`. Raises as `call` does."""
        try:
            result = await self._ask("tools/call", {"name": tool, "arguments": arguments})
        except ScopeMissing as missing:
            words = f"This needs the scopes {', '.join(sorted(missing.needed))}, and not all of them were given."
            raise _refusal("insufficient_scope", words) from None
        if result["isError"]:
            error = result["_meta"][ERROR_META]
            raise _refusal(error["code"], error["message"])
        return result

    async def _ask(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        """One request and its result, both by way of JSON."""
        message = parse_message(encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}))
        era = Era(HANDSHAKE_VERSIONS[-1], modern=False)
        answer = await self._dispatch.answer(Request(message, era, self._caller, Headers({}, ()), {}))
        assert answer is not None, "only a request with a progress token is answered by a stream"
        result: dict[str, Any] = from_json(answer)
        return result


def _refusal(code: str, message: str) -> ToolError:
    error = ToolError(message)
    error.code = code
    return error


def _note_nowhere(called: ToolCalled) -> None:
    """There is no activity log in memory."""
