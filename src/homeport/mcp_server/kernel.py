"""The SDK's kernel behind our transport: one request in, one result out, in either era.

The only file of the hot path that imports the SDK (0.3 s, 10 MB, see `lean_sdk`): the endpoint loads it in a thread,
after it listens. A test guards the deep imports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from mcp.server.connection import Connection
from mcp.server.lowlevel import Server
from mcp.server.runner import modern_error_data, serve_one
from mcp.shared.dispatcher import CallOptions
from mcp.shared.exceptions import NoBackChannelError
from mcp.shared.inbound import (
    InboundLadderRejection,
    classify_inbound_request,
    unsupported_protocol_version_rejection,
    validate_mcp_param_headers,
)
from mcp.shared.message import ServerMessageMetadata
from mcp.shared.transport_context import TransportContext

from homeport.mcp_server.headers import Headers
from homeport.mcp_server.messages import Message
from homeport.mcp_server.protocol import HEADER_MISMATCH, Era, RpcError

_TRANSPORT = TransportContext(kind="streamable-http", can_send_request=False, headers={})


@dataclass(slots=True)
class _JsonExchange:
    """The SDK's DispatchContext for an answer in JSON: there is no way back to the client before the result."""

    request_id: str | int
    message_metadata: ServerMessageMetadata
    transport: TransportContext = _TRANSPORT
    can_send_request: bool = False
    progress_token: None = None
    cancel_requested: anyio.Event = field(default_factory=anyio.Event)

    async def send_raw_request(
        self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None
    ) -> dict[str, Any]:
        raise NoBackChannelError(method)

    async def notify(self, method: str, params: Mapping[str, Any] | None, opts: CallOptions | None = None) -> None:
        """Notifications travel on streams only."""

    async def progress(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Progress travels on streams only."""


def classify(message: Message, headers: Headers) -> Era:
    """Check a modern request against its headers (2026-07-28, transports). Raises RpcError."""
    for name in headers.repeated:
        if name.startswith(b"mcp-"):
            raise RpcError(HEADER_MISMATCH, f"{name.decode('latin-1')} header appears more than once")
    verdict = classify_inbound_request({"method": message.method, "params": message.params}, headers=headers.routing())
    if isinstance(verdict, InboundLadderRejection):
        raise RpcError(verdict.code, verdict.message, verdict.data)
    return Era(verdict.protocol_version, True, verdict.client_info, verdict.client_capabilities)


def check_notification_version(version: str) -> None:
    """Raises RpcError for a version that is not served."""
    if (rejection := unsupported_protocol_version_rejection(version)) is not None:
        raise RpcError(rejection.code, rejection.message, rejection.data)


def check_parameter_headers(schema: Mapping[str, Any], arguments: Mapping[str, Any], headers: Headers) -> None:
    """`Mcp-Param-*` must agree with the arguments they repeat. Raises RpcError."""
    if (rejection := validate_mcp_param_headers(schema, arguments, headers.routing())) is not None:
        raise RpcError(rejection.code, rejection.message, rejection.data)


async def serve(server: Server[Any], message: Message, era: Era, request: object) -> dict[str, Any]:
    """The result of one request; `request` is what the server's handlers find as `ctx.request`. Raises RpcError."""
    assert message.id is not None
    connection = Connection.from_envelope(era.version, era.client_info, era.client_capabilities)
    exchange = _JsonExchange(message.id, ServerMessageMetadata(request_context=request))
    try:
        return await serve_one(
            server, exchange, message.method, message.params, connection=connection, lifespan_state={}
        )
    except Exception as error:
        described = modern_error_data(error)
        raise RpcError(described.code, described.message, described.data) from error
