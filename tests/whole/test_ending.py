"""The real program and its end: within three seconds, with success and without a traceback, whatever is open then."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from tests.child import Child, child_process
from tests.program import Installation
from tests.signing_in import REDIRECT, sign_in

MOST_SECONDS = 3.0

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Opened = Callable[[Installation], Awaitable[Connection]]


@asynccontextmanager
async def serving(installation: Installation, *options: str) -> AsyncIterator[Child]:
    """`homeport serve`, from the moment it says where it is."""
    ports = ("--port", str(installation.port), "--control-port", str(installation.control_port))
    async with child_process(
        *(sys.executable, "-W", "error", "-m", "homeport", "serve", "--data-dir", str(installation.data_dir)),
        *(*ports, *options),
        environment=installation.environment,
        folder=installation.folder,
        name="homeport serve",
    ) as child:
        await child.says(rf"localhost:{installation.port}/mcp")
        yield child


async def an_idle_connection(installation: Installation) -> Connection:
    """Kept alive after an answer, as browsers and proxies do."""
    reader, writer = await asyncio.open_connection("127.0.0.1", installation.port)
    writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b'"ok"}')
    return reader, writer


async def half_a_request(installation: Installation) -> Connection:
    """A client that has not finished what it wants to say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", installation.port)
    host = f"localhost:{installation.port}"
    head = f"POST /token HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    writer.write(f"{head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def a_waiting_page(installation: Installation) -> Connection:
    """A browser in the middle of its sign-in, with its connection kept."""
    asked = {
        "response_type": "code",
        "client_id": "chatgpt-connector",
        "redirect_uri": "https://chatgpt.com/connector/oauth/abc",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    async with httpx2.AsyncClient(base_url=installation.issuer, trust_env=False, follow_redirects=True) as browser:
        page = await browser.get("/authorize", params=asked)
        assert "data-approval-code" in page.text, page.text
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    reader, writer = await asyncio.open_connection("127.0.0.1", installation.port)
    head = f"GET {page.url.path}/state HTTP/1.1\r\nHost: localhost:{installation.port}\r\nCookie: {cookie}\r\n\r\n"
    writer.write(head.encode())
    await reader.readuntil(b'"}')
    return reader, writer


async def an_mcp_stream(installation: Installation) -> Connection:
    """A client that listens for changes of the tool list: an answer without an end."""
    token = (await sign_in(installation)).access_token
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "subscriptions/listen",
        "params": {
            "notifications": {"toolsListChanged": True},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            },
        },
    }
    body = json.dumps(message)
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: localhost:{installation.port}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: subscriptions/listen",
        f"Content-Length: {len(body)}",
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", installation.port)
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0], head
    assert b"text/event-stream" in head
    return reader, writer


async def close(connection: Connection, *, read: bool = True) -> None:
    """Unless it is closed from here, it ends by itself."""
    reader, writer = connection
    if read:
        async with asyncio.timeout(5):
            await reader.read()
    writer.close()


OPEN = [an_idle_connection, half_a_request, a_waiting_page, an_mcp_stream]


async def end(child: Child, number: int) -> float:
    """Seconds from the signal to the end."""
    began = time.monotonic()
    os.kill(child.pid, number)
    exit_code = await child.ends(seconds=10)
    seconds = time.monotonic() - began
    assert exit_code == 0, child.output
    assert "Traceback" not in child.output, child.output
    return seconds


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("opened", OPEN, ids=lambda opened: opened.__name__.replace("_", " "))
async def test_a_signal_ends_it_in_time_whatever_is_open(opened: Opened, number: int, tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    async with serving(installation) as child:
        connection = await opened(installation)
        seconds = await end(child, number)
        await close(connection)
        assert seconds < MOST_SECONDS


async def test_it_ends_in_time_with_everything_open_at_once_and_starts_again_at_the_same_ports(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    for _ in range(2):
        async with serving(installation) as child:
            connections = [await opened(installation) for opened in OPEN]
            seconds = await end(child, signal.SIGTERM)
            for connection in connections:
                await close(connection)
            assert seconds < MOST_SECONDS


async def test_a_signal_during_the_start_ends_it_too(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    for delay in (0.3, 0.5, 0.7):
        async with child_process(
            *(sys.executable, "-m", "homeport", "serve", "--data-dir", str(installation.data_dir)),
            *("--port", str(installation.port), "--control-port", str(installation.control_port)),
            environment=installation.environment,
            folder=installation.folder,
        ) as child:
            await asyncio.sleep(delay)  # Not a wait for anything: the moments of a start at which somebody gives up.
            began = time.monotonic()
            os.kill(child.pid, signal.SIGTERM)
            assert await child.ends(seconds=10) in (0, -signal.SIGTERM), child.output
            assert time.monotonic() - began < MOST_SECONDS
            assert "Traceback" not in child.output, child.output


async def test_a_second_start_in_the_same_folder_says_who_runs_there(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    async with serving(installation) as child:
        said = await installation.run("serve", expected=1)
        assert f"process {child.pid}" in said
        assert installation.mcp_url in said
        assert "Traceback" not in said
        assert await end(child, signal.SIGTERM) < MOST_SECONDS


async def test_what_was_going_on_is_going_on_after_the_next_start(tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    async with serving(installation) as child:
        await close(await a_waiting_page(installation), read=False)
        await end(child, signal.SIGTERM)
    async with serving(installation) as child:
        waiting = json.loads(await installation.run("pending", "--json"))
        assert [request["redirect_host"] for request in waiting] == ["chatgpt.com"]
        signed_in = await sign_in(installation)
        await end(child, signal.SIGTERM)
    async with serving(installation), httpx2.AsyncClient(trust_env=False) as client:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": signed_in.refresh_token,
            "client_id": signed_in.client_id,
            "redirect_uri": REDIRECT,
        }
        assert (await client.post(f"{installation.issuer}/token", data=form)).status_code == 200
