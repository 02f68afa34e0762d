"""Who answers `homeport secrets`: the running Homeport, or this process with the vault open and the instance lock held.

Two processes never write the vault's document at once: whoever holds the lock does.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol

from homeport.control.client import RemoteEngine
from homeport.control.instance import acquire, find_running, is_held
from homeport.engine.protocol import PrivyCheck, SecretSummary
from homeport.engine.secrets import SecretRegister, reference_variables
from homeport.errors import AlreadyRunning
from homeport.settings import LoadedSettings, load_settings
from homeport.vault import Vault, open_vault

KEYRING_SECONDS = 120.0
"""How long the keyring may take: a person may have to type its password."""


class PrivyDesk(Protocol):
    """Whoever can ask Privy about an app."""

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck: ...


class SecretsDesk(PrivyDesk, Protocol):
    """The part of EngineMethods that is about secrets."""

    async def secrets(self) -> list[SecretSummary]: ...
    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None: ...
    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None: ...


class PrivyFromHere:
    """PrivyDesk of this process, for the address and the app client of the settings."""

    def __init__(self, data_dir: Path, environ: Mapping[str, str], cwd: Path) -> None:
        self._data_dir = data_dir
        self._environ = environ
        self._cwd = cwd

    async def check_privy(self, app_id: str, secret: str) -> PrivyCheck:
        """At the public URL of the settings. Raises SettingsError."""
        from homeport.engine.privy_check import check_privy
        from homeport.network import SystemNetwork
        from homeport.origins import parse_public_url

        settings = with_app_id(app_id, self._data_dir, self._environ, self._cwd).settings
        return await check_privy(
            app_id,
            secret,
            client_id=settings.privy_client_id,
            origin=parse_public_url(settings.public_url) if settings.public_url else "",
            network=SystemNetwork(),
        )


class OwnVault(PrivyFromHere):
    """SecretsDesk without a running Homeport."""

    def __init__(self, vault: Vault, data_dir: Path, environ: Mapping[str, str], cwd: Path) -> None:
        super().__init__(data_dir, environ, cwd)
        self._vault = vault
        self._register = SecretRegister(vault, variables=reference_variables(environ))

    def stored(self, name: str) -> str:
        """The secret itself, or empty. A running Homeport hands none out."""
        return self._vault.get(name) or ""

    async def secrets(self) -> list[SecretSummary]:
        return self._register.all()

    async def set_secret(self, name: str, value: str, *, confirmed: bool = False) -> None:
        await self._register.set(name, value, confirmed=confirmed)

    async def delete_secret(self, name: str, *, confirmed: bool = False) -> None:
        await self._register.delete(name, confirmed=confirmed)


def with_app_id(app_id: str, data_dir: Path, environ: Mapping[str, str], cwd: Path) -> LoadedSettings:
    """The settings as if this app id were chosen already: `sign_in = "privy"` alone would be an error before."""
    return load_settings(options={"data_dir": str(data_dir), "privy_app_id": app_id}, environ=environ, cwd=cwd)


@contextlib.asynccontextmanager
async def secrets_desk(
    data_dir: Path, environ: Mapping[str, str], cwd: Path
) -> AsyncIterator[tuple[SecretsDesk, bool]]:
    """The desk, and whether a running Homeport is behind it. Raises NotRunning, VaultError, SettingsError."""
    if is_held(data_dir):
        yield RemoteEngine(find_running(data_dir)), True
        return
    try:
        instance = acquire(data_dir)
    except AlreadyRunning:
        yield RemoteEngine(find_running(data_dir)), True
        return
    try:
        vault = await open_vault(data_dir=data_dir, environ=environ, timeout=KEYRING_SECONDS)
        yield OwnVault(vault, data_dir, environ, cwd), False
    finally:
        instance.release()
