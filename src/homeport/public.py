"""Assembles the public listener, the only thing a tunnel may reach: Host, origin, CORS, routes. Decides nothing else.

It serves exactly the apps' MCP paths, the authorization server, the front page and /health; anything else is a bare
404 (SECURITY, listeners).
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping, Sequence
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Router

from homeport.errors import StoreError
from homeport.origins import ORIGIN_KEY, Origin, Origins

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# As browsers write an origin (RFC 6454 6.2), so that nothing else is ever echoed.
_LOOPBACK_PAGE = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::([0-9]{1,5}))?")
_CALLED_FROM_BROWSERS = ("/token", "/register", "/revoke", "/userinfo")
_METADATA = "/.well-known/oauth-"
_EXPOSED = b"WWW-Authenticate, MCP-Protocol-Version"
_PREFLIGHT_SECONDS = b"600"
_HEAD_BYTES = 400
"""What an answer weighs beside its body, nearly: status line and headers."""
_PROXY_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"true-client-ip", b"cf-connecting-ip", b"cf-ray", b"x-client-ip"}
)
"""What proxies and tunnels add: a request with one of these and a loopback Host did not begin on this computer."""
_DATABASE_AWAY = b'{"error":"temporarily_unavailable","error_description":"The database does not answer. Try again."}'

logger = logging.getLogger(__name__)


class Traffic:
    """What went out through the public side since it was last taken: a tunnel's provider counts that, too."""

    def __init__(self) -> None:
        self.requests = 0
        self.bytes_out = 0

    def take(self) -> tuple[int, int]:
        """Requests and bytes, which count from zero again."""
        taken = self.requests, self.bytes_out
        self.requests = self.bytes_out = 0
        return taken

    def counted(self, send: Send) -> Send:
        """`send` of one more request, whose bytes are counted."""
        self.requests += 1

        async def send_counted(message: MutableMapping[str, Any]) -> None:
            body = message.get("body")
            if body is not None:
                self.bytes_out += len(body)
            elif message["type"] == "http.response.start":
                self.bytes_out += _HEAD_BYTES
            await send(message)

        return send_counted


class AllowedOrigins:
    """Which pages may call from a browser: those of this computer, our own, and those the owner names."""

    def __init__(self, origins: Origins, extra: Collection[str]) -> None:
        self._origins = origins
        self.extra = frozenset(extra)

    def __call__(self, origin: str) -> bool:
        if origin in self.extra or self._origins.by_issuer(origin) is not None:
            return True
        page = _LOOPBACK_PAGE.fullmatch(origin)
        return page is not None and int(page[1] or 0) <= 65_535


class PublicApp:
    """The ASGI app of the public listener. `mcp` are the apps' endpoints by path, looked up at each request.

    `probed` hears the network of a request that carries this process's own probe token, or None. `discovered` hears the
    headers of each request for the metadata that a connector begins with, and the origin that was asked.
    """

    def __init__(
        self,
        origins: Origins,
        allowed: AllowedOrigins,
        routes: Sequence[BaseRoute],
        mcp: Mapping[str, AsgiApp],
        *,
        probed: Callable[[Headers], None],
        discovered: Callable[[Headers, Origin], None] = lambda headers, origin: None,
    ) -> None:
        self._origins = origins
        self._allowed = allowed
        self._mcp = mcp
        self._router = Router(list(routes), redirect_slashes=False, default=_nothing_here)
        self._probed = probed
        self._discovered = discovered
        self.traffic = Traffic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        headers: Headers = scope["headers"]
        if path == "/health":
            self._probed(headers)
            await _send(send, 200, b'{"status":"ok"}', [(b"content-type", b"application/json")])
            return
        origin = self._origin(headers)
        if isinstance(origin, int):
            await _send(send, origin, b"", [])
            return
        scope[ORIGIN_KEY] = origin
        if not origin.local:
            send = self.traffic.counted(send)
        kind = self._cors_kind(path)
        page = _header(headers, b"origin") if kind is not None else None
        if kind is not None and page is not None:
            readable = kind == "any" or self._allowed(page.decode("latin-1"))
            if scope["method"] == "OPTIONS" and _header(headers, b"access-control-request-method") is not None:
                await _send(send, 204, b"", _preflight(kind, page, headers) if readable else [])
                return
            send = _with_cors(send, kind, page) if readable else send
        if path.startswith(_METADATA):
            self._discovered(headers, origin)
        endpoint = self._mcp.get(path)
        try:
            await (self._router if endpoint is None else endpoint)(scope, receive, send)
        except StoreError as error:
            logger.error("The database did not answer %s: %s", path, error)
            with contextlib.suppress(RuntimeError):  # an answer that has begun cannot become another one
                await _send(send, 503, _DATABASE_AWAY, [(b"content-type", b"application/json"), (b"retry-after", b"5")])

    def _origin(self, headers: Headers) -> Origin | int:
        """The origin the Host names, or the status to refuse with (SECURITY, listeners)."""
        host: bytes | None = None
        forwarded = False
        for name, value in headers:
            if name == b"host":
                if host is not None:
                    return 400
                host = value
            elif name in _PROXY_HEADERS or name.startswith(b"x-forwarded-"):
                forwarded = True
        if host is None:
            return 400
        origin = self._origins.by_host(host.decode("latin-1"))
        if origin is None or (forwarded and origin.local):
            return 421
        return origin

    def _cors_kind(self, path: str) -> str | None:
        if path in self._mcp or path in _CALLED_FROM_BROWSERS:
            return "some"
        return "any" if path.startswith("/.well-known/") else None


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(status_code=404)(scope, receive, send)


def _header(headers: Headers, wanted: bytes) -> bytes | None:
    return next((value for name, value in headers if name == wanted), None)


def _preflight(kind: str, page: bytes, headers: Headers) -> Headers:
    asked = _header(headers, b"access-control-request-headers")
    return [
        *_cors_headers(kind, page),
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", asked or b"authorization, content-type"),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
    ]


def _cors_headers(kind: str, page: bytes) -> Headers:
    """Never with credentials: a token is sent by the page's own script or not at all."""
    allowed = b"*" if kind == "any" else page
    return [
        (b"access-control-allow-origin", allowed),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def _with_cors(send: Send, kind: str, page: bytes) -> Send:
    async def send_with_cors(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_cors_headers(kind, page)]}
        await send(message)

    return send_with_cors


async def _send(send: Send, status: int, body: bytes, headers: Headers) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})
