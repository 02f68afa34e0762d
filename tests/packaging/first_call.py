"""`python -m tests.packaging.first_call PROGRAM`: sign in at a built program as its owner, and call its first tool.

Runs on Linux, macOS and Windows, and asks the program itself for everything: nothing of it is imported here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from tests.child import Child, child_process
from tests.program import Installation
from tests.whole.strict_client import StrictClient

PATIENCE_SECONDS = 60
"""For the first start: Windows and macOS look a new program over before they let it run."""


@dataclass(frozen=True, slots=True)
class FirstCall:
    """What came out. `start_seconds` is from the start of the process to its first 200."""

    start_seconds: float
    items: set[str]
    doctor: str


@asynccontextmanager
async def running(installed: Installation, *arguments: str | Path) -> AsyncIterator[Child]:
    """The program with these arguments and the installation's folder and ports, for as long as the block runs."""
    group = ("setsid",) if sys.platform == "linux" else ()
    command = [*group, *installed.program, *arguments, "--data-dir", installed.data_dir, "--port", str(installed.port)]
    command += ["--control-port", str(installed.control_port)]
    async with child_process(
        *command, environment=installed.environment, folder=installed.folder, name="homeport"
    ) as child:
        try:
            yield child
        except BaseException as error:
            error.add_note(f"homeport said:\n{child.output}")
            raise
        finally:
            if group:
                # The program of one file is two processes, and to kill the one leaves the other.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)


async def start(installed: Installation) -> float:
    """Wait for the first 200 of /health; the answer is how long that took, in seconds."""
    began = time.monotonic()
    async with httpx2.AsyncClient() as http, asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                if (await http.get(f"http://127.0.0.1:{installed.port}/health")).status_code == 200:
                    return time.monotonic() - began
            except httpx2.TransportError:
                await asyncio.sleep(0.02)


async def sign_in(installed: Installation) -> StrictClient:
    """A client that the owner has let in, by typing the code of its page after `homeport approve`."""
    client = StrictClient(installed.issuer, 1)

    async def approve(code: str, _: str) -> None:
        await installed.approve(code)

    async with httpx2.AsyncClient() as http:
        await client.register(http)
        await client.sign_in(http, approve)
    return client


async def first_call(installed: Installation) -> FirstCall:
    """Serve, let the doctor look, register, sign in with `homeport approve`, call a tool twice, and end it."""
    async with running(installed, "serve") as child:
        seconds = await start(installed)
        doctor = await installed.run("doctor", "--local")
        client = await sign_in(installed)
        async with httpx2.AsyncClient() as http:
            await client.add_item(http, "The first item")
            items = await client.titles(http, "first")
        await installed.run("stop", "--quit")
        assert await child.ends() == 0, child.output
        assert "Traceback" not in child.output
    return FirstCall(seconds, items, doctor)


def installation(program: Path, folder: Path) -> Installation:
    """A person's computer on which there is this program and no data of it."""
    installed = Installation(folder, program=[program.resolve()])
    # The Keychain and the Credential Manager belong to the person who is logged in, and are found by these.
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "DBUS_SESSION_BUS_ADDRESS"):
        if name in os.environ:
            installed.environment[name] = os.environ[name]
    return installed


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("Name one program: python -m tests.packaging.first_call PROGRAM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        result = asyncio.run(first_call(installation(Path(arguments[0]), Path(folder))))
    print(result.doctor)
    print(f"Started in {result.start_seconds:.2f} s, signed in, and called a tool: {', '.join(result.items)}")
    return 0 if result.items == {"The first item"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
