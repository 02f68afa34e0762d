"""Starts the command line as real processes, in a folder of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from homeport.control.client import RemoteEngine
from homeport.control.instance import find_running
from homeport.errors import NotRunning

ROOT = Path(__file__).parent.parent.parent
MEMORY = "tests.cli.memory_homeport"
REAL = "homeport"

_OURS = ("HOMEPORT_", "JWT_", "PRIVY_", "VITE_", "BACKEND_")
"""How the names of variables begin that mean a setting or a secret here."""

_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
"""Without these there is no desktop: whoever runs the tests sees no icon and no browser."""


@dataclass
class Homeport:
    """A program (`module`) with its data folder. Both ports are free ones."""

    data_dir: Path
    module: str = MEMORY
    environ: dict[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", self.module, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        others = ("PORT", "SERVER_BASE_URL", "NODE_ENV", *_DESKTOP)
        kept = {name: value for name, value in kept.items() if name not in others}
        ours = {"PYTHONPATH": str(ROOT), "HOMEPORT_DATA_DIR": str(self.data_dir), "HOMEPORT_EPHEMERAL": "true"}
        return kept | ours | self.environ

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            self.command(*arguments),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            env=self.environment,
            cwd=self.data_dir.parent,
        )

    @contextmanager
    def serving(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """`homeport serve` while it runs; it is up when this begins, and gone when this ends."""
        command = self.command("serve", "--port", "0", "--control-port", "0", *options)
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            cwd=self.data_dir.parent,
        ) as process:
            try:
                self.until_up(process)
                yield process
            finally:
                process.kill()

    def until_up(self, process: subprocess.Popen[str]) -> None:
        """Wait until the program is online."""
        deadline = time.monotonic() + 30
        while not self._is_online():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.02)

    def _is_online(self) -> bool:
        try:
            running = find_running(self.data_dir, wait_seconds=0)
            return asyncio.run(RemoteEngine(running).status()).state == "online"
        except NotRunning:
            return False


def end(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[float, str, str]:
    """Send a signal and wait for the end: seconds it took, and what was written on both outputs."""
    started = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return time.monotonic() - started, out, err
