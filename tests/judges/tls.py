"""https for the judges on this machine: one test authority, and the places whose names it vouches for.

Verification is never switched off: programs are given the authority, the browser the key of each place.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Connection = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Place:
    """A host name that is served here: browsers and programs that know `port` reach it at `https://HOST`."""

    host: str
    port: int
    key_pin: str
    """The SHA-256 of its public key, as Chromium's --ignore-certificate-errors-spki-list wants it."""


class Authority:
    """A certificate authority for one test."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.file)

    def trusting(self) -> ssl.SSLContext:
        """What a program has that trusts this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._authority.configure_trust(context)
        return context

    @asynccontextmanager
    async def place(self, host: str, answer: Connection, *, ends: datetime | None = None) -> AsyncIterator[Place]:
        """Serve https at `host` for as long as the block runs, on a port of its own; its certificate `ends` then."""
        certificate = self._authority.issue_cert(host, not_after=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        context.set_alpn_protocols(["http/1.1"])
        connections: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            connections.add(task)
            try:
                await answer(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                pass  # Browsers open connections they do not use, and drop those they have done with.
            finally:
                connections.discard(task)
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
        try:
            yield Place(host, server.sockets[0].getsockname()[1], key_pin(certificate))
        finally:
            server.close()
            for task in list(connections):
                task.cancel()
            await asyncio.gather(*connections, return_exceptions=True)
            await server.wait_closed()


def key_pin(certificate: trustme.LeafCert) -> str:
    parsed = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    key = parsed.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def browser_flags(*places: Place) -> tuple[str, ...]:
    """What Chromium needs to find these places by their names, to trust them, and to find nothing else."""
    rules = ", ".join(f"MAP {place.host} 127.0.0.1:{place.port}" for place in places)
    pins = ",".join(place.key_pin for place in places)
    return (
        f"--host-resolver-rules={rules}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        f"--ignore-certificate-errors-spki-list={pins}",
    )


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: the path with its query, and headers by lower-case name."""

    method: str
    target: str
    headers: dict[str, str]


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read the head of a request; None when the other side has nothing more to ask."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, target, _ = first.split(" ")
    fields = [line.split(":", 1) for line in lines if line]
    assert len({name.lower() for name, _ in fields}) == len(fields), f"a header twice: {head}"
    return Request(method, target, {name.lower(): value.strip() for name, value in fields})


def one_document(url: str, document: dict[str, Any]) -> Connection:
    """A host that has one JSON document, and nothing else."""
    parts = urlsplit(url)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            asked = (request.method, request.headers.get("host"), request.target)
            body = json.dumps(document) if asked == ("GET", parts.netloc, parts.path) else ""
            head = [
                "HTTP/1.1 200 OK" if body else "HTTP/1.1 404 Not Found",
                "content-type: application/json",
                f"content-length: {len(body)}",
            ]
            writer.write("\r\n".join([*head, "", body]).encode())
            await writer.drain()

    return answer


Change = Callable[[bytes], bytes]


def unchanged(answer: bytes) -> bytes:
    return answer


def reverse_proxy(port: int, change: Change = unchanged) -> Connection:
    """What a reverse proxy does before the public listener: TLS ends here, Host stays, X-Forwarded-* is added.

    `change` gets each whole answer on its way back: so a test makes Homeport wrong.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        if request is None:
            return
        body = await reader.readexactly(int(request.headers.get("content-length", "0")))
        peer = writer.get_extra_info("peername")[0]
        added = {"x-forwarded-for": peer, "x-forwarded-proto": "https", "x-forwarded-host": request.headers["host"]}
        # One request for each connection, so that an answer ends where the connection does.
        lines = [f"{name}: {value}" for name, value in {**request.headers, **added, "connection": "close"}.items()]
        head = "\r\n".join([f"{request.method} {request.target} HTTP/1.1", *lines, "", ""])
        upstream_reader, upstream_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            upstream_writer.write(head.encode("latin-1") + body)
            writer.write(_measured(change(await upstream_reader.read())))
            await writer.drain()
        finally:
            upstream_writer.close()

    return answer


def _measured(answer: bytes) -> bytes:
    """The answer with the length its body has now."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = b"content-length: %d" % len(body)
    return re.sub(rb"(?i)content-length: *[0-9]+", length, head) + b"\r\n\r\n" + body
