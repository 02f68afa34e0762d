"""Reads what comes in: origin, bounded bodies, forms with each parameter once, cookies. Never trusts a Host header."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from homeport.auth.browsers import Visitor, visitor
from homeport.auth.errors import InvalidClientMetadata, InvalidRequest, OAuthError
from homeport.origins import ORIGIN_KEY, Origin

FORM_BYTES = 32 * 1024
REGISTRATION_BYTES = 16 * 1024
BODY_SECONDS = 20.0

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}")


class TooLarge(OAuthError):
    error = "invalid_request"
    status = 413


class NotJson(OAuthError):
    error = "invalid_request"


class TooSlow(OAuthError):
    error = "invalid_request"
    status = 408


# What is left of such a body is not read: the connection ends with the answer.
_HANG_UP = {"Connection": "close"}


def origin_of(request: Request) -> Origin:
    """The origin the listener chose for this request."""
    origin = request.scope[ORIGIN_KEY]
    assert isinstance(origin, Origin)
    return origin


def query_of(request: Request) -> dict[str, list[str]]:
    """The query with every value of every parameter."""
    return _grouped(request.scope["query_string"].decode("latin-1"))


async def form_of(request: Request) -> dict[str, str]:
    """A form whose parameters come once each (RFC 6749 3.2). Raises InvalidRequest, TooLarge."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise InvalidRequest("Send the parameters as application/x-www-form-urlencoded.")
    body = await body_of(request, FORM_BYTES)
    grouped = _grouped(body.decode("utf-8", "replace"))
    if any(len(values) > 1 for name, values in grouped.items()):
        raise InvalidRequest("A parameter is given twice.")
    # RFC 6749 3.2: a parameter without a value counts as one that was left out.
    return {name: values[0] for name, values in grouped.items() if values[0]}


async def json_object_of(request: Request) -> dict[str, Any]:
    """Client metadata (RFC 7591). Raises InvalidClientMetadata, TooLarge."""
    try:
        return await json_of(request, REGISTRATION_BYTES)
    except NotJson as error:
        raise InvalidClientMetadata(error.description) from None


async def json_of(request: Request, limit: int) -> dict[str, Any]:
    """A JSON object of at most `limit` bytes. Raises NotJson, TooLarge, TooSlow."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind != "application/json":
        raise NotJson("Send a JSON object as application/json.")
    body = await body_of(request, limit)
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise NotJson("The body is not a JSON object.")
    return value


async def body_of(request: Request, limit: int, *, seconds: float = BODY_SECONDS) -> bytes:
    """The body, at most `limit` bytes, within `seconds`. Raises TooLarge, TooSlow."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge(f"The body is larger than {limit} bytes.", headers=_HANG_UP)
                parts.append(part)
    except ClientDisconnect:
        raise InvalidRequest("The body ended early.") from None
    except TimeoutError:
        raise TooSlow(f"The body took longer than {seconds:g} seconds.", headers=_HANG_UP) from None
    return b"".join(parts)


def cookie_name(origin: Origin) -> str:
    """`__Host-` on https; a name of its own per port on loopback, where all ports share cookies."""
    return "__Host-homeport" if origin.secure else f"homeport_{origin.host.rsplit(':', 1)[-1]}"


def browser_of(request: Request) -> str | None:
    """The browser's cookie, or None when it has none of ours."""
    wanted = cookie_name(origin_of(request))
    pairs = (pair.partition("=") for header in request.headers.getlist("cookie") for pair in header.split(";"))
    # The first one that can be ours: browsers send that of the longest path first (RFC 6265 5.4), so a cookie of the
    # same name that another server on this host set for "/" does not take its place.
    values = (value.strip() for name, _, value in pairs if name.strip() == wanted)
    return next((value for value in values if _COOKIE.fullmatch(value)), None)


def cookie_for(origin: Origin, value: str) -> str:
    """The Set-Cookie header of a new browser; it ends with the browser's session."""
    attributes = "Path=/; Secure; " if origin.secure else "Path=/authorize; "
    return f"{cookie_name(origin)}={value}; {attributes}HttpOnly; SameSite=Lax"


def visitor_of(request: Request) -> Visitor:
    peer = request.client.host if request.client else None
    agent = request.headers.get("user-agent", "")
    return visitor(origin_of(request), peer, request.headers.getlist("x-forwarded-for"), agent)


def is_own_post(request: Request) -> bool:
    """Whether a POST comes from a page of ours: Origin or Sec-Fetch-Site must say so, and neither may deny it."""
    origins = request.headers.getlist("origin")
    sites = request.headers.getlist("sec-fetch-site")
    if not origins and not sites:
        return False
    return all(o == origin_of(request).url for o in origins) and all(s == "same-origin" for s in sites)


def _grouped(encoded: str) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=100, errors="replace")
    except ValueError:
        raise InvalidRequest("There are too many parameters.") from None
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
