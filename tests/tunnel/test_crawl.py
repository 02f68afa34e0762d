"""Who knows the public address finds what the design lists, and nothing else: crawled through a real tunnel."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from homeport.control.routes import ENGINE_ROUTES
from tests.judges.in_process import HomeportHere, PlayedNetwork, homeport_here
from tests.judges.tls import Authority, Connection
from tests.test_public import ALLOWED, WORDS
from tests.tunnel.ssh_server import Server

HOST = "homeport.test"
CONTROL = {
    *(f"/api/{route.name}" for route in ENGINE_ROUTES),
    *("/api/session", "/api/session_code", "/api/opening_page", "/api/quit", "/api/events", "/preview", "/preview/"),
    *("/control.json", "/homeport.toml", "/secrets.json", "/homeport.sqlite3", "/dashboard", "/sandbox"),
}


def disguised(path: str) -> list[str]:
    """The same path as a proxy, a careless router or a file system might read it."""
    first = path[1]
    return [
        *(f"/{path}", f"{path}/", f"/.{path}", f"/mcp/..{path}", f"/health/%2e%2e{path}", f"{path}%00", f"{path};x=1"),
        *(f"/%{ord(first):02x}{path[2:]}", path.upper(), f"{path}?path=/health", f"\\{path[1:]}"),
    ]


@dataclass(slots=True)
class Outside:
    """Somebody on the internet. `token` is the control listener's, in case it ever got out."""

    port: int
    trust: ssl.SSLContext
    token: str

    async def ask(self, target: str, method: str = "GET", *, host: str = HOST) -> tuple[int, bytes]:
        """Status and body of a request written by hand: a client library would tidy the path."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust, server_hostname=HOST)
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {self.token}"]
        try:
            writer.write("\r\n".join([*lines, "Content-Length: 0", "Connection: close", "", ""]).encode("latin-1"))
            async with asyncio.timeout(10):
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return int(head.split(b" ")[1]), body


@asynccontextmanager
async def outside(folder: Path) -> AsyncIterator[tuple[Outside, HomeportHere]]:
    authority = Authority(folder)
    async with Server().open() as server, authority.place(HOST, byte_for_byte(server.remote_port)) as public:
        tunnel = server.tunnel(f"https://{HOST}")
        network = PlayedNetwork(authority, public)
        async with homeport_here(folder, network, public_url=f"https://{HOST}", tunnel=tunnel) as homeport:
            token = json.loads((homeport.data_dir / "control.json").read_text())["token"]
            yield Outside(public.port, authority.trusting(), token), homeport


def byte_for_byte(port: int) -> Connection:
    """TLS ends here, and nothing else is touched."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            inner_writer.write(await reader.readuntil(b"\r\n\r\n"))
            writer.write(await inner_reader.read())
            await writer.drain()
        finally:
            inner_writer.close()

    return answer


async def test_only_what_the_design_lists_answers(tmp_path: Path) -> None:
    async with outside(tmp_path) as (somebody, _):
        found = set()
        for path in sorted({f"/{word}" for word in WORDS} | ALLOWED | CONTROL):
            for method in ("GET", "POST"):
                status, body = await somebody.ask(path, method)
                assert status < 500, path
                if status not in (404, 405):
                    found.add(path)
                elif status == 404 and (path, method) != ("/", "POST"):
                    assert body == b"", path
        assert found == ALLOWED


async def test_no_disguise_leads_to_the_control_listener(tmp_path: Path) -> None:
    async with outside(tmp_path) as (somebody, homeport):
        control = f"127.0.0.1:{homeport.control_port}"
        for path in sorted(CONTROL):
            for target in disguised(path):
                status, body = await somebody.ask(target)
                assert status in (400, 404), target
                assert b"{" not in body, target
        for path in ("/api/status", "/api/quit", "/"):
            for host in (control, f"localhost:{homeport.port}", f"127.0.0.1:{homeport.port}", "localhost"):
                status, body = await somebody.ask(path, "POST", host=host)
                assert (status in (404, 421), b"state" in body) == (True, False), (path, host)
            for target in (f"http://{control}{path}", f"https://{HOST}{path}", f"{control}:{path}"):
                assert (await somebody.ask(target))[0] == 400, target
        assert json.loads(await homeport.run("status", "--json"))["state"] == "online"
