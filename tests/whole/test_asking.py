"""The rule `ask` with the real program: a client calls, the owner looks and decides in another process, once."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx2

from tests.program import Homeport, running_homeport
from tests.signing_in import SignedIn, sign_in

APP = '''
from homeport import App

app = App("Shelf")
gone: list[str] = []


@app.tool(effect="destroy")
async def remove(id: str) -> int:
    """Remove one thing for good, and say how many were removed."""
    gone.append(id)
    return len(gone)
'''


async def call(homeport: Homeport, client: SignedIn, **arguments: Any) -> dict[str, Any]:
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "remove", "arguments": arguments}}
    headers = {"Authorization": f"Bearer {client.access_token}", "Accept": "application/json, text/event-stream"}
    async with httpx2.AsyncClient(timeout=40, trust_env=False) as http:
        answer = await http.post(homeport.mcp_url, json=message, headers=headers)
    result: dict[str, Any] = answer.json()["result"]
    return result


async def waiting(homeport: Homeport) -> list[dict[str, Any]]:
    """The calls that wait, once there is one."""
    async with asyncio.timeout(20):
        while not (found := json.loads(await homeport.run("calls", "--json"))):
            pass
    return list(found)


async def test_the_owner_decides_about_single_calls_in_another_process(tmp_path: Path) -> None:
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    async with running_homeport(tmp_path, "--app", str(folder), "--tunnel", "none", command=()) as homeport:
        one, other = await sign_in(homeport), await sign_in(homeport)
        calls = [asyncio.create_task(call(homeport, one, id="soup")) for _ in range(3)]
        (asked,) = await waiting(homeport)
        assert (asked["tool"], asked["effect"], asked["person"], asked["waiting"]) == ("remove", "destroy", "me", True)
        assert json.loads(asked["arguments"]) == {"id": "soup"}
        assert "It runs now" in await homeport.run("calls", "allow", str(asked["number"]), "--yes")
        results = await asyncio.gather(*calls)
        assert [result["structuredContent"] for result in results if not result["isError"]] == [{"result": 1}]

        denied = asyncio.create_task(call(homeport, other, id="soup"))
        (asked,) = await waiting(homeport)
        await homeport.run("calls", "deny", str(asked["number"]))
        assert "does not allow" in (await denied)["content"][0]["text"]
        assert json.loads(await homeport.run("calls", "--json")) == []

        await homeport.restart()
        again = asyncio.create_task(call(homeport, one, id="bread"))
        await homeport.run("calls", "allow", str((await waiting(homeport))[0]["number"]), "--yes")
        assert (await again)["structuredContent"] == {"result": 1}
