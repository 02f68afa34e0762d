"""The secrets of one data folder by name, read once. Must not know what they are for, and never shows one."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from homeport.errors import VaultError
from homeport.vault.backends import Backend, choose_backend
from homeport.vault.deadline import call_with_deadline
from homeport.vault.document import Document, Place
from homeport.vault.environment import EnvironmentSecrets
from homeport.vault.file import SecretsFile
from homeport.vault.keyring_place import KeyringPlace

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Vault:
    """Opened with `open_vault`. A secret given by the environment wins and cannot be changed here."""

    def __init__(
        self, place: Place, document: Document, environment: EnvironmentSecrets, *, timeout: float, warning: str = ""
    ) -> None:
        self._place = place
        self._document = dict(document)
        self._environment = environment
        self._timeout = timeout
        self._warning = warning
        self._lock = asyncio.Lock()

    def __repr__(self) -> str:
        return f"<Vault: {self.storage}>"

    @property
    def storage(self) -> str:
        """Where the secrets are, for people."""
        given = "environment variables" if self._environment.names() else ""
        if given and not self._place.is_keyring and not self._document:
            return given
        return f"{self._place.title} and {given}" if given else self._place.title

    @property
    def warning(self) -> str:
        """What a person must know about a fallback, or nothing."""
        return self._warning

    def get(self, name: str) -> str | None:
        """The secret, or None."""
        return self._environment.get(name) or self._document.get(name)

    def is_fixed(self, name: str) -> bool:
        """True when the environment gives this secret: it is the same on every replica and changes only there."""
        return self._environment.get(name) is not None

    def where(self, name: str) -> str:
        """Where this secret is, or would be stored, for people."""
        return (
            f"the environment variable {self._environment.variable(name)}" if self.is_fixed(name) else self._place.title
        )

    def names(self) -> list[str]:
        """The names of all secrets, sorted."""
        return sorted({*self._document, *self._environment.names(but=self._document)})

    async def set(self, name: str, value: str) -> None:
        """Store a secret; it is durable when this returns. Raises VaultError, KeyringLocked, KeyringTimeout."""
        self._refuse_fixed(name)
        if not _NAME.fullmatch(name):
            raise VaultError("The name of a secret has 1 to 64 letters, digits, dots, underscores and hyphens.")
        if not value:
            raise VaultError(f"The secret {name} is empty.", hint=f"Remove it with: homeport secrets delete {name}")
        async with self._lock:
            await self._change(lambda document: {**document, name: value})

    async def delete(self, name: str) -> None:
        """Remove a secret; one that is not there is no error. Raises as `set` does."""
        self._refuse_fixed(name)
        async with self._lock:
            await self._change(lambda document: {key: value for key, value in document.items() if key != name})

    async def ensure(self, name: str, make: Callable[[], str]) -> str:
        """The secret, made and stored when it is missing: once, however many ask. Raises as `set` does."""
        if (known := self.get(name)) is not None:
            return known
        async with self._lock:
            if name not in self._document:
                await self._change(lambda document: document if name in document else {**document, name: make()})
            return self._document[name]

    def _refuse_fixed(self, name: str) -> None:
        if self.is_fixed(name):
            variable = self._environment.variable(name)
            raise VaultError(f"The environment variable {variable} gives this secret.", hint="Change it there.")

    async def _change(self, change: Callable[[Document], Document]) -> None:
        place = self._place

        def read_and_write() -> Document:
            # Read again: `homeport secrets set` may have run beside us since.
            before = place.read() or {}
            after = change(before)
            if after != before:
                place.write(after)
            return after

        self._document = dict(await call_with_deadline(read_and_write, timeout=self._timeout, title=place.title))


async def open_vault(
    *,
    data_dir: Path,
    environ: Mapping[str, str],
    service: str = "homeport",
    timeout: float = 10.0,
    choose: Callable[[Mapping[str, str]], Backend | None] = choose_backend,
) -> Vault:
    """Find the place for this data folder's secrets and read them.

    `timeout` (seconds) bounds each visit to the keyring, a question it asks the person included. `choose` finds the
    keyring's backend; None means that there is none. Raises KeyringRefused, KeyringLocked, KeyringTimeout, VaultError.
    """
    environment = EnvironmentSecrets(environ)
    file = SecretsFile(data_dir / "secrets.json")

    def find_and_read() -> tuple[Place, Document, str]:
        backend = choose(environ)
        if backend is None:
            file.refuse_when_kept_elsewhere()
            return file, file.read() or {}, "" if environment.names() and not file.exists() else file.warning
        keyring = KeyringPlace(backend, service=service, username=vault_username(data_dir))
        document = keyring.read()
        if document is None and (moved := file.read()):
            # The keyring came later than the file: the same keys go on, no login is lost.
            keyring.write(moved)
            document = moved
        file.say_kept_elsewhere(keyring.title)
        return keyring, document or {}, ""

    place, document, warning = await call_with_deadline(find_and_read, timeout=timeout, title="The keyring")
    return Vault(place, document, environment, timeout=timeout, warning=warning)


def vault_username(data_dir: Path) -> str:
    """The keyring entry's user name: two data folders do not share their secrets."""
    return "vault-" + hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
