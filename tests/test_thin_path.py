"""The shortest way through everything: one sign-in by typed code, one tool call, and again after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2

from tests.program import Homeport, running_homeport
from tests.signing_in import sign_in


async def call_get_items(homeport: Homeport, access_token: str) -> Any:
    async with httpx2.AsyncClient() as client:
        answer = await client.post(
            homeport.mcp_url,
            json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "get-items"}},
            headers={"Authorization": f"Bearer {access_token}", "Accept": "application/json, text/event-stream"},
        )
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]["structuredContent"]


async def test_a_client_that_signed_in_once_calls_a_tool_before_and_after_a_restart(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport:
        signed_in = await sign_in(homeport)
        before = await call_get_items(homeport, signed_in.access_token)
        await homeport.restart()
        after = await call_get_items(homeport, signed_in.access_token)
    assert len(before["items"]) == 3
    assert after == before
