"""The ASGI app at one MCP path: HTTP, access, one JSON-RPC message, its answer. Knows neither tools nor CORS nor Host.

Order of a call: access, scope, rule, tool, result, activity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from homeport.auth.challenges import Challenge, insufficient_scope, invalid_token
from homeport.mcp_server import lean_sdk
from homeport.mcp_server.callers import Authenticate, Caller, LocalCaller
from homeport.mcp_server.calls import ScopeMissing, SignInNeeded, ToolCall, sign_in_again
from homeport.mcp_server.disconnect import Receive, Send, UntilDisconnect
from homeport.mcp_server.dispatch import CALLER, MCP_PATH, Dispatch, Request
from homeport.mcp_server.headers import Headers, read_headers
from homeport.mcp_server.messages import Message, encode, error_body, parse_message, result_body
from homeport.mcp_server.open_streams import OpenStreams
from homeport.mcp_server.protocol import (
    HANDSHAKE_VERSIONS,
    INVALID_REQUEST,
    MODERN_STATUS,
    VERSION_WHEN_ABSENT,
    Era,
    RpcError,
    ScopeNeeded,
)
from homeport.origins import ORIGIN_KEY, Origin

if TYPE_CHECKING:
    from homeport.mcp_server.streams import Streams

MAX_BODY = 4 * 1024 * 1024
"""Bytes of one request."""

BODY_SECONDS = 20.0
"""How long a client may take to send them."""

Scope = MutableMapping[str, Any]

# What is left of a body that came too late is not waited for (RFC 9110 15.5.9).
_EXTRA: Mapping[int, Sequence[tuple[bytes, bytes]]] = {
    405: [(b"allow", b"POST")],
    408: [(b"connection", b"close")],
    429: [(b"retry-after", b"10")],
    503: [(b"retry-after", b"10")],
}

_LEGACY_ERAS = {version: Era(version, modern=False) for version in HANDSHAKE_VERSIONS}


class McpEndpoint:
    """Serves one dispatch at one path.

    `access` is asked before anything else is done for a request. None lets everybody in as `stranger`, for tests only.
    `origin_allowed` judges an Origin header; a request without one comes from no browser and is fine.
    `open_streams` is shared by all endpoints of an engine; whoever hears that a grant ended tells it.
    """

    def __init__(
        self,
        dispatch: Dispatch,
        *,
        path: str,
        access: Authenticate | None,
        origin_allowed: Callable[[str], bool],
        stranger: LocalCaller | None = None,
        open_streams: OpenStreams | None = None,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        if access is None and stranger is None:
            raise ValueError("An endpoint without access control needs to know who calls.")
        self._dispatch = dispatch
        self._path = path
        self._access = access
        self._stranger = stranger
        self._origin_allowed = origin_allowed
        self._open_streams = open_streams or OpenStreams()
        self._body_seconds = body_seconds
        self._streams: Streams | None = None

    async def warm(self) -> None:
        """Load the SDK in a thread (0.3 s), so that the first request does not wait for it."""
        if self._streams is None:
            modules = await anyio.to_thread.run_sync(lean_sdk.load)
            if self._streams is None:
                self._streams = modules.Streams(self._dispatch.server, self._open_streams)

    async def tools_changed(self) -> None:
        """The app is another one: tell the clients that listen for that."""
        if self._streams is not None:
            await self._streams.tools_changed()

    async def stop(self) -> None:
        """End open streams, within a second. Afterwards the endpoint answers no more."""
        if self._streams is not None:
            await self._streams.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id: str | int | None = None
        modern = False
        try:
            headers = read_headers(scope["headers"])
            self._check_request(scope, headers)
            caller = await self._authenticate(scope, headers)
            body = await _read_body(headers, receive, self._body_seconds)
            if body is None:
                return
            message = parse_message(body)
            request_id = message.id
            if self._streams is None:
                await self.warm()
            modern = headers.modern
            era = _modern_era(message, headers) if modern else _LEGACY_ERAS[headers.version or VERSION_WHEN_ABSENT]
            if request_id is None:
                await _send(send, 202, b"")
                return
            result: bytes | None = None
            async with UntilDisconnect(receive) as client:
                result = await self._dispatch.answer(Request(message, era, caller, headers, scope))
            if client.gone:
                return
            if result is None:
                if headers.refuses_streams:
                    raise RpcError(INVALID_REQUEST, "The answer is a stream: accept text/event-stream.", status=406)
                assert self._streams is not None
                # Whoever was revoked since the first look must not get a stream that nobody ends.
                caller = await self._authenticate(scope, headers)
                known = {**scope, CALLER: caller, MCP_PATH: self._path}
                await self._streams.serve(caller, known, body, receive, send)
                return
            await _send(send, 200, result_body(request_id, result))
        except Challenge as challenge:
            await _send_challenge(send, challenge)
        except ScopeMissing as missing:
            more = insufficient_scope(scope[ORIGIN_KEY], self._path, missing.needed)
            await _send_sign_in(send, missing.call, more, request_id)
        except SignInNeeded as needed:
            anew = invalid_token(scope[ORIGIN_KEY], self._path, needed.needed, needed.words)
            await _send_sign_in(send, needed.call, anew, request_id)
        except ScopeNeeded as needed:
            await _send_challenge(send, insufficient_scope(scope[ORIGIN_KEY], self._path, needed.scopes))
        except RpcError as error:
            await _send_error(send, error, request_id, modern=modern)

    def _check_request(self, scope: Scope, headers: Headers) -> None:
        """What needs no token and no body. Raises RpcError."""
        if scope["method"] != "POST":
            raise RpcError(INVALID_REQUEST, "This address takes POST only.", status=405)
        origin = headers.get(b"origin")
        # Against DNS rebinding and foreign pages (2025-11-25 and 2026-07-28, transports: MUST be 403).
        if origin is not None and not self._origin_allowed(origin.decode("latin-1")):
            raise RpcError(INVALID_REQUEST, "Pages of this origin may not call.", status=403)
        if b"authorization" in headers.repeated:
            raise RpcError(INVALID_REQUEST, "Authorization came more than once.", status=400)

    async def _authenticate(self, scope: Scope, headers: Headers) -> Caller:
        if self._access is None:
            assert self._stranger is not None, "an endpoint without access needs to know who calls"
            return self._stranger
        authorization = headers.get(b"authorization")
        origin: Origin = scope[ORIGIN_KEY]
        resource = origin.resource(self._path)
        return self._access.cached(authorization, resource) or await self._access.check(authorization, resource)


def _modern_era(message: Message, headers: Headers) -> Era:
    """What a modern message says about itself. Raises RpcError where it is malformed or of an unknown version."""
    from homeport.mcp_server import kernel

    if message.id is None:
        kernel.check_notification_version(headers.version or "")
        return Era(headers.version or "", modern=True)
    return kernel.classify(message, headers)


async def _read_body(headers: Headers, receive: Receive, seconds: float) -> bytes | None:
    """The whole body, or None: the client went away. Raises RpcError."""
    if not headers.is_json():
        raise RpcError(INVALID_REQUEST, "The Content-Type must be application/json.", status=415)
    declared = headers.get(b"content-length")
    if declared is not None and (len(declared) > 9 or (declared.isdigit() and int(declared) > MAX_BODY)):
        raise _too_large()
    try:
        async with asyncio.timeout(seconds):
            return await _whole(receive)
    except TimeoutError:
        raise RpcError(INVALID_REQUEST, "The body did not come in time.", status=408) from None


async def _whole(receive: Receive) -> bytes | None:
    event = await receive()
    parts: list[bytes] = []
    size = 0
    while event["type"] == "http.request":
        parts.append(event.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            raise _too_large()
        if not event.get("more_body"):
            return b"".join(parts)
        event = await receive()
    return None


def _too_large() -> RpcError:
    return RpcError(INVALID_REQUEST, f"A request may have {MAX_BODY} bytes.", status=413)


async def _send(send: Send, status: int, body: bytes, extra: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [(b"content-length", b"%d" % len(body)), *extra]
    if body:
        headers.append((b"content-type", b"application/json"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_sign_in(send: Send, call: ToolCall, challenge: Challenge, request_id: str | int | None) -> None:
    """The challenge, in the form in which this client reads it."""
    if not call.caller.chatgpt or request_id is None:
        await _send_challenge(send, challenge)
        return
    result = sign_in_again(call, challenge.www_authenticate, challenge.description)
    await _send(send, 200, result_body(request_id, result))


async def _send_challenge(send: Send, challenge: Challenge) -> None:
    body = encode({"error": challenge.error, "error_description": challenge.description})
    await _send(send, challenge.status, body, [(b"www-authenticate", challenge.www_authenticate.encode("latin-1"))])


async def _send_error(send: Send, error: RpcError, request_id: str | int | None, *, modern: bool) -> None:
    status = error.status or (MODERN_STATUS.get(error.code, 200) if modern else 200)
    await _send(send, status, error_body(request_id, error), _EXTRA.get(status, ()))
