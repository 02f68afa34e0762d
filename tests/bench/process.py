"""What a running Homeport costs: start, memory, idle CPU. Read from /proc, so on Linux only."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2

from tests.bench.calls import APP
from tests.bench.load import call_body, call_headers
from tests.desktop.desktop import Desktop
from tests.desktop.session import a_panel, session_bus
from tests.program import PROGRAM, running_homeport
from tests.signing_in import sign_in

STARTS = 10
CALLS = 10_000
IDLE_SECONDS = 60


def drop_caches() -> bool:
    """Forget what the kernel keeps of files; False where this user may not."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    except OSError:
        return False
    return True


async def measure_start(
    folder: Path, starts: int = STARTS, *, program: Sequence[str | Path] = PROGRAM
) -> tuple[float, float, bool]:
    """Median seconds from exec to a 200 on /health: with caches dropped (third: whether they were), and warm."""
    cold: list[float] = []
    warm: list[float] = []
    dropped = True
    for attempt in range(starts):
        for seconds in (cold, warm):
            if seconds is cold:
                dropped = drop_caches() and dropped
            began = time.perf_counter()
            async with running_homeport(folder / f"start-{attempt}-{len(warm)}-{len(cold)}", program=program):
                seconds.append(time.perf_counter() - began)
    return statistics.median(cold), statistics.median(warm), dropped


async def measure_icon(folder: Path, starts: int = STARTS) -> tuple[float, float]:
    """Median seconds from exec to the icon in a panel: with caches dropped where that may be, and warm."""
    cold: list[float] = []
    warm: list[float] = []
    for attempt in range(starts):
        for seconds in (cold, warm):
            place = folder / f"{attempt}-{'cold' if seconds is cold else 'warm'}"
            place.mkdir(parents=True)
            async with session_bus(place) as address, a_panel(address) as panel:
                desktop = Desktop(place, address)
                if seconds is cold:
                    drop_caches()
                began = time.perf_counter()
                async with desktop.homeport() as homeport:
                    item = await panel.item()
                    seconds.append(time.perf_counter() - began)
                    # The next start is not measured beside the rest of this one.
                    await item.shows("Online on this computer only")
                    await homeport.terminate()
    return statistics.median(cold), statistics.median(warm)


def tree(pid: int) -> list[int]:
    """A process and all below it."""
    children = [int(c) for c in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(p for child in children for p in tree(child))]


def memory_mb(pid: int) -> float:
    """Proportional memory of the whole process tree, in MB."""
    total = 0
    for process in tree(pid):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def cpu_seconds(pid: int) -> float:
    """Processor time of the whole process tree so far."""
    ticks = 0
    for process in tree(pid):
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def measure_running(
    folder: Path, calls: int = CALLS, idle_seconds: float = IDLE_SECONDS
) -> tuple[float, float, float]:
    """Memory in MB after `calls` tool calls and after as many again, and the share of one core used while idle."""
    async with running_homeport(folder / "running", "--app", str(APP), command=()) as homeport:
        token = (await sign_in(homeport)).access_token
        after: list[float] = []
        for _ in range(2):
            await _call(homeport.mcp_url, token, calls)
            after.append(memory_mb(homeport.pid))
        before = cpu_seconds(homeport.pid)
        await asyncio.sleep(idle_seconds)
        idle = (cpu_seconds(homeport.pid) - before) / idle_seconds
    return after[0], after[1], idle


async def measure_tray(folder: Path) -> float:
    """Memory in MB of plain `homeport` on a desktop at its first start, once it does nothing more by itself."""
    folder.mkdir()
    async with session_bus(folder) as address, a_panel(address) as panel:
        desktop = Desktop(folder, address)
        async with desktop.homeport() as homeport:
            item = await panel.item()
            await item.shows("Online on this computer only")
            await item.get("IconPixmap")
            await _quiet(homeport.pid)
            memory = memory_mb(homeport.pid)
            await homeport.terminate()
    return memory


async def _quiet(pid: int) -> None:
    """Wait until the MCP SDK and all else that is loaded behind the first answer is there: five seconds of idleness."""
    seconds = 0
    while seconds < 5:
        before = cpu_seconds(pid)
        await asyncio.sleep(1)
        seconds = seconds + 1 if cpu_seconds(pid) - before < 0.03 else 0


async def _call(url: str, token: str, calls: int) -> None:
    headers = call_headers("2025-11-25", token)
    body = call_body("2025-11-25")
    async with httpx2.AsyncClient() as client:

        async def some(count: int) -> None:
            for _ in range(count):
                (await client.post(url, content=body, headers=headers)).raise_for_status()

        await asyncio.gather(*(some(calls // 8) for _ in range(8)))
