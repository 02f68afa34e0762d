"""The command line around an Engine in memory, as a program: everything in it is real but the Engine.

`TEST_ASKS` holds the codes of browsers that wait when the Engine has started, `!` behind one of another network;
with `TEST_HANGS` the Engine never stops; with `TEST_STRANGERS` fifty clients register at every start after the first.
"""

from __future__ import annotations

import asyncio
import os

from homeport.cli import main
from homeport.events import ClientSeen
from homeport.settings import LoadedSettings
from tests.control.memory_engine import MemoryEngine


class AskedEngine(MemoryEngine):
    async def start(self) -> None:
        again = self.state == "online"
        await super().start()
        for number in range(50 if again and os.environ.get("TEST_STRANGERS") else 0):
            self.events.publish(ClientSeen(0, f"dcr_{number}", f"Somebody {number}", "dcr"))
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
