"""The few words of MCP that are needed before the SDK is loaded. A test compares them with the SDK's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

HANDSHAKE_VERSIONS: Final = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
MODERN_VERSION: Final = "2026-07-28"
VERSION_WHEN_ABSENT: Final = "2025-03-26"

CLIENT_CAPABILITIES: Final = "io.modelcontextprotocol/clientCapabilities"
CLIENT_INFO: Final = "io.modelcontextprotocol/clientInfo"
LOG_LEVEL: Final = "io.modelcontextprotocol/logLevel"
PROTOCOL_VERSION: Final = "io.modelcontextprotocol/protocolVersion"
SERVER_INFO: Final = "io.modelcontextprotocol/serverInfo"

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603
HEADER_MISMATCH: Final = -32020

MODERN_STATUS: Final = {
    PARSE_ERROR: 400,
    INVALID_REQUEST: 400,
    INVALID_PARAMS: 400,
    HEADER_MISMATCH: 400,
    -32021: 400,
    -32022: 400,
    METHOD_NOT_FOUND: 404,
}
"""HTTP status by JSON-RPC error in the modern era; every other error, and every legacy one, is 200."""


@dataclass(frozen=True, slots=True)
class Era:
    """What a request says about itself: its protocol version, and in the modern era who the client is."""

    version: str
    modern: bool
    client_info: Any = None
    client_capabilities: Any = None


class RpcError(Exception):
    """A JSON-RPC error; `status` where HTTP itself says no (None: the era decides)."""

    def __init__(self, code: int, message: str, data: object = None, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data
        self.status = status


class ScopeNeeded(RpcError):
    """The token is good and lacks a scope for what is not a tool. Over HTTP it becomes a challenge."""

    def __init__(self, scopes: frozenset[str]) -> None:
        super().__init__(INVALID_REQUEST, f"This needs the scope {' '.join(sorted(scopes))}.", status=403)
        self.scopes = scopes
