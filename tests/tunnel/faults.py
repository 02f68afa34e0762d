"""Faults in random order under a client that calls each second: `python -m tests.tunnel.faults --rounds 50`.

The app and its agent stand in one network, the tunnel's servers in another. After each round everything must be as
before: back within ten seconds, one agent, no descriptor more, what was acknowledged there once, no login lost.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from tests.bench.table import MOST_IDLE, MOST_MEGABYTES
from tests.child import Child, child_process
from tests.program import Installation
from tests.tunnel.agents import TOKEN, FakeProgram
from tests.tunnel.every_second import PATIENCE_SECONDS, EverySecond, ThroughTheCloud, each_second
from tests.tunnel.namespaces import SIDES, THERE_ADDRESS, Wire, can_cut, wire

KINDS = ("app stopped", "agent stopped", "network cut", "agent killed")
LONG = (20.0, 120.0)
BACK_SECONDS = 10.0
GIVE_UP_SECONDS = 90.0
Found = TypeVar("Found")
OWN = "https://careful-heron-42.ngrok-free.dev"

REAL_AGENT = {"beat": 10.0, "tolerance": 15.0, "dial": 10.0}
QUICK_AGENT = {"beat": 0.5, "tolerance": 1.0, "dial": 2.0}


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and for how many seconds. `side` is the end of the wire that is cut."""

    kind: str
    seconds: float = 0.0
    side: str = "here"

    def __str__(self) -> str:
        where = f" {self.side}" if self.kind == "network cut" else ""
        return f"{self.kind}{where}" + (f", {self.seconds:.0f} s" if self.seconds else "")


@dataclass(slots=True)
class Report:
    """`back` are the seconds of each round by kind; `problems` say what was not as it must be."""

    back: dict[str, list[float]] = field(default_factory=dict)
    descriptors: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    writes: int = 0
    refreshes: int = 0
    figures: list[str] = field(default_factory=list)


class NoAgent(Exception):
    """There is not one agent, as there must be whenever nothing is wrong."""


class House(Installation):
    """An installation with ngrok's tunnel, whose agent reaches its servers over the wire."""

    def __init__(self, folder: Path, inside: Callable[[str, Sequence[str]], list[str]]) -> None:
        super().__init__(folder)
        self._inside = inside
        self.agents = FakeProgram(folder / "bin")
        self.environment |= {
            "PATH": f"{self.agents.folder}{os.pathsep}{self.environment['PATH']}",
            "HOMEPORT_SECRET_NGROK": TOKEN,
            "PYTHON_KEYRING_BACKEND": "",
        }
        self.program = self._inside("here", [str(part) for part in self.program])
        self.app: Child | None = None

    @property
    def issuer(self) -> str:
        return OWN

    @property
    def pid(self) -> int:
        assert self.app is not None
        return self.app.pid

    async def start(self, running: AsyncExitStack, agent: dict[str, float], address: str) -> httpx2.AsyncClient:
        """Servers, app and tunnel. The client that reaches it through them."""
        path = self.folder / "cloud"
        patience = agent["beat"] + agent["tolerance"]
        command = [sys.executable, str(Path(__file__).with_name("cloud.py")), f"{address}:0", str(path), str(patience)]
        cloud = await running.enter_async_context(
            child_process(
                *self._inside("there", command), environment=self.environment, folder=self.folder, name="cloud"
            )
        )
        port = (await cloud.says(r"listening at (\d+)"))[1]
        self.agents.steer(server={"server": f"{address}:{port}", **agent})
        ports = ("--port", str(self.port), "--control-port", str(self.control_port))
        self.app = await running.enter_async_context(
            child_process(
                *(*self.program, "serve", "--tunnel", "ngrok", "--data-dir", str(self.data_dir), *ports),
                environment=self.environment,
                folder=self.folder,
                name="homeport serve",
            )
        )
        http = httpx2.AsyncClient(transport=ThroughTheCloud(str(path)), timeout=PATIENCE_SECONDS)
        await running.enter_async_context(http)
        try:
            async with asyncio.timeout(60):
                while not await self._answers(http):
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            error.add_note(f"homeport said:\n{self.app.output}\nand the servers:\n{cloud.output}")
            raise
        return http

    async def _answers(self, http: httpx2.AsyncClient) -> bool:
        """Whether the app knows its name there: before that it answers /health, and 421 to everything else."""
        try:
            metadata = await http.get(f"{OWN}/.well-known/oauth-authorization-server")
            return metadata.status_code == 200
        except httpx2.TransportError:
            return False

    async def approve_page(self, code: str, who: str) -> None:
        await self.approve(code, "--other-network")

    def agent(self) -> int | None:
        """The one that runs; None: there is none, or more than one."""
        running = self.agents.running()
        return running[0] if len(running) == 1 else None

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@dataclass
class Trial:
    """A house, its client, and what is found out about them."""

    house: House
    http: httpx2.AsyncClient
    client: EverySecond
    laid: Wire | None
    report: Report = field(default_factory=Report)
    few_descriptors: int = 0

    async def happens(self, fault: Fault) -> float:
        """Let it happen, for as long as it takes; the moment it was over. Nothing happens without one agent to harm."""
        agent = await _until(self.house.agent, BACK_SECONDS)
        if agent is None:
            raise NoAgent(f"{len(self.house.agents.running())} agents before it, so that it did not happen")
        match fault.kind:
            case "app stopped":
                await self._stopped(self.house.pid, fault.seconds)
            case "agent stopped":
                await self._stopped(agent, fault.seconds)
            case "network cut":
                assert self.laid is not None
                self.laid.cut(fault.side)
                try:
                    await asyncio.sleep(fault.seconds)
                finally:
                    self.laid.mend(fault.side)
            case _:
                os.kill(agent, signal.SIGKILL)
        return time.monotonic()

    async def fewest_descriptors(self) -> int:
        """How many the app has between two requests."""
        counted = []
        for _ in range(10):
            counted.append(self.house.descriptors())
            await asyncio.sleep(0.2)
        return min(counted)

    async def _stopped(self, pid: int, seconds: float) -> None:
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it was ended and replaced meanwhile
                os.kill(pid, signal.SIGCONT)

    async def round(self, number: int, fault: Fault) -> str:
        """One fault and what came of it, in one line."""
        client, problems = self.client, []
        client.prefix = f"round{number}-"
        seen = len(client.complaints)
        try:
            over = await self.happens(fault)
        except NoAgent as missing:
            over = time.monotonic()
            problems.append(str(missing))
        back = await _until(lambda: client.back_since(over), GIVE_UP_SECONDS)
        took = None if back is None else back - over
        if took is None or took > BACK_SECONDS:
            problems.append(f"back after {took} s")
        agents = self.house.agents.running()
        if len(agents) != 1:
            problems.append(f"{len(agents)} agents")
        if await _until(lambda: self.house.descriptors() <= self.few_descriptors or None, 20) is None:
            problems.append("more descriptors than before")
        descriptors = self.house.descriptors()
        problems += await self._writes(client.prefix)
        problems += client.complaints[seen:]
        self.report.back.setdefault(fault.kind, []).append(GIVE_UP_SECONDS if took is None else took)
        self.report.descriptors.append(descriptors)
        self.report.problems += [f"round {number} ({fault}): {problem}" for problem in problems]
        told = "; ".join(problems) or "well"
        after = "not back" if took is None else f"back after {took:.1f} s"
        return f"{number:3d} {fault}: {after}, {len(agents)} agent, {descriptors} descriptors: {told}"

    async def _writes(self, prefix: str) -> list[str]:
        client = self.client
        acknowledged = {title for title in client.items if title.startswith(prefix)}
        found: Any = None
        with contextlib.suppress(Exception):
            found = await client.found(self.http, prefix)
        if found is None:
            return ["the items cannot be read"]
        problems = [f"{title} is there {found[title]} times" for title in found if found[title] != 1]
        problems += [f"{title} was acknowledged and is not there" for title in acknowledged if not found[title]]
        return problems + [f"{title} was never asked for" for title in found if title not in client.asked_items]

    async def ends(self) -> None:
        """What holds for all rounds together."""
        report, client = self.report, self.client
        report.problems += await self._writes("round")
        report.problems += [f"id {number} answered twice" for number, n in client.answered_ids.items() if n > 1]
        grants = json.loads(await self.house.run("grants", "--json"))
        if client.logins != 1 or len(grants) != 1:
            report.problems.append(f"{client.logins} logins, and these grants: {grants}")
        report.writes, report.refreshes = len(client.items), client.refreshes
        assert self.house.app is not None
        if "Traceback" in self.house.app.output:
            report.problems.append(f"the log holds a traceback:\n{self.house.app.output[-4000:]}")


@asynccontextmanager
async def trial(folder: Path, agent: dict[str, float]) -> AsyncIterator[Trial]:
    """A house whose client is signed in, before anything goes wrong."""
    async with AsyncExitStack() as running:
        laid = running.enter_context(wire()) if can_cut() else None
        house = House(folder, laid.inside if laid is not None else lambda side, command: list(command))
        http = await house.start(running, agent, THERE_ADDRESS if laid is not None else "127.0.0.1")
        client = EverySecond(OWN, 1)
        await client.register(http)
        await client.sign_in(http, house.approve_page)
        yield Trial(house, http, client, laid)


async def run(
    folder: Path,
    faults: Sequence[Fault],
    *,
    agent: dict[str, float] = QUICK_AGENT,
    idle_seconds: float = 0.0,
    tell: Callable[[str], None] = print,
) -> Report:
    """All these faults, one after the other. `idle_seconds`: for so long nobody calls, and what that costs is told."""
    async with trial(folder, agent) as now:
        calling = asyncio.create_task(each_second(now.client, now.http))
        try:
            await _until(lambda: now.client.back_since(0, calls=6), 60)
            now.few_descriptors = await now.fewest_descriptors()
            tell(f"begun with {now.few_descriptors} descriptors and {now.house.megabytes():.1f} MB")
            for number, fault in enumerate(faults, 1):
                tell(await now.round(number, fault))
        except BaseException as error:
            assert now.house.app is not None
            error.add_note(f"homeport said:\n{now.house.app.output[-4000:]}")
            raise
        finally:
            calling.cancel()
            await asyncio.gather(calling, return_exceptions=True)
        await now.ends()
        megabytes, share = now.house.megabytes(), None
        now.report.figures.append(f"{megabytes:.1f} MB at the end")
        if idle_seconds:
            await asyncio.sleep(5)
            before = now.house.processor_seconds()
            await asyncio.sleep(idle_seconds)
            share = (now.house.processor_seconds() - before) / idle_seconds * 100
            now.report.figures.append(f"idle: {share:.3f} % of a core over {idle_seconds:.0f} s")
        now.report.problems += too_much(megabytes, share)
        return now.report


def too_much(megabytes: float, share: float | None) -> list[str]:
    """What is above its bar. `share`: percent of a core while nobody calls; None: not measured."""
    problems = [f"{megabytes:.1f} MB at the end, above {MOST_MEGABYTES:.0f}"] if megabytes > MOST_MEGABYTES else []
    if share is not None and share > MOST_IDLE:
        problems.append(f"{share:.3f} % of a core while nobody calls, above {MOST_IDLE}")
    return problems


async def _until(ask: Callable[[], Found | None], seconds: float) -> Found | None:
    """What `ask` answers once it is something; None: not within these seconds."""
    deadline = time.monotonic() + seconds
    while (answer := ask()) is None and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return answer


def plan(rounds: int, seed: int, kinds: Sequence[str] = KINDS, seconds: tuple[float, float] = LONG) -> list[Fault]:
    """So many faults, each kind as often as the others, in an order and for times that `seed` decides."""
    chance = random.Random(seed)
    drawn = [kinds[number % len(kinds)] for number in range(rounds)]
    chance.shuffle(drawn)
    longest = {"agent killed": (0.0, 0.0)}
    return [Fault(kind, chance.uniform(*longest.get(kind, seconds)), chance.choice(SIDES)) for kind in drawn]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.tunnel.faults")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--idle", type=float, default=60.0)
    given = parser.parse_args()
    begun = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM):  # under nohup too: programs and namespaces go with us
        signal.signal(number, signal.default_int_handler)
    kinds = [kind for kind in KINDS if kind != "network cut" or can_cut()]
    if kinds != list(KINDS):
        _tell("The network is not cut in these rounds: that needs Linux, `ip`, and root.")
    with tempfile.TemporaryDirectory() as folder:
        faults = plan(given.rounds, given.seed, kinds)
        report = asyncio.run(run(Path(folder), faults, agent=REAL_AGENT, idle_seconds=given.idle, tell=_tell))
    for kind, back in report.back.items():
        average = sum(back) / len(back)
        _tell(f"{kind}: {len(back)} rounds, back after {max(back):.1f} s at most, {average:.1f} s on average")
    _tell(f"{report.writes} acknowledged writes, {report.refreshes} refreshes; " + "; ".join(report.figures))
    _tell(f"{len(report.problems)} problems in {(time.monotonic() - begun) / 60:.0f} minutes")
    for problem in report.problems:
        _tell(problem)
    return 1 if report.problems else 0


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
