"""The words and deep imports that Homeport shares with the SDK: an update that changes them fails here first."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import mcp_types
from mcp.server import runner
from mcp.server.connection import Connection, allowed_log_levels
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared import inbound
from mcp_types import version

from homeport.mcp_server import protocol

SOURCE = Path(protocol.__file__).parents[1]


def test_our_words_are_the_sdks() -> None:
    assert protocol.HANDSHAKE_VERSIONS == version.HANDSHAKE_PROTOCOL_VERSIONS
    assert version.MODERN_PROTOCOL_VERSIONS == (protocol.MODERN_VERSION,)
    assert protocol.VERSION_WHEN_ABSENT == mcp_types.DEFAULT_NEGOTIATED_VERSION
    assert protocol.CLIENT_CAPABILITIES == mcp_types.CLIENT_CAPABILITIES_META_KEY
    assert protocol.CLIENT_INFO == mcp_types.CLIENT_INFO_META_KEY
    assert protocol.LOG_LEVEL == mcp_types.LOG_LEVEL_META_KEY
    assert protocol.PROTOCOL_VERSION == mcp_types.PROTOCOL_VERSION_META_KEY
    assert protocol.SERVER_INFO == mcp_types.SERVER_INFO_META_KEY
    assert protocol.HEADER_MISMATCH == mcp_types.HEADER_MISMATCH
    assert dict(inbound.ERROR_CODE_HTTP_STATUS) == protocol.MODERN_STATUS


def test_the_deep_imports_take_what_we_hand_in() -> None:
    assert {"connection", "lifespan_state"} <= set(inspect.signature(runner.serve_one).parameters)
    assert list(inspect.signature(Connection.from_envelope).parameters)[:3] == [
        "protocol_version",
        "client_info",
        "client_capabilities",
    ]
    assert "headers" in inspect.signature(inbound.classify_inbound_request).parameters
    assert list(inspect.signature(inbound.validate_mcp_param_headers).parameters) == [
        "input_schema",
        "arguments",
        "headers",
    ]
    assert list(inspect.signature(allowed_log_levels).parameters) == ["protocol_version", "meta"]
    assert "stateless" in inspect.signature(StreamableHTTPSessionManager.__init__).parameters
    assert callable(Server.add_request_handler)
    assert isinstance(inspect.getattr_static(Server, "server_info_stamp"), property)


def test_only_the_mcp_room_imports_the_sdk() -> None:
    importers = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if any(name.split(".")[0] in ("mcp", "mcp_types") for name in names):
                importers.add(path.relative_to(SOURCE).parts[0])
    assert importers == {"mcp_server"}


def test_neither_the_public_names_nor_the_endpoint_load_the_sdk() -> None:
    loads = (
        "import sys, homeport; [getattr(homeport, name) for name in homeport.__all__];"
        "first = {name.split('.')[0] for name in sys.modules};"
        "import homeport.mcp_server.endpoint;"
        "second = {name.split('.')[0] for name in sys.modules};"
        "print(first & {'mcp', 'mcp_types', 'starlette'}, second & {'mcp', 'mcp_types'})"
    )
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set() set()"
