"""Two containers' worth of Homeport on one PostgreSQL behind one https address, started from a built image."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.child import Child, ChildFailed, child_process
from tests.deploy.image import Image
from tests.judges.tls import Authority
from tests.program import free_ports

HOST = "homeport.example.com"
START_SECONDS = 40


class Reaching(httpx2.AsyncBaseTransport):
    """Leads requests for `https://HOST` to a port of this machine, over TLS where there is a context for it.

    Each request has a connection of its own, so that each may meet another replica.
    """

    def __init__(self, port: int, context: ssl.SSLContext | None = None) -> None:
        self._port = port
        self._scheme = "https" if context is not None else "http"
        limits = httpx2.Limits(max_keepalive_connections=0)
        self._inner = httpx2.AsyncHTTPTransport(verify=context or True, limits=limits)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        request.url = request.url.copy_with(scheme=self._scheme, host="127.0.0.1", port=self._port)
        request.extensions = {**request.extensions, "sni_hostname": HOST}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Balancer:
    """Gives each connection to the next port that answers, byte for byte."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = ports
        self._next = 0
        self.given = dict.fromkeys(ports, 0)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in self._ports:
            port = self._ports[self._next % len(self._ports)]
            self._next += 1
            try:
                to_replica = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            self.given[port] += 1
            await _join((reader, writer), to_replica)
            return


Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _join(one: Pipe, other: Pipe) -> None:
    """Both ways, until either side is done."""

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while part := await source.read(65_536):
                target.write(part)
                await target.drain()

    ways = [asyncio.create_task(copy(one[0], other[1])), asyncio.create_task(copy(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        other[1].close()


@dataclass
class Replica:
    """One container: the image's command as the image's user, with a data folder and ports of its own."""

    image: Image
    folder: Path
    env_file: dict[str, str]
    port: int = 0
    child: Child | None = None
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def environment(self) -> dict[str, str]:
        own = {"HOMEPORT_DATA_DIR": str(self.folder), "HOME": str(self.folder), "PORT": str(self.port)}
        here = {"HOMEPORT_HOST": "127.0.0.1", "HOMEPORT_CONTROL_PORT": "0"}
        return self.image.environment_with(**self.env_file, **own, **here)

    @property
    def user(self) -> int | None:
        """Who its processes begin as; None: whoever runs the test."""
        return self.image.uid

    def prepare(self) -> None:
        """Make its data folder."""
        self.folder.mkdir(mode=0o700)
        if (uid := self.image.uid) is not None:
            os.chown(self.folder, uid, uid)

    def begun(self) -> list[str]:
        """The image's command."""
        return [self.program(self.image.command[0]), *self.image.command[1:]]

    def inside(self, command: list[str]) -> list[str]:
        """What runs this command where the replica runs."""
        return command

    async def start(self) -> None:
        (self.port,) = free_ports(1)
        self.prepare()
        self.child = await self._running.enter_async_context(
            child_process(*self.begun(), environment=self.environment, folder=self.folder, user=self.user)
        )
        await self.child.says('"Homeport runs"|Homeport runs', seconds=START_SECONDS)

    def program(self, name: str) -> str:
        return f"{self.image.inside('/opt/homeport')}/bin/{name}"

    async def run(self, program: str, *arguments: str) -> str:
        """As `docker exec` does: what it prints. Raises ChildFailed when it fails."""
        command = self.inside([self.program(program), *arguments])
        async with child_process(*command, environment=self.environment, folder=self.folder, user=self.user) as child:
            if code := await child.ends():
                raise ChildFailed(f"{program} {arguments} ended with {code}:\n{child.output}")
            return child.output

    async def approve(self, code: str, _: str) -> None:
        await self.run("homeport", "approve", code, "--yes", "--as", "me", "--other-network")

    async def kill(self) -> None:
        assert self.child is not None
        await self.child.kill()

    async def stop(self) -> None:
        await self._running.aclose()

    def client(self) -> httpx2.AsyncClient:
        """Reaches this replica and no other."""
        return httpx2.AsyncClient(transport=Reaching(self.port), timeout=20)


@dataclass
class Service:
    """What people see: one address."""

    replicas: tuple[Replica, Replica]
    balancer: Balancer
    place: int
    context: ssl.SSLContext

    issuer = f"https://{HOST}"

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=Reaching(self.place, self.context), timeout=20)


def read_env_file(file: Path) -> dict[str, str]:
    """As `docker run --env-file` reads it: what follows the first = is the value, as it stands."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def write_env_file(image: Image, file: Path, *lines: str) -> dict[str, str]:
    """Fresh secrets, as docs/deploy.md says to make them, and the lines."""
    made = subprocess.run(
        [f"{image.inside('/opt/homeport')}/bin/homeport", "secrets", "generate", str(file)],
        env=image.environment_with(),
        capture_output=True,
        text=True,
        check=True,
    )
    with file.open("a", encoding="utf-8") as added:
        added.writelines(f"{line}\n" for line in lines)
    given = read_env_file(file)
    assert not [value for name, value in given.items() if "SECRET" in name and value in made.stdout + made.stderr]
    return given


@asynccontextmanager
async def two_replicas(image: Image, folder: Path, database_url: str) -> AsyncIterator[Service]:
    settings = (f"SERVER_BASE_URL=https://{HOST}", f"HOMEPORT_DATABASE_URL={database_url}", "NODE_ENV=production")
    given = write_env_file(image, folder / "homeport.env", *settings)
    one, two = Replica(image, folder / "one", given), Replica(image, folder / "two", given)
    authority = Authority(folder)
    try:
        await asyncio.gather(one.start(), two.start())
        balancer = Balancer([one.port, two.port])
        async with authority.place(HOST, balancer.answer) as place:
            yield Service((one, two), balancer, place.port, authority.trusting())
    except BaseException as error:
        for replica in (one, two):
            error.add_note(f"{replica.folder.name} said:\n{replica.child.output if replica.child else 'nothing'}")
        raise
    finally:
        await asyncio.gather(one.stop(), two.stop())
