"""HTTP/1.1 on one connection, strictly read: requests and answers. It knows nothing of Privy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import h11

LARGEST_BODY = 256 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: `path` is decoded, headers are by lower-case name."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def endpoint(self) -> str:
        """As knobs and tests name it: `POST /api/v1/sessions`."""
        return f"{self.method} {self.path}"

    @property
    def origin(self) -> str | None:
        return self.headers.get("origin")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def adding(self, headers: Mapping[str, str]) -> Answer:
        return Answer(self.status, self.body, {**self.headers, **headers})


def json_answer(value: Any, status: int = 200) -> Answer:
    headers = {"content-type": "application/json; charset=utf-8", "cache-control": "no-store"}
    return Answer(status, json.dumps(value).encode(), headers)


def html_answer(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, text.encode(), {"content-type": "text/html; charset=utf-8", **(headers or {})})


class HangUp(Exception):
    """The connection is to be cut without an answer."""


class SayNothing(Exception):
    """The request is never to be answered; the connection stays open until the other side gives up."""


Handle = Callable[[Request], Awaitable[Answer]]


class _Misread(Exception):
    """The other side did not speak HTTP as it should."""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handle: Handle) -> None:
    """Answer the requests of one connection until it ends."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=32 * 1024)
    try:
        while (request := await _next_request(connection, reader)) is not None:
            answer = await handle(request)
            headers = [*answer.headers.items(), *([] if answer.status == 204 else [_length(answer)])]
            sent = [connection.send(h11.Response(status_code=answer.status, headers=headers))]
            if answer.body and request.method != "HEAD":
                sent.append(connection.send(h11.Data(answer.body)))
            sent.append(connection.send(h11.EndOfMessage()))
            writer.write(b"".join(part or b"" for part in sent))
            await writer.drain()
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()
    except SayNothing:
        await reader.read()
    except HangUp:
        writer.transport.abort()
    except (_Misread, h11.RemoteProtocolError) as why:
        body = f"not understood: {why}".encode()
        writer.write(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


def _length(answer: Answer) -> tuple[str, str]:
    return "content-length", str(len(answer.body))


async def _next_request(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                raise _Misread("the body is too long")
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            return _request(head, bytes(body))
        else:
            return None


def _request(head: h11.Request, body: bytes) -> Request:
    names = [name.decode("ascii") for name, _ in head.headers]
    if len(set(names)) != len(names):
        raise _Misread("a header came twice")
    headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
    target = head.target.decode("ascii")
    if not target.startswith("/"):
        raise _Misread("the target is not a path")
    parts = urlsplit(target)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise _Misread("a query parameter came twice")
    host = headers.get("host", "").removesuffix(":443")
    return Request(head.method.decode("ascii"), host, unquote(parts.path), dict(pairs), headers, body)
