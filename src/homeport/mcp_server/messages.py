"""From the bytes of a POST to one JSON-RPC message, and back. Pure; refuses what two parsers could read differently."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from homeport.mcp_server.protocol import INVALID_REQUEST, PARSE_ERROR, RpcError

MANY_BRACKETS = 100


@dataclass(frozen=True, slots=True)
class Message:
    """A request, or a notification: then `id` is None and nothing is answered."""

    id: str | int | None
    method: str
    params: dict[str, Any] | None


def parse_message(body: bytes) -> Message:
    """The one message in `body`. Raises RpcError with status 400; a batch is one of its reasons."""
    try:
        decoded = _DECODER.decode(body.decode())
        if b"\\u" in body or body.count(b"[") + body.count(b"{") > MANY_BRACKETS:
            # Lone surrogates and deep nesting: only this parser refuses both, at a depth of 200.
            from_json(body)
    except (ValueError, RecursionError):
        raise RpcError(PARSE_ERROR, "The body is not JSON, or not JSON that has one meaning.", status=400) from None
    if not isinstance(decoded, dict):
        raise RpcError(INVALID_REQUEST, "The body must be one JSON-RPC request or notification.", status=400)
    method = decoded.get("method")
    params = decoded.get("params")
    if (
        decoded.get("jsonrpc") != "2.0"
        or not isinstance(method, str)
        or (params is not None and not isinstance(params, dict))
    ):
        raise RpcError(INVALID_REQUEST, "The body must be one JSON-RPC request or notification.", status=400)
    if "id" not in decoded:
        return Message(None, method, params)
    request_id = decoded["id"]
    if not isinstance(request_id, (str, int)) or isinstance(request_id, bool):
        raise RpcError(INVALID_REQUEST, "A request's id is a string or a whole number.", status=400)
    return Message(request_id, method, params)


def encode(value: Any) -> bytes:
    """JSON; what has no JSON form (NaN, infinity) becomes null. Raises PydanticSerializationError for other things."""
    return to_json(value, inf_nan_mode="null")


def result_body(request_id: str | int, result: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (_encode_id(request_id), result)


def error_body(request_id: str | int | None, error: RpcError) -> bytes:
    described: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.data is not None:
        described["data"] = error.data
    return encode({"jsonrpc": "2.0", "id": request_id, "error": described})


def _encode_id(request_id: str | int) -> bytes:
    return b"%d" % request_id if isinstance(request_id, int) else encode(request_id)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key occurs twice")
    return value


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_float=_finite, parse_constant=_no_constant)
