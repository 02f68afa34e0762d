"""What stands between the doctor and a real server in a test: TLS ends here, and one answer may come out wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.judges.tls import Request, read_request


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came through, with its body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def rpc(self) -> str:
        """The JSON-RPC method, or nothing."""
        try:
            return str(json.loads(self.body)["method"])
        except (ValueError, KeyError, TypeError):
            return ""

    @property
    def modern(self) -> bool:
        return self.headers.get("mcp-protocol-version") == "2026-07-28"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer on its way back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def saying(self, **members: Any) -> Reply:
        """The same JSON object with other members; None takes one away."""
        changed = {name: value for name, value in {**self.json, **members}.items() if value is not None}
        return replace(self, body=json.dumps(changed).encode())

    def with_header(self, name: str, value: str | None) -> Reply:
        headers = {**self.headers, name: value}
        return replace(self, headers={name: value for name, value in headers.items() if value is not None})


def page(html: str, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "text/html", **named}, html.encode())


def document(value: Any, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "application/json"}, json.dumps(value).encode())


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, {"location": location})


Back = Callable[[Asked, Reply], Reply]
There = Callable[[Asked], Asked]


@dataclass
class Front:
    """A reverse proxy to a port of this computer. `back` changes answers, `there` requests; both may be set anew.

    Without a port nobody is behind it, and it answers as proxies do then.
    """

    port: int | None
    back: Back = field(default=lambda asked, reply: reply)
    there: There = field(default=lambda asked: asked)
    seen: list[Asked] = field(default_factory=list)

    def heal(self) -> None:
        """Nothing is wrong any more, and nothing was seen."""
        self.back, self.there, self.seen = (lambda asked, reply: reply), (lambda asked: asked), []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            asked = await _whole(request, reader)
            self.seen.append(asked)
            reply = self.back(asked, await self._ask(self.there(asked), writer))
            writer.write(_on_the_wire(reply, asked.method))
            await writer.drain()

    async def _ask(self, asked: Asked, writer: asyncio.StreamWriter) -> Reply:
        if self.port is None:
            return page("<title>502 Bad Gateway</title>", 502)
        peer = writer.get_extra_info("peername")[0]
        added = {"x-forwarded-for": peer, "x-forwarded-proto": "https", "connection": "close"}
        lines = [f"{name}: {value}" for name, value in {**asked.headers, **added}.items()]
        try:
            there, here = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return page("<title>502 Bad Gateway</title>", 502)
        try:
            head = "\r\n".join([f"{asked.method} {asked.target} HTTP/1.1", *lines, "", ""])
            here.write(head.encode("latin-1") + asked.body)
            return await _read_reply(there, asked.method)
        finally:
            here.close()


async def _whole(request: Request, reader: asyncio.StreamReader) -> Asked:
    body = await reader.readexactly(int(request.headers.get("content-length", "0")))
    return Asked(request.method, request.target, request.headers, body)


async def _read_reply(reader: asyncio.StreamReader, method: str) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    if method == "HEAD" or headers.get("content-length") == "0":
        body = b""
    elif "content-length" in headers:
        body = await reader.readexactly(int(headers["content-length"]))
    elif headers.get("transfer-encoding") == "chunked":
        body = await _chunks(reader)
    else:
        body = await reader.read()
    return Reply(int(first.split(" ")[1]), headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).strip() or b"0", 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    return body


def _on_the_wire(reply: Reply, method: str) -> bytes:
    kept = {n: v for n, v in reply.headers.items() if n not in ("content-length", "transfer-encoding", "connection")}
    lines = [f"HTTP/1.1 {reply.status} Whatever", *(f"{name}: {value}" for name, value in kept.items())]
    lines.append(f"content-length: {len(reply.body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (b"" if method == "HEAD" else reply.body)
