"""A control listener that really listens, for a test's length."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.control.client import RemoteEngine
from homeport.control.instance import Running, acquire, find_running
from homeport.control.listener import ControlListener
from tests.control.memory_engine import MemoryEngine


@dataclass
class Answer:
    """One HTTP answer, header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Control:
    """The running listener, its engine, a client, and `ask`, which speaks HTTP byte by byte."""

    engine: MemoryEngine
    running: Running
    client: RemoteEngine
    quit: asyncio.Event

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.running.port}"

    async def ask(
        self,
        path: str = "/api/status",
        *,
        method: str = "GET",
        body: bytes = b"",
        address: str = "127.0.0.1",
        **headers: str,
    ) -> Answer:
        """Send one request with exactly these headers besides Host and the token, which they may replace."""
        given = {"host": self.host, "authorization": f"Bearer {self.running.token}", "connection": "close"}
        if body:
            given |= {"content-type": "application/json", "content-length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value)]
        return await self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body, address=address)

    async def send(self, request: bytes, *, address: str = "127.0.0.1") -> Answer:
        reader, writer = await asyncio.open_connection(address, self.running.port)
        try:
            writer.write(request)
            raw = await reader.read()
        finally:
            writer.close()
            await writer.wait_closed()
        head, _, content = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in rest)
        return Answer(int(first.split()[1]), {n.lower(): v.strip() for n, _, v in pairs}, content.decode())


@asynccontextmanager
async def running_control(data_dir: Path, *, port: int = 0) -> AsyncIterator[Control]:
    engine = MemoryEngine()
    quit = asyncio.Event()
    instance = acquire(data_dir)
    listener = ControlListener(engine, instance, quit=quit.set, events=engine.events)
    try:
        await listener.start(port, may_move=False)
        running = find_running(data_dir)
        yield Control(engine, running, RemoteEngine(running), quit)
    finally:
        await listener.stop()
        instance.release()


@contextmanager
def control_in_a_thread(data_dir: Path) -> Iterator[Control]:
    """The same in a thread of its own, for tests of blocking programs."""
    ready, done = threading.Event(), threading.Event()
    found: list[Control] = []

    async def serve() -> None:
        async with running_control(data_dir) as control:
            found.append(control)
            ready.set()
            await asyncio.to_thread(done.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(20)
        yield found[0]
    finally:
        done.set()
        thread.join()
