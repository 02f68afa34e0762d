"""The MCP SDK's own TypeScript client, v1 line: one sign-in, and none after a power cut."""

from __future__ import annotations

from pathlib import Path

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.judges.node import HERE, needs_judges, node_program
from tests.program import running_homeport

pytestmark = [needs_judges, needs_chromium]


async def test_the_typescript_client_signs_in_once_and_not_again_after_a_power_cut(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport:
        run = (HERE / "typescript_client.mjs", homeport.mcp_url, str(tmp_path / "kept.json"))
        async with node_program(*run, folder=tmp_path) as client, chromium_window() as browser:
            asked = await client.says(r"^open (\S+)")
            await sign_in(browser, asked[1], homeport)
            assert await client.ends() == 0, client.output
            assert "get-items" in client.output
            await client.says(r"^result \{.*title")

        await homeport.crash()
        async with node_program(*run, folder=tmp_path) as client:
            assert await client.ends() == 0, client.output
            assert "open " not in client.output
            await client.says(r"^result \{.*title")
