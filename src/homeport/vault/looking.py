"""A look at where the secrets are that changes nothing: no folder is made, nothing moves into a keyring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from homeport.vault.backends import Backend, choose_backend
from homeport.vault.deadline import call_with_deadline
from homeport.vault.document import Document
from homeport.vault.environment import EnvironmentSecrets
from homeport.vault.file import SecretsFile
from homeport.vault.keyring_place import KeyringPlace
from homeport.vault.vault import vault_username


@dataclass(frozen=True, slots=True)
class Seen:
    """The place, for people, what is to be said about it, and what is in it."""

    title: str
    warning: str
    secrets: Document = field(repr=False)


async def look(
    *,
    data_dir: Path,
    environ: Mapping[str, str],
    timeout: float,
    service: str = "homeport",
    choose: Callable[[Mapping[str, str]], Backend | None] = choose_backend,
) -> Seen:
    """As `open_vault` finds it. Raises KeyringRefused, KeyringLocked, KeyringTimeout, VaultError."""
    environment = EnvironmentSecrets(environ)
    given = {name: environment.get(name) or "" for name in environment.names()}

    def find_and_read() -> Seen:
        backend = choose(environ)
        file = SecretsFile(data_dir / "secrets.json")
        if backend is None:
            file.refuse_when_kept_elsewhere()
            kept = file.read() or {}
            only_given = bool(given) and not kept
            title = "environment variables" if only_given else file.title
            return Seen(title, "" if only_given else file.warning, {**kept, **given})
        keyring = KeyringPlace(backend, service=service, username=vault_username(data_dir))
        return Seen(keyring.title, "", {**(keyring.read() or file.read() or {}), **given})

    return await call_with_deadline(find_and_read, timeout=timeout, title="The keyring")
