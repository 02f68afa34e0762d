"""Opens a vault as Homeport does at its start and prints what it found as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from keyring.backend import KeyringBackend

from homeport.errors import VaultError
from homeport.vault import open_vault


class PlaintextKeyring(KeyringBackend):
    """What an installed package could bring along: preferred by keyring's own choice."""

    priority = 20

    def get_password(self, service: str, username: str) -> str | None:
        raise AssertionError("the plaintext keyring was asked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError("the plaintext keyring was given a secret")


async def main(data_dir: str, *do: str) -> dict[str, object]:
    try:
        vault = await open_vault(data_dir=Path(data_dir), environ=os.environ)
        for command in do:
            action, _, argument = command.partition(" ")
            name, _, value = argument.partition("=")
            await (vault.set(name, value) if action == "set" else vault.delete(name))
    except VaultError as error:
        return {"error": error.code, "message": str(error)}
    secrets = {name: vault.get(name) for name in vault.names()}
    return {"storage": vault.storage, "warning": vault.warning, "secrets": secrets}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
