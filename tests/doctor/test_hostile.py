"""Servers that want to harm the doctor: it ends soon, says what it met, and goes nowhere for a stranger."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from homeport.doctor.answer import Answer
from homeport.doctor.asking import Asking
from homeport.doctor.visit import visit
from homeport.network import SystemNetwork
from tests.doctor import faults
from tests.doctor.front import Front
from tests.doctor.internet import Internet
from tests.doctor.servers import HOME, homeport
from tests.judges.tls import Authority

Write = Callable[[asyncio.StreamWriter], object]
INSIDE = "inside.test"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def answering(write: Write) -> AsyncIterator[str]:
    """A server that reads each request's head, and answers with whatever `write` writes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        write(writer)
        with contextlib.suppress(ConnectionError):  # it has read enough
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/mcp"
    finally:
        server.close()


async def test_a_stream_of_brackets_is_no_answer_and_no_end_of_the_doctor() -> None:
    async with answering(lambda writer: writer.write(STREAM + b"data: " + b"[" * 200_000 + b"\n\n")) as url:
        report, _ = await visit(url, SystemNetwork())
    assert report.first_failed == "reach"


async def test_each_event_of_a_stream_is_read_once() -> None:
    async with answering(lambda writer: writer.write(STREAM + b"data: 1\n\n" * 450_000)) as url:
        asking = Asking(SystemNetwork(), seconds=2)
        outcome, _ = await asking.ask("GET", url)
        await asking.close()
    assert isinstance(outcome, Answer), outcome


async def test_a_public_server_sends_the_doctor_to_nobody_in_its_own_network(tmp_path: Path) -> None:
    authority, front, inside = Authority(tmp_path), Front(None), Front(None)
    internet = Internet(authority)
    async with authority.place(HOME, front.answer) as place, authority.place(INSIDE, inside.answer) as secret:
        internet.has(place, secret)
        async with homeport(tmp_path, internet, front):
            front.back = faults.metadata(authorization_servers=[f"https://{INSIDE}"])
            for address in ("10.0.0.5", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.5"):
                internet.addresses[INSIDE] = address
                report, _ = await visit(f"https://{HOME}/mcp", internet)
                assert report.first_failed == "server-metadata"
                assert "private" in next(hop.detail for hop in report.hops if hop.name == "server-metadata")
    assert inside.seen == []
