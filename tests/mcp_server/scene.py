"""An endpoint with one small app behind it, and somebody who posts to it as a web server would hand it on."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from homeport import App, Backend, Context, Person
from homeport.auth.challenges import invalid_token
from homeport.events import ToolCalled
from homeport.listening import Listener, bind
from homeport.mcp_server.asking import OwnerAsked
from homeport.mcp_server.callers import Authenticate, Caller, LocalCaller
from homeport.mcp_server.calls import ToolCalls
from homeport.mcp_server.dispatch import AppDispatch
from homeport.mcp_server.endpoint import BODY_SECONDS, McpEndpoint
from homeport.mcp_server.open_streams import OpenStreams
from homeport.mcp_server.pause import Pause
from homeport.mcp_server.resources import WidgetResources
from homeport.mcp_server.rules import Rule, default_rule
from homeport.mcp_server.tool_lists import ToolLists
from homeport.origins import ORIGIN_KEY, Origin

PATH = "/mcp"
HERE = Origin("https://home.example", local=False)
OWN_PAGE = "https://home.example"
MODERN = "2026-07-28"

ANYBODY = LocalCaller(Person("p1"), frozenset({"read", "write"}), "c1", "Client", "g1")
READER = LocalCaller(Person("p2"), frozenset({"read"}), "c2", "Reader", "g2")
READER_IN_CHATGPT = LocalCaller(Person("p3"), frozenset({"read"}), "c3", "ChatGPT", "g3", chatgpt=True)
WRITER_ONLY = LocalCaller(Person("p4"), frozenset({"write"}), "c4", "Writer", "g4")

BRIEF = LocalCaller(Person("p5"), frozenset({"read"}), "c5", "Brief", "g5", expires_at=1_000)

TOKENS: Mapping[bytes, Caller] = {
    b"Bearer anybody": ANYBODY,
    b"Bearer reader": READER,
    b"Bearer chatgpt": READER_IN_CHATGPT,
    b"Bearer writer": WRITER_ONLY,
    b"Bearer brief": BRIEF,
}


class KnownTokens:
    """A bearer check that knows a few tokens for one resource."""

    def cached(self, authorization: bytes | None, resource: str) -> Caller | None:
        return TOKENS.get(authorization or b"") if resource == "https://home.example/mcp" else None

    async def check(self, authorization: bytes | None, resource: str) -> Caller:
        raise invalid_token(HERE, PATH, ["read", "write"], "There is no valid token.")


def small_app() -> App:
    """One tool of each effect, one with a scope of its own, one with a context."""
    app = App("Small", instructions="Adds numbers.")

    @app.tool(effect="read", was=["plus"])
    async def add(a: int, b: int = 0) -> int:
        """Add two numbers."""
        return a + b

    @app.tool(effect="write")
    def note(text: str) -> str:
        """Write something down."""
        return text

    @app.tool(effect="destroy")
    def forget() -> str:
        """Forget everything."""
        return "forgotten"

    @app.tool(effect="read", scope="publish")
    async def publish() -> str:
        """Show it to everybody."""
        return "published"

    @app.tool(effect="read")
    async def who(person: Person, context: Context) -> dict[str, str | None]:
        """Say who asks."""
        await context.progress(1, 2, "half")
        await context.log("asked")
        return {"person": person.id, "client": context.client, "locale": context.locale}

    return app


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        assert "result" in self.json, self.body
        return self.json["result"]

    @property
    def error(self) -> Any:
        assert "error" in self.json, self.body
        return self.json["error"]

    @property
    def text(self) -> str:
        """What a model reads of a tool's result."""
        text: str = self.result["content"][0]["text"]
        return text


@dataclass(slots=True)
class Door:
    """Posts to one endpoint; `called` is what the activity log would get."""

    endpoint: McpEndpoint
    called: list[ToolCalled] = field(default_factory=list)
    apps: list[App] = field(default_factory=list)

    async def send(
        self, body: bytes, headers: Sequence[tuple[bytes, bytes]] = (), *, method: str = "POST", parts: int = 1
    ) -> Answer:
        """The request as it is, its body in so many parts."""
        size = max(1, -(-len(body) // parts))
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        scope = {"type": "http", "method": method, "path": PATH, "headers": list(headers), ORIGIN_KEY: HERE}
        await self.endpoint(scope, receive, send)
        received = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], received, b"".join(message["body"] for message in sent[1:]))

    async def post(self, message: object, *, token: str | None = "anybody", **headers: str) -> Answer:
        """A JSON message with the headers a client sends; a keyword `mcp_name` is the header `mcp-name`."""
        fields = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
        if token is not None:
            fields["authorization"] = f"Bearer {token}"
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        return await self.send(body, [(name.encode(), value.encode()) for name, value in fields.items()])

    async def ask(
        self, method: str, params: Mapping[str, Any] | None = None, *, modern: bool = False, token: str = "anybody"
    ) -> Answer:
        """One request as a well-behaved client of either era sends it."""
        if not modern:
            return await self.post(request(method, params), token=token, mcp_protocol_version="2025-11-25")
        headers = {"mcp_protocol_version": MODERN, "mcp_method": method}
        if params and (named := params.get("name") or params.get("uri")):
            headers["mcp_name"] = named
        return await self.post(request(method, params, modern=True), token=token, **headers)

    async def call(self, tool: str, /, *, modern: bool = False, token: str = "anybody", **arguments: Any) -> Answer:
        return await self.ask("tools/call", {"name": tool, "arguments": arguments}, modern=modern, token=token)


def request(method: str, params: Mapping[str, Any] | None = None, *, modern: bool = False) -> dict[str, Any]:
    message: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method}
    if params is not None or modern:
        message["params"] = dict(params or {})
    if modern:
        envelope = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        }
        message["params"]["_meta"] = {**envelope, **message["params"].get("_meta", {})}
    return message


@asynccontextmanager
async def open_door(
    app: App | None = None,
    *,
    rule: Rule = default_rule,
    pause: Pause | None = None,
    asked: OwnerAsked | None = None,
    tool_lists: ToolLists | None = None,
    access: Authenticate | None = None,
    open_streams: OpenStreams | None = None,
    body_seconds: float = BODY_SECONDS,
    backend: Callable[[Caller], Backend] | None = None,
    widgets: Callable[[Callable[[], App]], WidgetResources] | None = None,
) -> AsyncIterator[Door]:
    """An endpoint with access control; put another app into `apps` to reload."""
    apps = [app or small_app()]
    called: list[ToolCalled] = []
    current: Callable[[], App] = lambda: apps[-1]  # noqa: E731
    calls = ToolCalls(app=current, record=called.append, rule=rule, pause=pause, asked=asked, backend=backend)
    resources = None if widgets is None else widgets(current)
    dispatch = AppDispatch(app=current, calls=calls, tool_lists=tool_lists, resources=resources, version="7.1")
    endpoint = McpEndpoint(
        dispatch,
        path=PATH,
        access=access or KnownTokens(),
        origin_allowed=lambda origin: origin == OWN_PAGE,
        open_streams=open_streams,
        body_seconds=body_seconds,
    )
    try:
        yield Door(endpoint, called, apps)
    finally:
        await endpoint.stop()


@asynccontextmanager
async def listening(endpoint: McpEndpoint) -> AsyncIterator[str]:
    """The endpoint behind the real web server; the value is its URL. The endpoint stops first, as in the engine."""
    sockets = bind("127.0.0.1", 0)

    async def at_home(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http":
            await endpoint({**scope, ORIGIN_KEY: HERE}, receive, send)

    listener = Listener()
    await listener.start(at_home, sockets)
    try:
        yield f"http://127.0.0.1:{listener.port}{PATH}"
    finally:
        await endpoint.stop()
        await listener.stop()
