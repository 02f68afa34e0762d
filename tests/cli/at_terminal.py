"""A program at a terminal of its own: what it shows there, and what a person types. For POSIX systems."""

from __future__ import annotations

import asyncio
import os
import pty
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.child import ChildFailed


class AtTerminal:
    """Use it through `at_terminal`. `shown` is all that appeared so far, echoes of typing included."""

    def __init__(self, process: asyncio.subprocess.Process, master: int) -> None:
        self.shown = ""
        self._process = process
        self._master = master
        self._news = asyncio.Event()
        self._read_to = 0
        asyncio.get_running_loop().add_reader(master, self._read)

    async def says(self, pattern: str, *, seconds: float = 30) -> None:
        """Wait until this appears after what was waited for before. Raises ChildFailed."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := re.compile(pattern).search(self.shown, self._read_to)):
                    self._news.clear()
                    await self._news.wait()
                self._read_to = found.end()
        except TimeoutError:
            raise ChildFailed(f"{pattern!r} did not appear in {seconds} s:\n{self.shown}") from None

    def type(self, line: str) -> None:
        os.write(self._master, f"{line}\n".encode())

    async def ends(self, *, seconds: float = 30) -> int:
        async with asyncio.timeout(seconds):
            code = await self._process.wait()
        self._read()
        return code

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._master)
        os.close(self._master)
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def _read(self) -> None:
        # Linux answers EIO once the other side is closed.
        with suppress(OSError):
            self.shown += os.read(self._master, 65_536).decode("utf-8", "replace").replace("\r\n", "\n")
            self._news.set()
            return
        asyncio.get_running_loop().remove_reader(self._master)


@asynccontextmanager
async def at_terminal(*command: str, environment: Mapping[str, str], folder: Path) -> AsyncIterator[AtTerminal]:
    """Run a program for as long as the block runs."""
    master, slave = pty.openpty()
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=slave, stdout=slave, stderr=slave, env=dict(environment), cwd=folder, start_new_session=True
        )
    finally:
        os.close(slave)
    terminal = AtTerminal(process, master)
    try:
        yield terminal
    finally:
        await terminal.close()
