"""Opens a vault whose keyring never answers, says so, and ends: nothing may keep the process alive."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from homeport.errors import KeyringTimeout
from homeport.vault import open_vault
from tests.vault.keyrings import HangingDrawer


async def main(data_dir: str) -> None:
    try:
        await open_vault(data_dir=Path(data_dir), environ={}, timeout=0.2, choose=lambda environ: HangingDrawer())
    except KeyringTimeout as error:
        print(error)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
