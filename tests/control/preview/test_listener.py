"""The preview's two origins: 127.0.0.1 has the page and the API behind the token, localhost the sandbox document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2

from tests.control.preview.scene import PLAIN, Previewed, previewed


async def ask(
    scene: Previewed, path: str, *, host: str = "127.0.0.1", method: str = "GET", token: bool = True, **headers: str
) -> httpx2.Response:
    given = {"Host": f"{host}:{scene.port}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token:
        given["Authorization"] = scene.http.headers["authorization"]
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.request(method, f"http://127.0.0.1:{scene.port}{path}", headers=given)


async def shown(scene: Previewed) -> dict[str, Any]:
    tools = (await scene.get("scene"))["apps"][0]["tools"]
    widget: dict[str, Any] = await scene.post("widget", path="/mcp", uri=tools[0]["_meta"]["ui"]["resourceUri"])
    return widget


async def test_the_page_needs_no_token_and_holds_no_data(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        page = await ask(scene, "/preview", token=False)
        assert page.status_code == 200
        assert "show_note" not in page.text
        policy = page.headers["content-security-policy"]
        assert policy.endswith(f"frame-src http://localhost:{scene.port}/preview/sandbox")
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe-inline" not in policy
        assert page.headers["cross-origin-opener-policy"] == "same-origin"


async def test_the_api_needs_the_token(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        for name, method in (
            ("scene", "GET"),
            ("changes", "GET"),
            ("widget", "POST"),
            ("call", "POST"),
            ("save", "POST"),
            ("load", "POST"),
            ("relay", "POST"),
        ):
            assert (await ask(scene, f"/api/preview/{name}", method=method, token=False)).status_code == 401


async def test_localhost_serves_the_sandbox_document_and_nothing_else(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        address = (await shown(scene))["sandbox"]
        assert address.startswith(f"http://localhost:{scene.port}/preview/sandbox?policy=")
        path = address.removeprefix(f"http://localhost:{scene.port}")
        document = await ask(scene, path, host="localhost", token=False)
        assert document.status_code == 200
        assert "note" not in document.text
        policy = document.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert policy.endswith(f"frame-ancestors http://127.0.0.1:{scene.port}")
        for other in ("/", "/preview", "/api/status", "/api/preview/scene", "/api/session", "/preview/sandbox/"):
            assert (await ask(scene, other, host="localhost")).status_code == 421
        assert (await ask(scene, path, host="localhost", method="POST")).status_code == 421
        assert (await ask(scene, path)).status_code == 421


async def test_the_sandbox_has_only_policies_that_were_asked_for_with_the_token(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        for query in ("", "?policy=", "?policy=" + "0" * 32, "?policy=default-src%20*"):
            assert (await ask(scene, f"/preview/sandbox{query}", host="localhost", token=False)).status_code == 404


async def test_a_page_in_the_sandbox_may_not_call_the_api_even_with_a_token(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        for origin in (f"http://localhost:{scene.port}", "null"):
            assert (await ask(scene, "/api/preview/scene", Origin=origin)).status_code == 403
            assert (await ask(scene, "/preview", Origin=origin)).status_code == 403


async def test_a_widget_comes_with_its_policy_and_what_is_to_be_said_about_it(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        widget = await shown(scene)
        assert widget["html"] == PLAIN
        assert widget["redirects"] == ["https://notes.example.com"]
        assert "connect-src 'none'" in widget["policy"]
        assert (await scene.post("widget", path="/mcp", uri="ui://widget/none-000000000000.html")).status_code == 409


async def test_a_simulation_is_saved_beside_the_app_and_loaded(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        assert await scene.post("save", name="first", simulation={"tool": "show_note", "state": "slow"}) == {"ok": True}
        assert json.loads((tmp_path / "data" / "previews" / "first.json").read_text()) == {
            "tool": "show_note",
            "state": "slow",
        }
        assert (await scene.get("scene"))["simulations"] == ["first"]
        assert (await scene.post("load", name="first"))["state"] == "slow"
        assert (await scene.post("load", name="../first")).status_code == 409
        assert (await scene.post("save", name="../up", simulation={"tool": "x"})).status_code == 409
        assert (await scene.post("save", name="odd", simulation={"tool": "x", "state": "y"})).status_code == 422


async def test_changes_are_told_line_by_line_and_listening_ends_with_the_preview(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene, scene.http.stream("GET", "/api/preview/changes") as answer:
        assert answer.headers["content-type"] == "application/x-ndjson"
        lines = answer.aiter_lines()
        assert json.loads(await anext(lines)) == {"kind": "listening"}
        scene.pages.edit("note-view", PLAIN + "2")
        assert json.loads(await anext(lines)) == {"kind": "widget", "path": "/mcp", "name": "note-view"}
        await scene.post("save", name="first", simulation={"tool": "show_note"})
        assert json.loads(await anext(lines)) == {"kind": "simulations"}


async def test_a_problem_of_the_app_is_in_the_scene(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        scene.source.broken = "app.py, line 3: there is no name 'x'"
        problem = (await scene.get("scene"))["apps"][0]["problems"][0]
        assert problem == {
            "kind": "app",
            "file": "",
            "line": 0,
            "column": 0,
            "message": "app.py, line 3: there is no name 'x'",
        }


async def test_a_body_may_be_a_megabyte_here_and_no_more(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        large = await scene.post("call", path="/mcp", tool="show_note", arguments={"words": "x" * 500_000})
        assert large["bytes"] > 500_000
        assert (
            await scene.post("call", path="/mcp", tool="show_note", arguments={"words": "x" * 1_100_000})
        ).status_code == 413
