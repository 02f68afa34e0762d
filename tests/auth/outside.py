"""The internet as the fetch guard sees it: host names, addresses, and one real TLS server behind all of them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Any

import httpcore2
import trustme

from homeport.auth.document_url import parse_document_url
from homeport.auth.fetch import Document, Fetcher

PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1:248:1893:25c8:1946"

SPECIAL = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.9",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "2606:2800:220:1::1%eth0",
    "fec0::1",
    "ff02::1",
]
"""Addresses that no fetch may lead to: local, private, reserved, or an IPv4 address inside an IPv6 one."""

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


class HandClock:
    """Time that moves only when a test says so."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def raw(data: bytes) -> Answer:
    """An answer sent as it is."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


def response(body: bytes, *, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> Answer:
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return raw(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def document(value: Any, *, headers: Mapping[str, str] | None = None) -> Answer:
    return response(json.dumps(value).encode(), headers=headers)


class Web:
    """`answers[url]` is what a URL answers; `addresses[host]` are the resolver's answers one after another.

    It is the Network that a Fetcher is given. What the guard did is in `resolved`, `connected` and `requests`.
    """

    def __init__(self, *names: str) -> None:
        self.names = names or ("client.example", "other.example", "chatgpt.com", "claude.ai")
        self.answers: dict[str, Answer] = {}
        self.addresses: dict[str, list[list[str]]] = {}
        self.refusing: set[str] = set()
        self.system_proxy: httpcore2.Proxy | None = None
        self.resolved: list[str] = []
        self.connected: list[tuple[str, int]] = []
        self.requests: list[str] = []
        self.proxy_asked: list[str] = []
        self.proxied: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self._tasks: set[asyncio.Task[None]] = set()
        authority = trustme.CA()
        self._server_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*self.names).configure_cert(self._server_tls)
        self.tls = ssl.create_default_context()
        authority.configure_trust(self.tls)

    async def __aenter__(self) -> Web:
        self._server = await asyncio.start_server(self._track(self._serve), "127.0.0.1", 0, ssl=self._server_tls)
        self._proxy = await asyncio.start_server(self._track(self._serve_proxy), "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, _: object, traceback: TracebackType | None) -> None:
        self._server.close()
        self._proxy.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # The seam: homeport.network.Network

    async def resolve(self, host: str) -> list[str]:
        self.resolved.append(host)
        answers = self.addresses.get(host, [[PUBLIC]])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def connect(self, address: str, port: int, *, timeout: float | None) -> httpcore2.AsyncNetworkStream:
        self.connected.append((address, port))
        if address in self.refusing:
            raise httpcore2.ConnectError("refused")
        server = self._proxy if address == "proxy.example" else self._server
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", _port(server), timeout=timeout)

    def proxy(self, host: str) -> httpcore2.Proxy | None:
        self.proxy_asked.append(host)
        return self.system_proxy

    # Behind it

    def _track(self, serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Any:
        async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await serve(reader, writer)
            except OSError:
                pass  # The guard hung up, which is what many of these tests are about.
            finally:
                writer.transport.abort()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(run(reader, writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return connected

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return
        self.requests.append(head)
        target = head.split(" ")[1]
        host = next(line[6:] for line in head.split("\r\n") if line.startswith("Host: "))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answers.get(f"https://{host}{target}", response(b"{}", status="404 Not Found"))
            await answer(writer)
        finally:
            self.at_once -= 1

    async def _serve_proxy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.proxied.append(head.split("\r\n")[0])
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", _port(self._server))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

        async def pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pipe(reader, inner_writer))
                group.create_task(pipe(inner_reader, writer))
        finally:
            inner_writer.transport.abort()


def guard(web: Web, *, deadline: float = 5.0, clock: HandClock | None = None) -> Fetcher:
    """A fetcher in this internet, for a Homeport at home.example."""
    return Fetcher(web, is_own_host=lambda host: host == "home.example", deadline=deadline, clock=clock or HandClock())


async def fetch(fetcher: Fetcher, url: str, *, approved: bool = True) -> Document:
    return await fetcher.document(parse_document_url(url), approved=approved)


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
