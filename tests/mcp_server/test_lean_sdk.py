"""What of the MCP SDK is loaded, and that all of it can still be had."""

from __future__ import annotations

import subprocess
import sys

import pytest

NOT_NEEDED = {"httpx2", "mcp.client", "mcp.client.session", "mcp.server.mcpserver", "mcp.server.stdio"}

LOADED = "import sys; from homeport.mcp_server import lean_sdk; lean_sdk.load();"


def said(program: str) -> str:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_neither_the_client_nor_the_higher_server_is_loaded() -> None:
    loaded = set(said(LOADED + "print(*sys.modules)").split())
    assert {"homeport.mcp_server.streams", "mcp.server.lowlevel.server", "mcp_types.methods"} <= loaded
    assert not NOT_NEEDED & loaded


def test_a_validator_of_the_wire_is_built_when_it_is_used() -> None:
    program = (
        "from mcp_types.methods import CLIENT_REQUESTS;"
        "ping, tools = (CLIENT_REQUESTS[method, '2025-11-25'] for method in ('ping', 'tools/list'));"
        "before = ping.__pydantic_complete__;"
        "made = ping.model_validate({'method': 'ping', 'jsonrpc': '2.0', 'id': 1});"
        "print(before, made.method, ping.__pydantic_complete__, tools.__pydantic_complete__)"
    )
    assert said(LOADED + program) == "False ping True False"


@pytest.mark.parametrize(
    "use",
    [
        "from mcp import ClientSession, types; from mcp.server import MCPServer; import mcp.client.stdio",
        "import mcp; mcp.ClientSession; mcp.types.Tool; mcp.server.MCPServer",
        "from mcp import *; ClientSession; stdio_client",
        "from mcp.server.mcpserver import MCPServer; import mcp.server; assert mcp.server.MCPServer is MCPServer",
        "import mcp.server as server; from mcp.server.lowlevel import Server; assert server.Server is Server",
        "import inspect, mcp; inspect.getmodule(inspect); assert 'mcp.client' not in sys.modules",
    ],
)
def test_an_app_can_use_all_of_the_sdk(use: str) -> None:
    assert said(f"{LOADED}{use}\nprint('used')") == "used"


def test_an_app_that_has_loaded_the_sdk_keeps_it() -> None:
    program = "import mcp, mcp.server; before = mcp.ClientSession, mcp.server.Server;"
    after = "import mcp; assert before == (mcp.ClientSession, mcp.server.Server); print(type(mcp).__name__)"
    assert said(program + LOADED + after) == "module"


def test_a_name_that_is_not_there_is_a_plain_error() -> None:
    program = "import mcp\ntry: mcp.nothing\nexcept AttributeError as error: print(error)"
    assert said(f"{LOADED}\n{program}") == "module 'mcp' has no attribute 'nothing'"


def test_threads_that_ask_at_once_all_get_it() -> None:
    program = (
        "import mcp; from concurrent.futures import ThreadPoolExecutor as Pool;"
        "pool = Pool(8); print(len(set(pool.map(lambda _: mcp.ClientSession, range(8)))))"
    )
    assert said(LOADED + program) == "1"
