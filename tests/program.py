"""The real program, `python -m homeport serve`, in a process of its own, and the commands a person types beside it."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from tests.child import Child, ChildFailed, child_process

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = (sys.executable, "-m", "homeport")
START_SECONDS = 20
POLL_SECONDS = 0.05

# What a program needs to run at all. Neither a keyring, a proxy nor a setting of the machine gets in.
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of a person who has just been given this computer."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # Tests may run in a container, where no folder of theirs survives.
    ours = {"HOMEPORT_EPHEMERAL": "true", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), **ours}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at, neither on IPv4 nor on IPv6.

    They lie below those that the system gives to connections, so that none is taken while its program restarts.
    """
    found: list[int] = []
    with_v6 = socket.has_ipv6 and _binds("::1", 0)
    while len(found) < count:
        port = random.randrange(18_000, 32_000)
        if port not in found and _binds("127.0.0.1", port) and (not with_v6 or _binds("::1", port)):
            found.append(port)
    return found


def _binds(address: str, port: int) -> bool:
    try:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as one:
            one.bind((address, port))
    except OSError:
        return False
    return True


class Installation:
    """A data folder, two ports, and the commands of the person who owns them. Who runs Homeport in it is open here.

    `program` is what is typed for `homeport`.
    """

    def __init__(self, folder: Path, *, program: Sequence[str | Path] = PROGRAM) -> None:
        self.folder = folder
        self.program = program
        self.data_dir = folder / "data"
        self.port, self.control_port = free_ports(2)
        self.environment = clean_environment(folder / "home")

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def mcp_url(self) -> str:
        return f"{self.issuer}/mcp"

    async def run(self, *arguments: str, expected: int = 0) -> str:
        """What `homeport ARGUMENTS --data-dir ...` prints. Raises ChildFailed when it ends otherwise than expected."""
        async with child_process(
            *(*self.program, *arguments, "--data-dir", str(self.data_dir)),
            environment=self.environment,
            folder=self.folder,
            name=f"homeport {arguments[0]}",
        ) as child:
            exit_code = await child.ends()
            if exit_code != expected:
                raise ChildFailed(f"homeport {' '.join(arguments)} ended with {exit_code}:\n{child.output}")
            return child.output

    async def approve(self, code: str, *more: str) -> str:
        """Type the code of the browser's page on this computer, as its owner."""
        return await self.run("approve", code, "--yes", "--as", "me", *more)


class Homeport(Installation):
    """One installation that a process of its own runs, and that outlives its restarts. See `running_homeport`."""

    def __init__(
        self,
        folder: Path,
        *options: str,
        command: Sequence[str] = ("serve",),
        program: Sequence[str | Path] = PROGRAM,
    ) -> None:
        super().__init__(folder, program=program)
        self.options = options
        self.command = command
        self.log = ""
        self._running: AsyncExitStack | None = None
        self._child: Child | None = None

    @property
    def pid(self) -> int:
        assert self._child is not None
        return self._child.pid

    async def start(self) -> None:
        """Start it and wait for its first healthy answer. Raises ChildFailed with all it said."""
        self._running = AsyncExitStack()
        self._child = await self._running.enter_async_context(
            child_process(
                *(*self.program, *self.command, "--data-dir", str(self.data_dir)),
                *("--port", str(self.port), "--control-port", str(self.control_port), *self.options),
                environment=self.environment,
                folder=self.folder,
                name="homeport serve",
            )
        )
        healthy = asyncio.create_task(self._healthy())
        ended = asyncio.create_task(self._child.ends(seconds=START_SECONDS + 5))
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.wait({healthy, ended}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise ChildFailed(f"homeport is not healthy after {START_SECONDS} s:\n{self._child.output}") from None
        finally:
            finished = ended.done()
            for task in (healthy, ended):
                task.cancel()
            await asyncio.gather(healthy, ended, return_exceptions=True)
        if finished:
            raise ChildFailed(f"homeport ended at its start:\n{self._child.output}")

    async def stop(self) -> None:
        """End it as Ctrl-C does. Raises ChildFailed unless it ends by itself, with success and without a traceback."""
        if self._running is None or self._child is None:
            return
        child, running = self._child, self._running
        self._child = self._running = None
        try:
            exit_code = await child.terminate()
            if exit_code != 0 or "Traceback" in child.output:
                raise ChildFailed(f"homeport ended with {exit_code}:\n{child.output}")
        finally:
            self.log += child.output
            await running.aclose()

    async def says(self, pattern: str) -> None:
        """Wait for this in what it prints since its last start."""
        assert self._child is not None
        await self._child.says(pattern)

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def crash(self) -> None:
        """Kill it as a power cut does, and start it again."""
        assert self._child is not None
        assert self._running is not None
        self.log += self._child.output
        await self._running.aclose()
        await self.start()

    def trace_of(self, secret: str) -> list[str]:
        """Where a secret was left: in the log, or in a file of the data folder other than the one for secrets."""
        files = [path for path in self.data_dir.rglob("*") if path.is_file() and path.name != "secrets.json"]
        assert files
        found = [path.name for path in files if secret.encode() in path.read_bytes()]
        return found + (["the log"] if secret in self.log else [])

    async def _healthy(self) -> None:
        while not await _answers(self.port):
            await asyncio.sleep(POLL_SECONDS)


async def _answers(port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    try:
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False
    finally:
        writer.close()


@asynccontextmanager
async def running_homeport(
    folder: Path, *options: str, command: Sequence[str] = ("serve",), program: Sequence[str | Path] = PROGRAM
) -> AsyncIterator[Homeport]:
    """A new installation below `folder`, running; at the end of the block it must end cleanly.

    An empty `command` is plain `homeport`, as on a desktop.
    """
    homeport = Homeport(folder, *options, command=command, program=program)
    try:
        await homeport.start()
        yield homeport
    except BaseException as error:
        if homeport._child is not None:
            error.add_note(f"homeport said:\n{homeport.log}{homeport._child.output}")
            assert homeport._running is not None
            await homeport._running.aclose()
        raise
    await homeport.stop()
