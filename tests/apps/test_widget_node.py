"""The one Node child: it stays, it is replaced when it ends, and it does not outlive its parent. With the real Node."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from homeport.apps.widget_node import ATTEMPTS, WarmNode
from homeport.apps.widget_toolchain import Toolchain
from homeport.errors import ToolchainError
from tests.apps.building import counter, save
from tests.child import child_process

PARENT = """
import asyncio, sys
from pathlib import Path
from homeport.apps.widget_node import WarmNode
from homeport.apps.widget_toolchain import Toolchain

async def main():
    node, code, packages, file = map(Path, sys.argv[1:])
    async def installed():
        return Toolchain(node, code, packages)
    warm = WarmNode(installed)
    await warm.build(file, file.parent)
    print("child", warm.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


class Pauses:
    """Waits for nothing, and keeps how long it would have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@asynccontextmanager
async def warm(
    toolchain: Toolchain, pauses: Pauses | None = None, *, patience: float = 60, idle: float = 900
) -> AsyncIterator[WarmNode]:
    async def installed() -> Toolchain:
        return toolchain

    node = WarmNode(installed, pause=pauses or Pauses(), patience=patience, idle=idle)
    try:
        yield node
    finally:
        await node.stop()


def running(toolchain: Toolchain, folder: Path, program: str) -> Toolchain:
    """A toolchain whose builder is this program."""
    builder = folder / "code" / "builder"
    builder.mkdir(parents=True)
    (builder / "main.mjs").write_text(program, encoding="utf-8")
    return Toolchain(toolchain.node, folder / "code", toolchain.packages)


async def ended(pid: int) -> None:
    """Wait until a process that is no child of ours has ended."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with closing(os.fdopen(process, closefd=True)) as file:
        ready, _, _ = await asyncio.to_thread(select.select, [file], [], [], 15)
    assert ready, f"process {pid} did not end"


async def test_one_child_builds_everything_also_at_once(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"), two_tsx=counter("two"))
    root = tmp_path / "widgets"
    async with warm(toolchain) as node:
        assert node.pid is None
        built = await asyncio.gather(node.build(root / "one.tsx", root), node.build(root / "two.tsx", root))
        first = node.pid
        await node.build(root / "one.tsx", root)
        assert node.pid == first
    assert ["one " in (page.html or "") for page in built] == [True, False]
    assert node.pid is None


async def test_a_child_that_was_killed_is_replaced(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"))
    root, pauses = tmp_path / "widgets", Pauses()
    async with warm(toolchain, pauses) as node:
        await node.build(root / "one.tsx", root)
        first = node.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert (await node.build(root / "one.tsx", root)).html
        assert node.pid not in (None, first)
    assert len(pauses.seconds) == 1


async def test_a_child_that_keeps_ending_is_tried_after_longer_and_longer_pauses_and_then_given_up(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    broken = running(toolchain, tmp_path, "console.error('no such luck'); process.exit(3);")
    pauses = Pauses()
    async with warm(broken, pauses) as node:
        with pytest.raises(ToolchainError, match="keeps ending: no such luck"):
            await node.build(tmp_path / "one.tsx", tmp_path)
    assert len(pauses.seconds) == ATTEMPTS - 1
    assert pauses.seconds == sorted(set(pauses.seconds))


async def test_what_is_no_answer_ends_the_child(tmp_path: Path, toolchain: Toolchain) -> None:
    chatty = running(toolchain, tmp_path, "process.stdin.on('data', () => process.stdout.write('hello\\n'));")
    async with warm(chatty) as node:
        with pytest.raises(ToolchainError, match="keeps ending"):
            await node.build(tmp_path / "one.tsx", tmp_path)


async def test_a_build_that_takes_too_long_is_given_up(tmp_path: Path, toolchain: Toolchain) -> None:
    silent = running(toolchain, tmp_path, "process.stdin.resume();")
    async with warm(silent, patience=0.3) as node:
        with pytest.raises(ToolchainError, match=r"Building one\.tsx took over 0\.3 seconds"):
            await node.build(tmp_path / "one.tsx", tmp_path)


async def test_a_node_that_is_not_there_is_said(tmp_path: Path, toolchain: Toolchain) -> None:
    async with warm(Toolchain(tmp_path / "node", tmp_path, tmp_path)) as node:
        with pytest.raises(ToolchainError, match="Node cannot be started"):
            await node.build(tmp_path / "one.tsx", tmp_path)


async def test_a_child_that_does_not_end_by_itself_is_killed(tmp_path: Path, toolchain: Toolchain) -> None:
    answering = """
    setInterval(() => {}, 1000);
    process.stdin.on("data", () => console.log('{"id": 1, "files": []}'));
    """
    stubborn = running(toolchain, tmp_path, answering)
    async with warm(stubborn) as node:
        await node.build(tmp_path / "one.tsx", tmp_path)
        pid = node.pid
        assert pid is not None
    await ended(pid)


async def test_a_child_without_work_is_ended_and_the_next_build_starts_another(
    tmp_path: Path, toolchain: Toolchain
) -> None:
    save(tmp_path, one_tsx=counter("one"))
    root, pauses = tmp_path / "widgets", Pauses()
    async with warm(toolchain, pauses, idle=0.05) as node:
        await node.build(root / "one.tsx", root)
        first = node.pid
        assert first is not None
        await ended(first)
        assert node.pid is None
        assert (await node.build(root / "one.tsx", root)).html
    assert pauses.seconds == []


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux can wait for a process that is no child")
async def test_the_child_ends_when_its_parent_was_killed(tmp_path: Path, toolchain: Toolchain) -> None:
    save(tmp_path, one_tsx=counter("one"))
    parts = (toolchain.node, toolchain.code, toolchain.packages, tmp_path / "widgets" / "one.tsx")
    async with child_process(
        *(sys.executable, "-c", PARENT, *parts), environment=os.environ, folder=tmp_path, name="parent"
    ) as parent:
        pid = int((await parent.says(r"child (\d+)"))[1])
        os.kill(parent.pid, signal.SIGKILL)
        await ended(pid)
