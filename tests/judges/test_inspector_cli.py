"""The MCP Inspector's command line, in both eras: signs in, lints the tools, calls one, and finds its widget."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from homeport import bundles
from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.child import Child
from tests.judges.node import needs_judges, node_program, program_of
from tests.program import Homeport, free_ports, running_homeport
from tests.scaffold.projects import caches, new_project, run_in

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


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_inspector_resolves_the_widget_of_every_tool_that_has_one(tmp_path: Path, era: str) -> None:
    async with running_homeport(tmp_path) as homeport:
        inspector = Inspector(homeport, tmp_path, era)
        await inspector.signs_in("--method", "tools/list")
        tools = {each["toolName"]: each for each in await inspector.probes_widgets()}
        assert {name for name, each in tools.items() if each["hasApp"]} == {"get-items"}
        shown = tools["get-items"]
        assert not shown.get("resourceError"), shown
        assert shown["resourceUri"].startswith("ui://widget/list-view-")
        assert shown["csp"] == {"connectDomains": [], "resourceDomains": []}
        listed = await inspector.runs("--method", "resources/list")
        assert [each["uri"] for each in listed["resources"]] == [shown["resourceUri"]]
        read = await inspector.runs("--method", "resources/read", "--uri", shown["resourceUri"])
        assert read["contents"][0]["text"] == bundles.page("list-view")
        templates = await inspector.runs("--method", "resources/templates/list")
        assert templates["resourceTemplates"] == []


async def test_the_inspector_resolves_the_widget_of_a_new_project(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    recipes = new_project(tmp_path / "recipes")
    built = run_in(recipes, caches(tmp_path, pytestconfig), "homeport", "build")
    assert built.returncode == 0, built.stdout + built.stderr
    async with running_homeport(tmp_path, "--app", str(recipes)) as homeport:
        inspector = Inspector(homeport, tmp_path, "modern")
        listed = await inspector.signs_in("--method", "tools/list", "--strict")
        assert {tool["name"] for tool in listed["tools"]} == {"find_recipes", "rate_recipe"}
        (shown,) = (each for each in await inspector.probes_widgets() if each["hasApp"])
        assert shown["toolName"] == "find_recipes"
        assert not shown.get("resourceError"), shown
        read = await inspector.runs("--method", "resources/read", "--uri", shown["resourceUri"])
        page = (recipes / "widgets" / "dist" / "recipe-list.html").read_text(encoding="utf-8")
        assert read["contents"][0]["text"] == page


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

    async def probes_widgets(self) -> list[Any]:
        """What it finds out about the widget of each tool."""
        async with self._started("--method", "tools/list", "--app-info", output=False) as judge:
            assert await judge.ends(seconds=40) == 0, judge.output
            return [json.loads(line) for line in judge.output.splitlines() if line.startswith("{")]

    def _started(self, *arguments: str, output: bool = True) -> AbstractAsyncContextManager[Child]:
        result = self._folder / "result.json"
        result.unlink(missing_ok=True)
        into = ("--output", str(result)) if output else ()
        return node_program(
            program_of("@modelcontextprotocol/inspector", "mcp-inspector"),
            *("--cli", self._homeport.mcp_url, "--transport", "http", "--protocol-era", self._era),
            *("--callback-url", self._callback, *into, *arguments),
            folder=self._folder,
            MCP_AUTO_OPEN_ENABLED="true",
            MCP_STORAGE_DIR=str(self._folder / "inspector"),
            MCP_INSPECTOR_SECRET_STORE="file",
        )

    async def _result(self, judge: Child) -> Any:
        assert await judge.ends(seconds=40) == 0, judge.output
        return json.loads((self._folder / "result.json").read_text(encoding="utf-8"))
