"""A tunnel provider's servers: an agent connects from one side, clients from the other, and requests go through.

A program of its own, so that it can stand in another network than the agent. Clients come by a Unix socket, which no
namespace keeps away; TLS has ended before that, as it has at a provider. One connection carries one request.
`python cloud.py ADDRESS SOCKET PATIENCE`: PATIENCE seconds without a beat end an agent's session.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
from dataclasses import dataclass, field

NOBODY = (
    b"HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_3200\r\ncontent-type: text/plain\r\n"
    b"content-length: 14\r\nconnection: close\r\n\r\nERR_NGROK_3200"
)
DIAL_SECONDS = 30.0

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(eq=False)
class Session:
    """An agent that is connected."""

    writer: asyncio.StreamWriter
    url: str = ""
    waiting: dict[int, asyncio.Future[Ends]] = field(default_factory=dict)
    carried: set[asyncio.StreamWriter] = field(default_factory=set)

    def say(self, what: dict[str, object]) -> None:
        self.writer.write(json.dumps(what).encode() + b"\n")


class Cloud:
    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._sessions: set[Session] = set()
        self._numbers = itertools.count()
        self._dialled: dict[int, Session] = {}

    async def agent(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The connection of an agent: its session, or one that carries a request."""
        first = json.loads(await reader.readline() or b"{}")
        if "data" in first:
            session = self._dialled.pop(first["data"], None)
            found = session.waiting.pop(first["data"], None) if session is not None else None
            if found is None or found.done():
                writer.close()
            else:
                found.set_result((reader, writer))
            return
        session = Session(writer)
        self._sessions.add(session)
        session.say({"ok": "hello"})
        try:
            await self._attend(session, reader)
        except (TimeoutError, OSError, ValueError):
            pass
        finally:
            self._sessions.discard(session)
            for each in (writer, *session.carried):
                each.transport.abort()

    async def _attend(self, session: Session, reader: asyncio.StreamReader) -> None:
        while line := await asyncio.wait_for(reader.readline(), self._patience):
            asked = json.loads(line)
            if "beat" in asked:
                session.say(asked)
            elif "endpoint" in asked:
                if any(other.url == asked["endpoint"] for other in self._sessions - {session}):
                    session.say({"fault": f"failed to listen: {asked['endpoint']} is online.\nERR_NGROK_334"})
                else:
                    session.url = asked["endpoint"]
                    session.say({"ok": session.url})

    async def client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carried: asyncio.StreamWriter | None = None
        session: Session | None = None
        try:
            first, _, rest = (await reader.readuntil(b"\r\n\r\n")).partition(b"\r\n")
            session = next((each for each in self._sessions if each.url), None)
            if session is None:
                writer.write(NOBODY)
                return
            inner, carried = await self._dial(session)
            added = b"X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Proto: https\r\n"
            carried.write(first + b"\r\n" + added + rest)
            await _both_ways((reader, carried), (inner, writer))
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            if carried is not None and session is not None:
                session.carried.discard(carried)
                carried.close()

    async def _dial(self, session: Session) -> Ends:
        number = next(self._numbers)
        found = session.waiting[number] = asyncio.get_running_loop().create_future()
        self._dialled[number] = session
        try:
            session.say({"open": number})
            inner, carried = await asyncio.wait_for(found, DIAL_SECONDS)
            session.carried.add(carried)
            return inner, carried
        finally:
            self._dialled.pop(number, None)
            session.waiting.pop(number, None)


async def _both_ways(*ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    """Until one side has said all."""

    async def one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()

    tasks = [asyncio.create_task(one_way(*way)) for way in ways]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def main(address: str, path: str, patience: float) -> None:
    cloud = Cloud(patience)
    host, _, port = address.rpartition(":")
    agents = await asyncio.start_server(cloud.agent, host, int(port))
    for listening in agents.sockets:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    await asyncio.start_unix_server(cloud.client, path)
    print(f"listening at {agents.sockets[0].getsockname()[1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3])))
