"""The MCP Inspector's page in Chromium, in both eras: a person signs in and clicks a tool.

The page reaches a server through the Inspector's own backend only; `test_browser_client` is a page that comes directly.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import read_code
from tests.judges.node import needs_judges, node_program, program_of
from tests.program import free_ports, running_homeport

pytestmark = [needs_judges, needs_chromium]


@pytest.mark.parametrize("era", ["legacy", "modern"])
async def test_the_inspectors_page_signs_in_and_calls_a_tool(tmp_path: Path, era: str) -> None:
    port, sandbox_port = free_ports(2)
    async with (
        running_homeport(tmp_path) as homeport,
        node_program(
            program_of("@modelcontextprotocol/inspector", "mcp-inspector"),
            *("--web", "--server-url", homeport.mcp_url, "--transport", "http", "--protocol-era", era),
            folder=tmp_path,
            CLIENT_PORT=str(port),
            MCP_SANDBOX_PORT=str(sandbox_port),
            MCP_AUTO_OPEN_ENABLED="false",
            MCP_STORAGE_DIR=str(tmp_path / "inspector"),
            MCP_INSPECTOR_SECRET_STORE="file",
        ) as inspector,
        chromium_window() as browser,
    ):
        address = await inspector.says(r"(http://127\.0\.0\.1:\d+\S*MCP_INSPECTOR_API_TOKEN=\S+)")
        page = await browser.new_page()
        await page.goto(address[1])
        await page.get_by_role("switch", name="Connect or disconnect").click(force=True)
        await homeport.approve(await read_code(page))
        await page.wait_for_url(f"http://127.0.0.1:{port}/**")
        await page.get_by_text("Tools", exact=True).first.click()
        await page.get_by_role("button", name="get-items").first.click()
        await page.get_by_role("button", name="Execute Tool").click()
        await expect(page.get_by_role("button", name="Close results")).to_be_visible()
        await expect(page.get_by_text('"title"').first).to_be_visible()
