"""The MCP Inspector's command line, in both eras: signs in, lints the tools, calls one, and finds its widget."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.child import Child
from tests.judges.node import needs_judges, node_program, program_of
from tests.program import Homeport, free_ports, running_homeport

pytestmark = [needs_judges, needs_chromium]


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_inspector_signs_in_and_works_on_without_signing_in_again(tmp_path: Path, era: str) -> None:
    async with running_homeport(tmp_path) as homeport:
        inspector = Inspector(homeport, tmp_path, era)
        listed = await inspector.signs_in("--method", "tools/list", "--strict")
        assert "get-items" in {tool["name"] for tool in listed["tools"]}
        called = await inspector.runs("--method", "tools/call", "--tool-name", "get-items")
        assert not called.get("isError")
        assert called["structuredContent"]
        await inspector.runs("--method", "tools/call", "--tool-name", "add-item", "--tool-arg", f"title=Seen in {era}")

        await homeport.restart()
        called = await inspector.runs("--method", "tools/call", "--tool-name", "get-items")
        assert f"Seen in {era}" in json.dumps(called["structuredContent"])


class Inspector:
    """One person's inspector: what it stores outlives its runs."""

    def __init__(self, homeport: Homeport, folder: Path, era: str) -> None:
        self._homeport = homeport
        self._folder = folder
        self._era = era
        self._callback = f"http://127.0.0.1:{free_ports(1)[0]}/oauth/callback"

    async def signs_in(self, *arguments: str) -> Any:
        """A run that must ask for a login; the answer is its result."""
        async with self._started(*arguments) as judge, chromium_window() as browser:
            asked = await judge.says(r"Please navigate to: (http://\S+)")
            await sign_in(browser, asked[1], self._homeport)
            return await self._result(judge)

    async def runs(self, *arguments: str) -> Any:
        """A run that must not ask for a login; the answer is its result."""
        async with self._started(*arguments) as judge:
            result = await self._result(judge)
            assert "Please navigate" not in judge.output
            return result

    def _started(self, *arguments: str) -> AbstractAsyncContextManager[Child]:
        output = self._folder / "result.json"
        output.unlink(missing_ok=True)
        return node_program(
            program_of("@modelcontextprotocol/inspector", "mcp-inspector"),
            *("--cli", self._homeport.mcp_url, "--transport", "http", "--protocol-era", self._era),
            *("--callback-url", self._callback, "--output", str(output), *arguments),
            folder=self._folder,
            MCP_AUTO_OPEN_ENABLED="true",
            MCP_STORAGE_DIR=str(self._folder / "inspector"),
            MCP_INSPECTOR_SECRET_STORE="file",
        )

    async def _result(self, judge: Child) -> Any:
        assert await judge.ends(seconds=40) == 0, judge.output
        return json.loads((self._folder / "result.json").read_text(encoding="utf-8"))
