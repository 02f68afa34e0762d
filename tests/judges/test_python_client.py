"""The MCP SDK's own Python client with its own OAuth: both eras, one sign-in, and none after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl

from tests.browser.chromium import chromium_window, needs_chromium
from tests.browser.sign_in import sign_in
from tests.judges.in_process import PlayedNetwork, homeport_here
from tests.judges.loopback_client import Callback, loopback_callback
from tests.judges.tls import Authority, one_document
from tests.program import Installation, running_homeport

pytestmark = needs_chromium
CLIENT_HOST = "client.example.com"
CLIENT_ID = f"https://{CLIENT_HOST}/client.json"
Mode = Literal["auto", "legacy"]


class Storage:
    """What a client keeps in a file between two runs."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


class SignIn:
    """The client's two handlers: a real browser goes to the page, and the loopback page gets the answer."""

    def __init__(self, homeport: Installation, callback: Callback) -> None:
        self.count = 0
        self.codes: list[str] = []
        self.states: list[str] = []
        self._homeport = homeport
        self.callback = callback

    async def open_browser(self, authorize_url: str) -> None:
        self.count += 1
        async with chromium_window() as browser:
            await sign_in(browser, authorize_url, self._homeport)

    async def wait_for_answer(self) -> AuthorizationCodeResult:
        query = parse_qs(urlsplit(await asyncio.wait_for(self.callback.received, 10)).query, strict_parsing=True)
        assert sorted(query) == ["code", "iss", "state"]
        assert all(len(values) == 1 for values in query.values())
        code, state, issuer = (query[name][0] for name in ("code", "state", "iss"))
        self.codes.append(code)
        self.states.append(state)
        return AuthorizationCodeResult(code=code, state=state, iss=issuer)


@asynccontextmanager
async def connected(
    homeport: Installation, storage: Storage, signing_in: SignIn, mode: Mode, *, document_url: str | None = None
) -> AsyncIterator[Client]:
    provider = OAuthClientProvider(
        homeport.mcp_url,
        OAuthClientMetadata(client_name="A Python client", redirect_uris=[AnyUrl(signing_in.callback.url)]),
        storage,
        signing_in.open_browser,
        signing_in.wait_for_answer,
        client_metadata_url=document_url,
    )
    async with (
        httpx2.AsyncClient(auth=provider, timeout=60) as http,
        Client(streamable_http_client(homeport.mcp_url, http_client=http), mode=mode) as client,
    ):
        yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_python_client_signs_in_once_and_not_again_after_a_restart(tmp_path: Path, mode: Mode) -> None:
    storage = Storage()
    async with running_homeport(tmp_path) as homeport, loopback_callback() as callback:
        signing_in = SignIn(homeport, callback)
        async with connected(homeport, storage, signing_in, mode) as client:
            assert client.protocol_version == {"auto": "2026-07-28", "legacy": "2025-11-25"}[mode]
            await calls_every_kind_of_tool(client)
        assert signing_in.count == 1
        assert storage.tokens is not None
        assert storage.tokens.refresh_token

        await homeport.restart()
        async with connected(homeport, storage, signing_in, mode) as client:
            result = await client.call_tool("get-items", {})
            assert "Written by a judge" in str(result.structured_content)
        assert signing_in.count == 1

        await homeport.stop()
        assert signing_in.states
        tokens = (storage.tokens.access_token, storage.tokens.refresh_token)
        for secret in (*tokens, *signing_in.codes, *signing_in.states):
            assert homeport.trace_of(secret) == []


async def test_the_python_client_is_known_by_its_document_without_registering(tmp_path: Path) -> None:
    authority, storage = Authority(tmp_path), Storage()
    async with loopback_callback() as callback:
        document = {
            "client_id": CLIENT_ID,
            "client_name": "A Python client",
            "redirect_uris": [callback.url],
            "token_endpoint_auth_method": "none",
        }
        async with (
            authority.place(CLIENT_HOST, one_document(CLIENT_ID, document)) as place,
            homeport_here(tmp_path, PlayedNetwork(authority, place)) as homeport,
        ):
            signing_in = SignIn(homeport, callback)
            async with connected(homeport, storage, signing_in, "auto", document_url=CLIENT_ID) as client:
                await calls_every_kind_of_tool(client)
            assert storage.client is not None
            assert storage.client.client_id == CLIENT_ID
            assert CLIENT_HOST in await homeport.run("clients")


async def calls_every_kind_of_tool(client: Client) -> None:
    tools = {tool.name for tool in (await client.list_tools()).tools}
    assert {"get-items", "add-item"} <= tools
    before = await client.call_tool("get-items", {})
    assert not before.is_error
    assert before.structured_content
    added = await client.call_tool("add-item", {"title": "Written by a judge"})
    assert not added.is_error, added
    assert "Written by a judge" in str((await client.call_tool("get-items", {})).structured_content)
