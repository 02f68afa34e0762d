"""The endpoint behind the real web server, bytes on a socket: sizes, lengths that lie, clients that leave early."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping

import pytest

from homeport import App, Context, Person
from homeport.mcp_server.endpoint import MAX_BODY
from tests.mcp_server.scene import listening, open_door, request

PING = json.dumps(request("ping")).encode()


class Wire:
    """One TCP connection to the endpoint at `url`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, url: str) -> Wire:
        return cls(*await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].split("/")[0])))

    async def send(self, body: bytes, token: str = "anybody", **more: str) -> None:
        fields = {
            "Host": "localhost",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            "Content-Length": str(len(body)),
        }
        fields |= {name.replace("_", "-"): value for name, value in more.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
        self.writer.write(f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body)
        await self.writer.drain()

    async def answer(self) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers, body. Raises EOFError where the server closed without one."""
        async with asyncio.timeout(10):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split()[1]), headers, body

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)


async def test_white_space_that_the_web_server_leaves_around_values_does_not_count() -> None:
    listing = json.dumps(request("tools/list", modern=True)).encode()
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        await wire.send(
            listing, "anybody \t", MCP_Protocol_Version=" \t2026-07-28  ", Mcp_Method="tools/list \t", Accept=" */* "
        )
        status, _, body = await wire.answer()
        await wire.close()
    assert status == 200
    assert json.loads(body)["result"]["tools"]


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
async def test_white_space_does_not_count_for_streams_either(version: str) -> None:
    modern = version == "2026-07-28"
    params = {"name": "who", "arguments": {}, "_meta": {"progressToken": 7}}
    message = json.dumps(request("tools/call", params, modern=modern)).encode()
    routing = {"Mcp_Method": "tools/call  ", "Mcp_Name": "who\t"} if modern else {}
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        await wire.send(
            message, MCP_Protocol_Version=f"{version} ", Accept="application/json, text/event-stream ", **routing
        )
        async with asyncio.timeout(10):
            head = await wire.reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert b"text/event-stream" in head
            assert b"notifications/progress" in await wire.reader.readuntil(b"\r\n\r\n")
        await wire.close()


async def test_one_connection_carries_one_call_after_another() -> None:
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        for number in range(3):
            call = request("tools/call", {"name": "add", "arguments": {"a": number}})
            await wire.send(json.dumps(call).encode())
            _, headers, body = await wire.answer()
            assert headers["content-type"] == "application/json"
            assert json.loads(body)["result"]["structuredContent"] == {"result": number}
        await wire.close()


async def test_a_body_of_the_largest_size_is_read_and_one_byte_more_is_not() -> None:
    text = "x" * (MAX_BODY - len(json.dumps(request("tools/call", {"name": "note", "arguments": {"text": ""}}))))
    largest = json.dumps(request("tools/call", {"name": "note", "arguments": {"text": text}})).encode()
    assert len(largest) == MAX_BODY
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        await wire.send(largest)
        status, _, body = await wire.answer()
        assert status == 200
        assert len(json.loads(body)["result"]["structuredContent"]["result"]) == len(text)
        await wire.close()
        wire = await Wire.to(url)
        await wire.send(largest + b" ")
        assert (await wire.answer())[0] == 413
        await wire.close()


async def test_a_body_without_a_length_is_counted_as_it_comes() -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        await wire.send(b"", Content_Length="", Transfer_Encoding="chunked")
        wire.writer.write(chunk * (MAX_BODY // 0x10000 + 1))
        assert (await wire.answer())[0] == 413
        await wire.close()
        wire = await Wire.to(url)
        await wire.send(b"", Content_Length="", Transfer_Encoding="chunked")
        wire.writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(PING), PING))
        assert (await wire.answer())[0] == 200
        await wire.close()


async def test_a_client_that_leaves_in_the_middle_of_its_body_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with open_door() as door, listening(door.endpoint) as url:
        for _ in range(5):
            wire = await Wire.to(url)
            await wire.send(PING[:10], Content_Length=str(len(PING)))
            await wire.close()
        wire = await Wire.to(url)
        await wire.send(PING)
        assert (await wire.answer())[0] == 200
        await wire.close()
    assert door.called == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_what_is_refused_before_its_body_leaves_the_server_well() -> None:
    """401 without reading: what the client still sends afterwards is nobody's request."""
    async with open_door() as door, listening(door.endpoint) as url:
        wire = await Wire.to(url)
        await wire.send(PING, token="unknown")
        status, headers, _ = await wire.answer()
        assert status == 401
        assert headers["www-authenticate"].startswith("Bearer ")
        await wire.send(PING)
        assert (await wire.answer())[0] == 200
        await wire.close()


async def test_two_people_at_once_never_see_each_other() -> None:
    both_are_here = asyncio.Barrier(2)
    app = App("Small")

    @app.tool(effect="read")
    async def who(person: Person, context: Context) -> str:
        """Say who asks."""
        async with both_are_here:
            return f"{person.id} {context.client}"

    async with open_door(app) as door, listening(door.endpoint) as url:
        wires = {"anybody": await Wire.to(url), "reader": await Wire.to(url)}
        seen: dict[str, set[str]] = {token: set() for token in wires}

        async def ask(token: str) -> None:
            for _ in range(20):
                await wires[token].send(json.dumps(request("tools/call", {"name": "who"})).encode(), token)
                _, _, body = await wires[token].answer()
                seen[token].add(json.loads(body)["result"]["structuredContent"]["result"])

        await asyncio.gather(*map(ask, wires))
        for wire in wires.values():
            await wire.close()
    assert seen == {"anybody": {"p1 Client"}, "reader": {"p2 Reader"}}
