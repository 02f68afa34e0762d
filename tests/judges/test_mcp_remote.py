"""mcp-remote, the bridge of clients that speak stdio only: signs in by dynamic registration and a loopback redirect."""

from __future__ import annotations

import json
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from mcp import Client, StdioServerParameters

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.child import Child
from tests.judges.node import judge_environment, needs_judges, node, node_program, program_of
from tests.program import Homeport, running_homeport

pytestmark = [needs_judges, needs_chromium]


async def test_mcp_remote_signs_in_once_and_still_works_after_a_restart(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport:
        said = [await first_visit(homeport, tmp_path), await call_get_items(homeport, tmp_path)]
        await homeport.restart()
        said += ["--- homeport was restarted ---", await later_visit(homeport, tmp_path)]
        said += [await call_get_items(homeport, tmp_path)]
    print("", *said, sep="\n")


async def first_visit(homeport: Homeport, folder: Path) -> str:
    async with mcp_remote_client(homeport, folder) as judge, chromium_window() as browser:
        asked = await judge.says(r"^\S*(http://\S+/authorize\?\S+)")
        ended_at = await sign_in(browser, asked[1], homeport)
        assert "iss=" in ended_at
        assert await judge.ends() == 0, judge.output
        return checked(judge)


async def later_visit(homeport: Homeport, folder: Path) -> str:
    async with mcp_remote_client(homeport, folder) as judge:
        assert await judge.ends() == 0, judge.output
        assert "/authorize?" not in judge.output
        return checked(judge)


def mcp_remote_client(homeport: Homeport, folder: Path) -> AbstractAsyncContextManager[Child]:
    script = program_of("mcp-remote", "mcp-remote-client")
    return node_program(script, homeport.mcp_url, folder=folder, MCP_REMOTE_CONFIG_DIR=str(folder / "mcp-remote"))


def checked(judge: Child) -> str:
    assert "Connected successfully!" in judge.output
    assert '"name": "get-items"' in judge.output
    # It asks for resources as well, unasked; a server that declares none says so (-32601), and it goes on.
    assert "Error requesting tools" not in judge.output
    return transcript(judge.output)


def transcript(output: str) -> str:
    """What it logged, a line each, with the names of the tools in place of the JSON around them."""
    names = ", ".join(dict.fromkeys(re.findall(r'"name": "([a-z-]+)"', output)))
    lines = [re.sub(r"^(\[\d+\] )+", "", line) for line in output.splitlines() if re.match(r"\[|http|Please", line)]
    shown = [f"Tools: {names}" if line.startswith("Tools: {") else line for line in lines]
    return "\n".join(line for line in shown if line and not line.startswith(("Received message", "Trying")))


async def call_get_items(homeport: Homeport, folder: Path) -> str:
    """Call the tool through the stdio bridge, as a desktop client does; signing in again would never end."""
    bridge = StdioServerParameters(
        command=str(node()),
        args=[str(program_of("mcp-remote", "mcp-remote")), homeport.mcp_url],
        env=judge_environment(folder, MCP_REMOTE_CONFIG_DIR=str(folder / "mcp-remote")),
    )
    async with Client(bridge) as client:
        result = await client.call_tool("get-items", {})
    assert not result.is_error
    assert result.structured_content
    return f"get-items -> {json.dumps(result.structured_content)}"
