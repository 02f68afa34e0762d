"""An answer that is a stream ends when its grant is revoked, over a whole engine."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from tests.auth.door import Door, open_door
from tests.mcp_server.test_streams import headers_for, listen_to_tools


async def open_stream(door: Door, access_token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection whose stream has begun."""
    body = json.dumps(listen_to_tools()).encode()
    headers = headers_for("subscriptions/listen", modern=True) | {
        "authorization": f"Bearer {access_token}",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "host": f"localhost:{door.port}",
    }
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body)
    async with asyncio.timeout(5):
        await reader.readuntil(b"notifications/subscriptions/acknowledged")
    return reader, writer


async def test_revoking_a_grant_ends_its_streams_at_once_and_leaves_those_of_others(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        revoked, other = await door.sign_in(), await door.sign_in()
        one, other_stream = await open_stream(door, revoked.access), await open_stream(door, other.access)
        await door.engine.revoke_grant(grant_of(door, revoked.access))
        async with asyncio.timeout(5):
            assert (await one[0].readuntil(b"0\r\n\r\n")).count(b"data:") == 0
        for endpoint in door.engine.rooms.endpoints.values():
            await endpoint.tools_changed()
        async with asyncio.timeout(5):
            await other_stream[0].readuntil(b"notifications/tools/list_changed")
        for _, writer in (one, other_stream):
            writer.close()
            await writer.wait_closed()


def grant_of(door: Door, access_token: str) -> str:
    bearer = door.engine.rooms.auth.access.cached(b"Bearer " + access_token.encode(), f"{door.local}/mcp")
    assert bearer is not None
    return bearer.grant_id
