"""A web page of another origin on this computer as a client: every endpoint it needs must answer it across origins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import expect

from tests.browser.chromium import chromium_window, complaints_of, needs_chromium
from tests.browser.sign_in import read_code
from tests.judges.node import HERE, PACKAGES, needs_judges
from tests.judges.tls import read_request
from tests.program import running_homeport

pytestmark = [needs_judges, needs_chromium]


@asynccontextmanager
async def the_page() -> AsyncIterator[str]:
    """The origin that serves the page, and the library it imports."""
    library = PACKAGES / "oauth4webapi" / "build" / "index.js"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (request := await read_request(reader)) is not None:
            script = request.target == "/oauth4webapi.js"
            body = (library if script else HERE / "browser_client.html").read_bytes()
            media_type = "text/javascript" if script else "text/html; charset=utf-8"
            head = f"HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncontent-length: {len(body)}\r\n"
            writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await server.wait_closed()


async def test_a_page_on_this_computer_signs_in_and_calls_a_tool_across_origins(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport, the_page() as origin, chromium_window() as browser:
        page = await browser.new_page()
        # Chromium reports each 401 that was asked for on purpose, and the answer that the library drops unread.
        harmless = ["401 (Unauthorized)", f"{homeport.issuer}/revoke net::ERR_ABORTED", "favicon"]
        complaints = complaints_of(page, harmless=harmless)
        await page.goto(f"{origin}/?pasted={homeport.mcp_url}")
        await homeport.approve(await read_code(page))
        await page.wait_for_url(f"{origin}/callback*")
        await expect(page.locator("#result")).to_contain_text("title")
        assert json.loads(await page.locator("#result").inner_text())
        assert complaints == []
