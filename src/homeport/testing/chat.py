"""A chat in memory, through the dispatch that serves ChatGPT. Opens no socket."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from homeport.apps.app import App
from homeport.apps.backend import Backend
from homeport.apps.backend_errors import ProofRefused, SignInExpired
from homeport.apps.errors import ToolError
from homeport.clock import system_clock, system_randomness
from homeport.events import ToolCalled
from homeport.mcp_server.callers import Caller, LocalCaller
from homeport.mcp_server.calls import ERROR_META, ScopeMissing, SignInNeeded, ToolCalls
from homeport.mcp_server.dispatch import AppDispatch, Request
from homeport.mcp_server.headers import Headers
from homeport.mcp_server.messages import encode, parse_message
from homeport.mcp_server.protocol import HANDSHAKE_VERSIONS, Era
from homeport.mcp_server.rules import Verdict, rule_from
from homeport.people.person import Person

if TYPE_CHECKING:
    from homeport.engine.assertions import Assertions

__all__ = ["Chat"]

TESTER = Person("tester")
READ_AND_WRITE = frozenset({"read", "write"})
NO_RULES: Mapping[str, Verdict] = MappingProxyType({})
BACKEND_URL = "http://backend.test"

AsgiMessage = MutableMapping[str, Any]
AsgiApp = Callable[
    [Any, Callable[[], Awaitable[AsgiMessage]], Callable[[AsgiMessage], Awaitable[None]]], Awaitable[None]
]

logger = logging.getLogger(__name__)


class Chat:
    """One person's conversation with one app: `async with Chat(app) as chat`.

    `scopes` are what the person consented to; a scope of a tool's own is not among them until it is named here.
    `rules` are the owner's, as in homeport.toml: without one, a tool that destroys is blocked.
    `backend` is any ASGI app: what the tools' Backend calls, in memory and by the client that calls the real one. Each
    call tells it who the person is: in `X-Privy-User-ID`, and in an assertion like the real ones whose key nobody has.
    """

    def __init__(
        self,
        app: App,
        *,
        person: Person = TESTER,
        scopes: Iterable[str] = READ_AND_WRITE,
        rules: Mapping[str, Verdict] = NO_RULES,
        backend: AsgiApp | None = None,
    ) -> None:
        if isinstance(scopes, str):
            raise TypeError(f'scopes is a set of names, like {{"{scopes}"}}')
        self._caller = LocalCaller(person, frozenset(scopes), client_name="Chat")
        self._app = app
        reached = _backend_in_memory(backend) if backend is not None else None
        calls = ToolCalls(app=lambda: app, record=_note_nowhere, backend=reached, rule=rule_from(rules))
        self._dispatch = AppDispatch(app=lambda: app, calls=calls)

    async def __aenter__(self) -> Chat:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing stays open."""

    @property
    def app(self) -> App:
        """Whom this chat is with."""
        return self._app

    async def list_tools(self) -> list[dict[str, Any]]:
        """The tools as a client gets them: name, description, schemas, hints."""
        tools: list[dict[str, Any]] = (await self.ask("tools/list", {}))["tools"]
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
            result = await self.ask("tools/call", {"name": tool, "arguments": arguments})
        except ScopeMissing as missing:
            words = f"This needs the scopes {', '.join(sorted(missing.needed))}, and not all of them were given."
            raise _refusal("insufficient_scope", words) from None
        except SignInNeeded as needed:
            raise _refusal(SignInExpired.code, needed.words) from None
        if result["isError"]:
            error = result["_meta"][ERROR_META]
            raise _refusal(error["code"], error["message"])
        return result

    async def show_result(
        self, tool: str, arguments: Mapping[str, object], meta: Mapping[str, object]
    ) -> dict[str, Any]:
        """The whole result as a widget gets it: an error is a result as well. `meta` are the host's hints."""
        try:
            return await self.ask("tools/call", {"name": tool, "arguments": arguments, "_meta": meta})
        except ScopeMissing as missing:
            return _error_result("insufficient_scope", f"This needs the scopes {', '.join(sorted(missing.needed))}.")
        except SignInNeeded as needed:
            return _error_result(SignInExpired.code, needed.words)

    async def ask(self, method: str, params: Mapping[str, object]) -> dict[str, Any]:
        """One request and its result, both by way of JSON. Raises RpcError, ScopeMissing and SignInNeeded."""
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


def _error_result(code: str, words: str) -> dict[str, Any]:
    meta = {ERROR_META: {"code": code, "message": words}}
    return {"content": [{"type": "text", "text": words}], "isError": True, "_meta": meta}


def _backend_in_memory(app: AsgiApp) -> Callable[[Caller], Backend]:
    # Loaded here: most chats call no backend.
    import httpx2

    from homeport.apps.backend_pool import BackendPool
    from homeport.engine.assertions import Assertions

    async def told(scope: Any, receive: Any, send: Any) -> None:
        try:
            await app(scope, receive, send)
        except Exception:
            # A server would answer 500 and write this down; so does the chat.
            logger.exception("The backend failed")
            raise

    signed = Assertions(
        _ThrowawayKey(), issuer="homeport-testing", audience=BACKEND_URL, clock=system_clock, random=system_randomness
    )
    transport = httpx2.ASGITransport(told, raise_app_exceptions=False)
    pool = BackendPool(BACKEND_URL, _TestCredentials(signed), httpx2.AsyncClient(transport=transport))
    return lambda caller: pool.of(caller.person, caller.grant_id)


class _ThrowawayKey:
    """Signs like the real keys do, for a moment and for nobody."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, claims: Mapping[str, object], *, typ: str) -> str:
        import jwt

        return jwt.encode(dict(claims), self._key, algorithm="ES256", headers={"typ": typ, "kid": "testing"})


class _TestCredentials:
    def __init__(self, assertions: Assertions) -> None:
        self._assertions = assertions

    async def headers(self, person: Person, grant_id: str) -> Mapping[str, str]:
        return {**self._assertions.headers(person), "X-Privy-User-ID": person.id}

    def refused(self, person: Person) -> ToolError:
        return ProofRefused("The backend answered 401: it does not accept this chat's assertion or X-Privy-User-ID.")

    def accepted(self) -> None:
        return None


def _note_nowhere(called: ToolCalled) -> None:
    """There is no activity log in memory."""
