"""A process that holds a tunnel's program as Homeport does, says its number, and waits to be ended in whatever way."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from homeport.tunnel.child import Child


async def main(folder: Path, program: list[str], leashed: bool) -> None:
    started = asyncio.Event()
    child = Child(folder, on_line=lambda line: started.set(), on_end=lambda code: None, leashed=leashed)
    await child.start(program, os.environ)
    await started.wait()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[3:], sys.argv[2] == "leashed"))
