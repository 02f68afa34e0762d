"""A program in a process of its own: its output as it comes, its end, and nothing left behind."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path


class ChildFailed(AssertionError):
    """A program did not say or do what was expected; the message holds all it said."""


class Child:
    """Use it through `child_process`. `output` is what came on both streams so far, as text."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.output = ""
        self._process = process
        self._ended = False
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def says(self, pattern: str, *, seconds: float = 30, after: int = 0) -> re.Match[str]:
        """Wait for this in the output after its first `after` characters. Raises ChildFailed at its end or too late."""
        try:
            async with asyncio.timeout(seconds), self._news:
                while not (found := re.compile(pattern, re.MULTILINE).search(self.output, after)):
                    if self._ended:
                        raise ChildFailed(f"{self.name} ended without saying {pattern!r}:\n{self.output}")
                    await self._news.wait()
                return found
        except TimeoutError:
            raise ChildFailed(f"{self.name} did not say {pattern!r} in {seconds} s:\n{self.output}") from None

    async def ends(self, *, seconds: float = 30) -> int:
        """Wait for the end; the answer is the exit code. Raises ChildFailed when it is late."""
        try:
            async with asyncio.timeout(seconds):
                await asyncio.shield(self._reader)
                return await self._process.wait()
        except TimeoutError:
            raise ChildFailed(f"{self.name} did not end in {seconds} s:\n{self.output}") from None

    async def write(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()

    async def terminate(self, *, seconds: float = 15) -> int:
        """Ask it to end, as a terminal does with Ctrl-C; the answer is the exit code."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
        return await self.ends(seconds=seconds)

    async def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        # A grandchild may hold the pipe open: what it says is nobody's business any more.
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while part := await self._process.stdout.read(65_536):
            async with self._news:
                self.output += part.decode("utf-8", "replace")
                self._news.notify_all()
        async with self._news:
            self._ended = True
            self._news.notify_all()


@asynccontextmanager
async def child_process(
    *command: str | Path,
    environment: Mapping[str, str],
    folder: Path,
    name: str = "",
    user: int | None = None,
) -> AsyncIterator[Child]:
    """Run a program for as long as the block runs; what is left of it then is killed.

    `user` is who it runs as, and the number of its group, where that is somebody else than the test.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        cwd=folder,
        env=dict(environment),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    child = Child(name or Path(str(command[0])).name, process)
    try:
        yield child
    finally:
        await child.kill()
