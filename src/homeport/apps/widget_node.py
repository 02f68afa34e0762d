"""The one Node child of a running Homeport: it stays warm, builds in memory, and is started again when it ends.

It is spoken to in lines of JSON on its standard input and output; widgets/src/builder/main.mjs is the other end. It
notices the end of its input, so that it cannot outlive this process, whatever ends that.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from homeport.apps.widget_files import FOLDER
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain, node_environment
from homeport.errors import ToolchainError
from homeport.foreign_text import clean

BUILD_SECONDS = 60.0
"""A build that takes longer is given up, and the child with it."""

IDLE_SECONDS = 900.0
"""After so long without a build the child is ended: it holds 150 MB, and the next edit starts it again."""

ATTEMPTS = 3
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 10.0
ENDING_SECONDS = 2.0
LONGEST_LINE = 64 * 2**20


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """A problem as the child names it: an absolute path, and 0 where it knows no line."""

    file: Path
    line: int
    column: int
    message: str

    def seen_from(self, root: Path) -> BuildProblem:
        """With the file as the author knows it; `root` is the folder of the widgets, links followed."""
        inside = self.file.is_relative_to(root)
        name = f"{FOLDER}/{self.file.relative_to(root).as_posix()}" if inside else self.file.name
        return BuildProblem(name, self.line, self.column, self.message)


@dataclass(frozen=True, slots=True)
class Built:
    """`html`, or the `problems` that stood in the way. `files` are those of the author's that it was made of."""

    html: str | None
    problems: tuple[FoundProblem, ...]
    files: frozenset[Path]


class _Ended(Exception):
    """The child ended before it answered."""


class WarmNode:
    """Builds pages. The child starts with the first build; `toolchain` is asked for then.

    `patience` with one build and `idle` are in seconds. `pause`, which is given seconds, waits before a child that has
    ended is replaced.
    """

    def __init__(
        self,
        toolchain: Callable[[], Awaitable[Toolchain]],
        *,
        patience: float = BUILD_SECONDS,
        idle: float = IDLE_SECONDS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._toolchain = toolchain
        self._patience = patience
        self._idle = idle
        self._idling: asyncio.TimerHandle | None = None
        self._pause = pause
        self._starting = asyncio.Lock()
        self._process: Process | None = None
        self._reading: list[asyncio.Task[None]] = []
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count(1)
        self._said: deque[str] = deque(maxlen=20)
        self._failures = 0

    @property
    def pid(self) -> int | None:
        """The child's process; None while there is none."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def build(self, file: Path, root: Path) -> Built:
        """The page of the .tsx `file` in the folder `root`.

        A child that ends meanwhile is replaced, after longer and longer pauses. Raises ToolchainError when none can be
        started, or when one after the other ends, or takes too long.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = await self._ask({"file": str(file), "root": str(root)})
            except _Ended as error:
                if attempt == ATTEMPTS:
                    raise ToolchainError(f"The program that builds widgets keeps ending: {error}") from None
            else:
                self._failures = 0
                return _built(answer)
        raise AssertionError("unreachable: the last attempt answers or raises")

    async def stop(self) -> None:
        """End the child: its input ends, and if it has not gone after a moment, it is killed."""
        self._wait_for_more(None)
        process, self._process = self._process, None
        if process is not None:
            await _end(process)
        await asyncio.gather(*self._reading, return_exceptions=True)
        self._reading = []
        self._failures = 0

    def _wait_for_more(self, seconds: float | None) -> None:
        """End the input of a child that gets nothing to build for so long."""
        if self._idling is not None:
            self._idling.cancel()
        self._idling = None if seconds is None else asyncio.get_running_loop().call_later(seconds, self._rest)

    def _rest(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def _ask(self, question: dict[str, str]) -> dict[str, Any]:
        self._wait_for_more(None)
        process = await self._started()
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps({"id": number, **question}).encode() + b"\n")
            with contextlib.suppress(ConnectionError):  # it has ended, and its reader says so
                await process.stdin.drain()
            async with asyncio.timeout(self._patience):
                found: dict[str, Any] = await answer
            return found
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise ToolchainError(
                f"Building {Path(question['file']).name} took over {self._patience:g} seconds."
            ) from None
        finally:
            self._waiting.pop(number, None)
            if not self._waiting:
                self._wait_for_more(self._idle)

    async def _started(self) -> Process:
        async with self._starting:
            if self._process is not None:
                return self._process
            toolchain = await self._toolchain()
            if self._failures:
                await self._pause(min(FIRST_PAUSE_SECONDS * 4 ** (self._failures - 1), LONGEST_PAUSE_SECONDS))
            try:
                process = await asyncio.create_subprocess_exec(
                    *(str(toolchain.node), str(toolchain.builder)),
                    cwd=toolchain.code,
                    env=node_environment(os.environ),
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=PIPE,
                    limit=LONGEST_LINE,
                )
            except OSError as error:
                raise ToolchainError(f"Node cannot be started: {error.strerror or error}.") from error
            self._said.clear()
            self._process = process
            self._reading = [
                asyncio.create_task(self._read_answers(process)),
                asyncio.create_task(self._read_words(process)),
            ]
            return process

    async def _read_answers(self, process: Process) -> None:
        """Until the child ends; then all that wait for it learn that."""
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                answer = json.loads(line)
                waiting = self._waiting.get(answer["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)
        except (ValueError, LookupError, TypeError):  # no line of JSON, no answer, or a line without end
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        status = await process.wait()
        if self._process is not process:
            return  # it was to end
        self._process = None
        self._failures += 1
        words = clean(" ".join(self._said), 300)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(_Ended(words or f"it ended with status {status}."))

    async def _read_words(self, process: Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            if text := line.decode("utf-8", "replace").strip():
                self._said.append(text)


async def _end(process: Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(ENDING_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _built(answer: dict[str, Any]) -> Built:
    problems = tuple(
        FoundProblem(Path(one["file"]), int(one["line"]), int(one["column"]), str(one["message"]))
        for one in answer.get("problems", ())
    )
    html = answer.get("html")
    return Built(html if isinstance(html, str) else None, problems, frozenset(map(Path, answer["files"])))
