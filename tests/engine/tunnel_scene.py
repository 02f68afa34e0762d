"""An engine whose tunnel is ngrok's, played by a strict program, and what it told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from homeport.engine.engine import Engine
from homeport.engine.protocol import TunnelStatus
from homeport.events import Event, PublicUrlChanged, TunnelStateChanged
from tests.engine.engines import engine_for
from tests.tunnel.agents import TOKEN, FakeProgram

OWN = "https://careful-heron-42.ngrok-free.dev"


class Scene:
    """One engine on one folder, with the program on its PATH. `token` empty: Homeport has none yet."""

    def __init__(self, folder: Path, *, token: str = TOKEN, **options: Any) -> None:
        self.program = FakeProgram(folder / "bin")
        self.folder = folder / "data"
        self.environ = self.program.environ | ({"HOMEPORT_SECRET_NGROK": token} if token else {})
        self.options = options
        self.events: list[Event] = []
        self._news = asyncio.Event()

    @asynccontextmanager
    async def online(self) -> AsyncIterator[Engine]:
        engine = engine_for(self.folder, environ=self.environ, **self.options)
        engine.events.subscribe(self._hear)
        await engine.start()
        try:
            yield engine
        finally:
            await engine.close()

    async def until(self, engine: Engine, state: str, *, after: int = 0) -> TunnelStatus:
        """Wait for an event that says this state; events before the number `after` do not count."""
        async with asyncio.timeout(30):
            while not any(isinstance(e, TunnelStateChanged) and e.state == state for e in self.events[after:]):
                self._news.clear()
                await self._news.wait()
        return (await engine.status()).tunnel_state

    def urls(self) -> list[tuple[str | None, str | None]]:
        return [(event.old, event.new) for event in self.events if isinstance(event, PublicUrlChanged)]

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self._news.set()
