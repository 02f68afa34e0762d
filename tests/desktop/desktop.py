"""Homeport on a desktop of its own, started as by its icon, with a browser that takes notes."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from tests.child import Child, child_process
from tests.desktop.session import NotingBrowser
from tests.program import Installation


class Desktop(Installation):
    """A person's session, on the bus at `address`, in front of a screen."""

    def __init__(self, folder: Path, address: str, *, display: str = ":4711") -> None:
        super().__init__(folder)
        self.browser = NotingBrowser(folder)
        self.config = folder / "home" / ".config"
        # Most of what is tested here needs a session with a screen, and nothing that is seen on it.
        self.environment |= {"DISPLAY": display, "BROWSER": str(self.browser.program)}
        if address:
            self.environment["DBUS_SESSION_BUS_ADDRESS"] = address

    @property
    def arguments(self) -> list[str]:
        ports = ["--port", str(self.port), "--control-port", str(self.control_port)]
        return ["--data-dir", str(self.data_dir), *ports, "--tunnel", "none"]

    @asynccontextmanager
    async def homeport(self, *options: str) -> AsyncIterator[Child]:
        """Plain `homeport`; what is left of it at the end of the block is killed."""
        command = [sys.executable, "-W", "error", "-m", "homeport", *self.arguments, *options]
        async with child_process(*command, environment=self.environment, folder=self.folder, name="homeport") as child:
            yield child

    async def answers(self) -> bool:
        """Whether its public side does."""
        async with httpx2.AsyncClient() as http:
            try:
                return (await http.get(f"http://127.0.0.1:{self.port}/health")).status_code == 200
            except httpx2.ConnectError:
                return False
