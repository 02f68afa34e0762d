"""The command line around an Engine in memory, as a program: everything in it is real but the Engine.

`TEST_ASKS` holds the codes of browsers that wait when the Engine has started, `!` behind one of another network;
with `TEST_HANGS` the Engine never stops.
"""

from __future__ import annotations

import asyncio
import os

from homeport.cli import main
from homeport.settings import LoadedSettings
from tests.control.memory_engine import MemoryEngine


class AskedEngine(MemoryEngine):
    async def start(self) -> None:
        await super().start()
        for code in os.environ.get("TEST_ASKS", "").split():
            self.ask(code.rstrip("!"), same_network=not code.endswith("!"))

    async def stop(self) -> None:
        if os.environ.get("TEST_HANGS"):
            await asyncio.Event().wait()
        await super().stop()


def make_engine(_: LoadedSettings) -> MemoryEngine:
    return AskedEngine()


if __name__ == "__main__":
    main(make_engine=make_engine)
