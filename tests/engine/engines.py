"""Engines in the test's own process on folders of their own, and a count of all that an engine may hold open."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from homeport.activity import ActivityLog
from homeport.auth.access import Access
from homeport.auth.fetch import Fetcher
from homeport.clock import Clock, system_clock
from homeport.engine.engine import Engine
from homeport.errors import TunnelError
from homeport.mcp_server.endpoint import McpEndpoint
from homeport.network import Network
from homeport.public import PublicApp
from homeport.settings import load_settings
from homeport.store.sqlite import SQLiteDatabase
from homeport.tunnel import Capabilities, Tunnel, TunnelInfo


def engine_for(
    folder: Path,
    *,
    tunnel: Tunnel | None = None,
    network: Network | None = None,
    clock: Clock = system_clock,
    environ: dict[str, str] | None = None,
    **options: object,
) -> Engine:
    """An engine that was not started, at a free port unless `port` is among the options (None: the default one)."""
    given = {"data_dir": folder, "port": 0, **options}
    loaded = load_settings(options=given, environ={}, cwd=folder.parent)
    return Engine(loaded, environ=environ or {}, tunnel=tunnel, network=network, clock=clock)


@asynccontextmanager
async def running(folder: Path, **given: Any) -> AsyncIterator[Engine]:
    engine = engine_for(folder, **given)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.close()


async def health(engine: Engine) -> int:
    """The status of /health, over a connection of its own."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{engine.origins.port}/health")).status_code


class NamedTunnel:
    """A tunnel that gets one name after another, the last one for ever; it leads to the listener while it is up."""

    provider = "named"
    capabilities = Capabilities()

    def __init__(self, *names: str, stable: bool = False) -> None:
        self._names = list(names)
        self._stable = stable
        self.leads_to = ""
        self.expires_at: float | None = None

    def is_called(self, name: str) -> None:
        """From the next start on."""
        self._names = [name]

    async def start(self, local_url: str) -> TunnelInfo:
        self.leads_to = local_url
        name = self._names.pop(0) if len(self._names) > 1 else self._names[0]
        url = f"https://{name}.tunnel.invalid"
        return TunnelInfo(url, stable=self._stable, provider=self.provider, expires_at=self.expires_at)

    async def stop(self) -> None:
        self.leads_to = ""


class TunnelThatFails(NamedTunnel):
    """`broken` says what does not work now: "start", "stop" or nothing."""

    def __init__(self, broken: str = "start") -> None:
        super().__init__("fails")
        self.broken = broken

    async def start(self, local_url: str) -> TunnelInfo:
        if self.broken == "start":
            raise TunnelError("The tunnel's server refused us.", hint="Look at its account.")
        return await super().start(local_url)

    async def stop(self) -> None:
        await super().stop()
        if self.broken == "stop":
            raise TunnelError("The tunnel does not end.", hint="End its program.")


class TunnelThatWaits(NamedTunnel):
    """Connects only after `go` was set; `waits` tells that it has begun."""

    def __init__(self) -> None:
        super().__init__("waits")
        self.waits = asyncio.Event()
        self.go = asyncio.Event()

    async def start(self, local_url: str) -> TunnelInfo:
        self.leads_to = local_url
        self.waits.set()
        await self.go.wait()
        return await super().start(local_url)


PARTS = (Access, ActivityLog, Engine, Fetcher, McpEndpoint, PublicApp, SQLiteDatabase)
"""What each engine has one of, and what nobody may hold on to when it is closed."""


@dataclass(frozen=True, slots=True)
class Census:
    """What this process holds: a leak is a number that grows."""

    threads: tuple[str, ...]
    descriptors: tuple[str, ...]
    tasks: int
    living: dict[str, int]


async def census() -> Census:
    """Count after one turn of the loop, so that closed transports have let go."""
    for _ in range(3):
        await asyncio.sleep(0)
    gc.collect()
    pooled = ("asyncio_", "AnyIO")  # The loop keeps these for the next call; their number is bounded.
    names = sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith(pooled))
    return Census(
        threads=tuple(names),
        descriptors=tuple(sorted(_descriptors())),
        tasks=len(asyncio.all_tasks()),
        living={kind.__name__: sum(type(each) is kind for each in gc.get_objects()) for kind in PARTS},
    )


def _descriptors() -> list[str]:
    """What each open descriptor is, as far as the system tells."""
    found: list[str] = []
    for descriptor in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # the one that listed the folder is closed by now
            os.fstat(int(descriptor))
            kind = os.readlink(f"/proc/self/fd/{descriptor}") if Path("/proc/self/fd").is_dir() else "open"
            found.append(re.sub(r"\d+", "", kind))
    return found
