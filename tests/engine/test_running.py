"""What an engine does while it runs: its housekeeping, and what becomes of open streams when it stops."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from homeport.engine import engine as engine_module
from homeport.errors import StoreError
from tests.auth.door import Door, Signed, open_door
from tests.engine.engines import engine_for, running

DAY = 86_400

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def listen_for_changes(door: Door, signed: Signed) -> Stream:
    """A client whose request for news of the tool list has no end."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    params = {"notifications": {"toolsListChanged": True}, "_meta": meta}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": params})
    lines = [
        "POST /mcp HTTP/1.1",
        f"Host: localhost:{door.port}",
        f"Authorization: Bearer {signed.access}",
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: subscriptions/listen",
        f"Content-Length: {len(body)}",
    ]
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    return reader, writer


async def test_open_streams_end_with_the_engine_and_new_ones_begin_when_it_starts_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        for _ in range(2):
            reader, writer = await listen_for_changes(door, signed)
            began = asyncio.get_running_loop().time()
            await door.engine.stop()
            assert asyncio.get_running_loop().time() - began < 2
            assert (await reader.read()).endswith(b"0\r\n\r\n")
            writer.close()
            await door.engine.start()
        assert (await signed.app.call(signed.access)).status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_housekeeping_replaces_a_signing_key_that_is_due(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        before = (await door.get("/.well-known/jwks.json")).json()["keys"]
        for _ in range(91):
            door.clock.now += DAY
            await door.engine.housekeeping()
        after = (await door.get("/.well-known/jwks.json")).json()["keys"]
        assert len(before) < len(after)
        assert {key["kid"] for key in before} < {key["kid"] for key in after}


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute that is over at once."""
    monkeypatch.setattr(engine_module, "HOUSEKEEPING_SECONDS", 0)


@pytest.mark.parametrize("failure", [StoreError("The disk is full."), KeyError("a fault of ours")])
async def test_housekeeping_that_fails_is_told_and_tried_again(
    failure: Exception, hurried: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine = engine_for(tmp_path / "data")
    tried = 0
    enough = asyncio.Event()

    async def fails() -> None:
        nonlocal tried
        tried += 1
        if tried == 3:
            enough.set()
        raise failure

    engine.housekeeping = fails  # type: ignore[method-assign]
    await engine.start()
    async with asyncio.timeout(10):
        await enough.wait()
    await engine.close()
    assert "Housekeeping failed" in caplog.text
    assert str(failure) in caplog.text


async def test_it_keeps_house_by_itself_as_long_as_it_runs(hurried: None, tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        kept = asyncio.Event()
        keep = engine.housekeeping

        async def told() -> None:
            await keep()
            kept.set()

        engine.housekeeping = told  # type: ignore[method-assign]
        async with asyncio.timeout(10):
            await kept.wait()
        await engine.stop()
        kept.clear()
        await asyncio.sleep(0)
        assert not kept.is_set()
