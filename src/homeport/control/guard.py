"""What every request to the control listener must pass before anything is done (SECURITY, Control listener)."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from homeport.settings.as_typed import as_typed

BODY_LIMIT = 64 * 1024
"""Bytes of the largest body that is read."""

PREVIEW_BODY_LIMIT = 1024 * 1024
"""The same for the preview: a tool's arguments, or a simulation with a large result."""

OPEN_PATHS = ("/", "/preview", "/api/session")
"""The pages, which hold no data, and the trade of a one-use code for a session."""

SANDBOX_PATH = "/preview/sandbox"
"""All that `localhost:<port>` serves, and nothing that `127.0.0.1:<port>` does."""

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
STRICT_CSP = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'")


class Guard:
    """Checks Host, Origin, token and size in this order, and puts the same strict headers on every answer."""

    def __init__(self, app: ASGIApp, *, port: int, knows_token: Callable[[str], bool]) -> None:
        self._app = app
        self._host = f"127.0.0.1:{port}".encode()
        self._sandbox_host = f"localhost:{port}".encode()
        self._knows_token = knows_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_strictly(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                has_csp = any(name == STRICT_CSP[0] for name, _ in given)
                message = {**message, "headers": [*given, *HEADERS, *(() if has_csp else (STRICT_CSP,))]}
            await send(message)

        refusal = self._refusal(scope)
        if refusal:
            await refusal(scope, receive, send_strictly)
            return
        limit = PREVIEW_BODY_LIMIT if scope["path"].startswith("/api/preview/") else BODY_LIMIT
        body = await _read_body(receive, limit)
        if body is None:
            too_large = refuse(413, "too_large", f"The body is larger than {limit // 1024} kB.")
            await too_large(scope, receive, send_strictly)
            return
        await self._app(scope, _replay(body, receive), send_strictly)

    def _refusal(self, scope: Scope) -> JSONResponse | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1:
            return refuse(400, "bad_host", "A request must have exactly one Host header.")
        is_sandbox = scope["path"] == SANDBOX_PATH and scope["method"] == "GET"
        if is_sandbox and hosts[0] == self._sandbox_host:
            return None
        if hosts[0] != self._host or is_sandbox:
            return refuse(421, "bad_host", f"Only {self._host.decode()} is answered here.")
        origins = [value for name, value in headers if name == b"origin"]
        if origins and origins != [b"http://" + self._host]:
            return refuse(403, "bad_origin", "Other pages may not call this.")
        if scope["path"] in OPEN_PATHS:
            return None
        scheme, _, token = _only(headers, b"authorization").partition(b" ")
        if scheme.lower() != b"bearer" or not self._knows_token(token.strip().decode("latin-1")):
            refused = refuse(
                401, "unauthorized", "This needs the token of the running Homeport.", "Use `homeport open`."
            )
            refused.headers["WWW-Authenticate"] = "Bearer"
            return refused
        return None


def refuse(status: int, code: str, message: str, hint: str = "") -> JSONResponse:
    """An error as every answer of the control API gives it."""
    return JSONResponse(
        {"code": code, "title": "Homeport refused this", "message": message, "hint": as_typed(hint)}, status
    )


def _only(headers: list[tuple[bytes, bytes]], wanted: bytes) -> bytes:
    values = [value for name, value in headers if name == wanted]
    return values[0] if len(values) == 1 else b""


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when it is too large."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body that was read already, and then what really comes."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
