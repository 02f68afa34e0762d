"""An app's folder behind the real program: a client that signed in once works with every version of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.apps.folders import greeting, save_as_editors_do, write
from tests.mcp_server.scene import request
from tests.program import Homeport, running_homeport
from tests.signing_in import sign_in

LISTENS = {
    "accept": "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "subscriptions/listen",
}


@asynccontextmanager
async def signed_in_client(homeport: Homeport) -> AsyncIterator[httpx2.AsyncClient]:
    bearer = {"authorization": f"Bearer {(await sign_in(homeport)).access_token}"}
    async with httpx2.AsyncClient(base_url=homeport.issuer, headers=bearer, timeout=20, trust_env=False) as client:
        yield client


async def notifications(answer: httpx2.Response) -> AsyncIterator[str]:
    async for line in answer.aiter_lines():
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))["method"]


async def ask(client: httpx2.AsyncClient, method: str, **params: Any) -> Any:
    answer = await client.post("/mcp", json=request(method, params), headers={"accept": LISTENS["accept"]})
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


async def test_a_client_hears_of_an_edit_and_calls_the_new_tools_with_its_old_token(tmp_path: Path) -> None:
    folder = write(tmp_path / "greetings", app=greeting("first"))
    async with (
        running_homeport(tmp_path, "--app", str(folder)) as homeport,
        signed_in_client(homeport) as client,
    ):
        assert (await ask(client, "tools/call", name="greet"))["structuredContent"] == {"result": "first"}
        wanted = request("subscriptions/listen", {"notifications": {"toolsListChanged": True}}, modern=True)
        async with client.stream("POST", "/mcp", json=wanted, headers=LISTENS) as answer:
            heard = notifications(answer)
            assert await anext(heard) == "notifications/subscriptions/acknowledged"
            save_as_editors_do(folder / "app.py", greeting("second").replace("def greet", "def welcome"))
            assert await anext(heard) == "notifications/tools/list_changed"
        assert [tool["name"] for tool in (await ask(client, "tools/list"))["tools"]] == ["welcome"]
        assert (await ask(client, "tools/call", name="welcome"))["structuredContent"] == {"result": "second"}


async def test_a_broken_app_is_said_in_the_status_and_everything_else_runs(tmp_path: Path) -> None:
    folder = write(tmp_path / "greetings", app="import no_such_library")
    async with running_homeport(tmp_path, "--app", str(folder)) as homeport:
        said = "greetings/app.py, line 1: there is no module 'no_such_library'."
        assert said in await homeport.run("status")
        async with signed_in_client(homeport) as client:
            assert await ask(client, "tools/list") == {"tools": []}


async def test_a_folder_without_an_app_ends_the_command_with_the_reason(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path)
    (tmp_path / "empty").mkdir()
    said = await homeport.run(
        *("serve", "--app", str(tmp_path / "empty"), "--port", str(homeport.port)),
        *("--control-port", str(homeport.control_port)),
        expected=1,
    )
    assert "empty has no app.py." in said
    assert "Traceback" not in said
