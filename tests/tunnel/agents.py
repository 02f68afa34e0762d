"""Fake programs of tunnel providers as files that can be found and run, and the tunnels that use them."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import httpx2

from homeport.tunnel.base import Happening, Heard
from homeport.tunnel.ngrok import NgrokTunnel

TOKEN = "2tokenOfATestAccount_4fA9"
LOCAL = "http://127.0.0.1:9"


class FakeProgram:
    """`fake_<name>.py` under the name of the program it plays, in a folder that can stand on the PATH."""

    def __init__(self, folder: Path, name: str = "ngrok") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.name = name
        self.path = folder / name
        source = Path(__file__).with_name(f"fake_{name}.py").read_text(encoding="utf-8")
        self.path.write_text(f"#!{sys.executable} -IS\n{source}", encoding="utf-8")
        self.path.chmod(0o755)

    def steer(self, **how: Any) -> None:
        """How it behaves from its next start on."""
        (self.folder / f"{self.name}.json").write_text(json.dumps(how), encoding="utf-8")

    @property
    def environ(self) -> dict[str, str]:
        return {"PATH": str(self.folder), "HOME": str(self.folder)}

    @property
    def runs(self) -> list[dict[str, Any]]:
        """What it was started with, each time."""
        file = self.folder / "runs.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    async def happens(self, what: str) -> None:
        """Let something happen to the program that runs now."""
        port = json.loads((self.folder / "api.json").read_text())["port"]
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.post(f"http://127.0.0.1:{port}/fake/{what}")

    def running(self) -> list[int]:
        """The processes of this program that are alive, each once."""
        started = dict.fromkeys(run["pid"] for run in self.runs)
        return [pid for pid in started if is_alive(pid) and self._is_ours(pid)]

    def _is_ours(self, pid: int) -> bool:
        """Numbers come again: another program may have the one of a run that is over."""
        try:
            return os.fsencode(self.path) in Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False


def is_alive(pid: int) -> bool:
    """Whether this is a process. A thread may get the number of one that is over, and has the name of its program."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        process = re.search(r"^Tgid:\s*(\d+)$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return False
    return state != "Z" and process is not None and int(process[1]) == pid


class Listening:
    """Hears what a tunnel tells, and waits for one thing of it."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self._new = asyncio.Event()

    def __call__(self, heard: Heard) -> None:
        self.heard.append(heard)
        self._new.set()

    async def until(self, what: Happening) -> Heard:
        async with asyncio.timeout(20):
            while True:
                for each in self.heard:
                    if each.what is what:
                        return each
                self._new.clear()
                await self._new.wait()


async def never_downloads(path: Path, tell: object) -> None:
    raise AssertionError("nothing is downloaded in this test")


def ngrok_with(program: FakeProgram, *, token: str = TOKEN, **given: Any) -> NgrokTunnel:
    """ngrok's tunnel with this program on its PATH."""
    options: dict[str, Any] = {
        "environ": program.environ,
        "token": lambda: token,
        "token_where": lambda: "the test",
        "download": never_downloads,
    }
    return NgrokTunnel(program.folder / "data", **(options | given))


def note_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "running.json").read_text())
    return found


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
