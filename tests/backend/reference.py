"""A backend as somebody might have written it, behind a real web server: items for each person.

It notes what came, and a test may put answers of its own before its.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from homeport.listening import Listener, bind

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

STATES = {"complete": "done", "reopen": "open", "archive": "archived"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came: `target` is path and query, still encoded."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def bearer(self) -> str:
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme == "Bearer" else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `hangs`: it never comes; `breaks`: the connection ends after half of the body."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks: bool = False

    @property
    def content(self) -> bytes:
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class ReferenceBackend:
    """`who` says from a request whose it is, or None: 401."""

    def __init__(self, who: Callable[[Seen], str | None] = lambda seen: "anybody", *, base: str = "/v1") -> None:
        self._who = who
        self._base = base
        self.seen: list[Seen] = []
        self.busy = 0
        self.busiest = 0
        self.hanging = asyncio.Event()
        self._replies: list[Reply] = []
        self._items: dict[str, list[dict[str, Any]]] = {}

    def replies(self, *replies: Reply) -> None:
        """The next requests get these, one each; after them all is as ever."""
        self._replies += replies

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            seen = await _read(scope, receive)
            self.seen.append(seen)
            reply = self._replies.pop(0) if self._replies else self._answer(seen)
            if reply.hangs:
                self.hanging.set()
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            await _send(send, reply)
        finally:
            self.busy -= 1

    def _answer(self, seen: Seen) -> Reply:
        person = self._who(seen)
        if person is None:
            return Reply(401, {"error": "unauthorized"}, {"www-authenticate": "Bearer"})
        path, _, query = seen.target.partition("?")
        items = self._items.setdefault(person, [])
        match seen.method, path.removeprefix(f"{self._base}/").split("/"):
            case "GET", ["who"]:
                return Reply(200, {"person": person})
            case "GET", ["items"]:
                words = parse_qs(query).get("filter", [""])[0].lower()
                return Reply(200, [item for item in items if words in item["title"].lower()])
            case "POST", ["items"]:
                items.append({"id": len(items) + 1, "state": "open", **seen.json})
                return Reply(201, items[-1])
            case "POST", ["items", item_id, "actions"]:
                for item in items:
                    if str(item["id"]) == item_id:
                        item["state"] = STATES[seen.json["action"]]
                        return Reply(200, item)
        return Reply(404, {"message": "no such thing"})


async def _read(scope: Message, receive: Receive) -> Seen:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    # httptools hands on the path as it came; the query is separate.
    target = scope["raw_path"].decode()
    query = scope["query_string"].decode()
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    return Seen(scope["method"], target + (f"?{query}" if query else ""), headers, body)


async def _send(send: Send, reply: Reply) -> None:
    content = reply.content
    headers = {"content-type": "application/json", "content-length": str(len(content)), **reply.headers}
    start = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": start})
    if reply.breaks:
        await send({"type": "http.response.body", "body": content[: len(content) // 2], "more_body": True})
        raise ConnectionAbortedError("the backend's computer lost its power")
    await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def reachable(app: Callable[[Message, Receive, Send], Awaitable[None]], *, port: int = 0) -> AsyncIterator[str]:
    """The app behind the real web server; the value is its address."""
    sockets = bind("127.0.0.1", port)
    listener = Listener()
    await listener.start(app, sockets)
    try:
        yield f"http://127.0.0.1:{listener.port}"
    finally:
        await listener.stop()
