"""The official conformance suite's scenarios for authorization servers, with every warning counted as a failure."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx2

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.judges.in_process import PlayedNetwork, homeport_here
from tests.judges.node import needs_judges, node_program, program_of
from tests.judges.tls import Authority, one_document
from tests.program import Installation, free_ports, running_homeport

pytestmark = [needs_judges, needs_chromium]

CLIENT_HOST = "conformance.example.com"
CLIENT_ID = f"https://{CLIENT_HOST}/client.json"
SCENARIOS = {"authorization-server-metadata-endpoint", "authorization-code-grant"}


async def test_the_authorization_scenarios_pass_with_a_registered_client(tmp_path: Path) -> None:
    async with running_homeport(tmp_path) as homeport:
        port = free_ports(1)[0]
        client_id = await register(homeport, f"http://127.0.0.1:{port}/callback")
        await passes_every_scenario(homeport, client_id, port, tmp_path)


async def test_the_authorization_scenarios_pass_with_a_client_known_by_its_document(tmp_path: Path) -> None:
    authority, port = Authority(tmp_path), free_ports(1)[0]
    document = {
        "client_id": CLIENT_ID,
        "client_name": "Conformance",
        "redirect_uris": [f"http://127.0.0.1:{port}/callback"],
        "token_endpoint_auth_method": "none",
    }
    async with (
        authority.place(CLIENT_HOST, one_document(CLIENT_ID, document)) as place,
        homeport_here(tmp_path, PlayedNetwork(authority, place)) as homeport,
    ):
        await passes_every_scenario(homeport, CLIENT_ID, port, tmp_path)


async def register(homeport: Installation, redirect_uri: str) -> str:
    asked = {"client_name": "Conformance", "redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none"}
    async with httpx2.AsyncClient() as http:
        answer = await http.post(f"{homeport.issuer}/register", json=asked)
    assert answer.status_code == 201, answer.text
    client_id: str = answer.json()["client_id"]
    return client_id


async def passes_every_scenario(homeport: Installation, client_id: str, port: int, folder: Path) -> None:
    script = program_of("@modelcontextprotocol/conformance", "conformance")
    results = folder / "results"
    async with node_program(
        script,
        *("authorization", "--url", homeport.issuer, "--client-id", client_id, "--resource", homeport.mcp_url),
        *("--port", str(port), "--output-dir", str(results)),
        folder=folder,
    ) as judge:
        asked = await judge.says(r"(http://\S+/authorize\?\S+)")
        assert f"client_id={quote(client_id, safe='')}" in asked[1]
        async with chromium_window() as browser:
            await sign_in(browser, asked[1], homeport)
            assert await judge.ends() == 0, judge.output
    checks = {path.parent.name: json.loads(path.read_text()) for path in results.rglob("checks.json")}
    passed = {name for name in SCENARIOS if any(name in folder_name for folder_name in checks)}
    assert passed == SCENARIOS, judge.output
    statuses = [(check["id"], check["status"]) for found in checks.values() for check in found]
    assert statuses
    assert {status for _, status in statuses} == {"SUCCESS"}, statuses
