"""Which keyring backend holds the secrets. Must not pick one that would lose them or store them in clear.

`keyring` is imported inside functions: it takes a tenth of a second that a server with a file never needs.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from typing import Protocol

from homeport.errors import KeyringRefused, VaultError

logger = logging.getLogger(__name__)

_TITLES = {
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Manager",
}
"""The allowed backends and what people call them."""

_CHAINER = "keyring.backends.chainer.ChainerBackend"


class Backend(Protocol):
    """What is needed of a `keyring.backend.KeyringBackend`."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def choose_backend(environ: Mapping[str, str]) -> Backend | None:
    """The keyring of this computer, or None when there is none. Blocks. Raises KeyringRefused.

    `PYTHON_KEYRING_BACKEND` and keyring's own configuration file are obeyed when they name an allowed backend.
    Otherwise the platform's own is loaded by name: entry points are never scanned, so that no installed package can
    slip in.
    """
    elsewhere = sys.platform in {"darwin", "win32"}
    if not elsewhere and not environ.get("PYTHON_KEYRING_BACKEND") and not environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return None
    for name, source in ((environ.get("PYTHON_KEYRING_BACKEND"), "PYTHON_KEYRING_BACKEND"), _configured()):
        if name:
            return _load_named(name, source)
    if sys.platform == "darwin":
        return _load("keyring.backends.macOS.Keyring")
    if sys.platform == "win32":
        return _load("keyring.backends.Windows.WinVaultKeyring")
    names = ["keyring.backends.SecretService.Keyring", "keyring.backends.kwallet.DBusKeyring"]
    if "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":"):
        names.reverse()
    return next((backend for name in names if (backend := _load(name)) is not None), None)


def _configured() -> tuple[str | None, str]:
    import configparser

    from keyring.util import platform_

    path = platform_.config_root() / "keyringrc.cfg"
    config = configparser.RawConfigParser()
    try:
        config.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError):
        raise KeyringRefused(f"The file {path} cannot be understood.", hint="Correct or delete it.") from None
    return config.get("backend", "default-keyring", fallback="").strip() or None, str(path)


def _load_named(name: str, source: str) -> Backend:
    if name not in _TITLES and name != _CHAINER:
        raise KeyringRefused(
            f"{source} chooses the keyring backend {name[:100]}, which is not known to keep secrets safe.",
            hint=f"Remove that choice, or choose one of: {', '.join(sorted(_TITLES))}.",
        )
    backend = _load(name)
    if backend is None:
        raise VaultError(
            f"{source} chooses the keyring backend {name}, which does not work here.", hint="Remove that choice."
        )
    return backend


def _load(name: str) -> Backend | None:
    """The backend, or None when it does not work here. Raises KeyringRefused for a chain with a bad member."""
    from keyring import core

    try:
        backend: Backend = core.load_keyring(name)
    except (RuntimeError, ImportError, AttributeError, OSError) as error:
        logger.debug("The keyring backend %s does not work here: %s", name, error)
        return None
    refuse_unless_allowed(backend)
    return backend


def refuse_unless_allowed(backend: object) -> None:
    """Raises KeyringRefused unless the backend, and every member of a chain, is an allowed one."""
    name = backend_name(backend)
    members = [backend_name(member) for member in getattr(backend, "backends", ())] if name == _CHAINER else [name]
    refused = [member for member in members if member not in _TITLES]
    if refused or not members:
        raise KeyringRefused(
            f"The keyring would use {', '.join(refused) or 'no backend at all'}: not safe for keys.",
            hint="Remove that package, or set PYTHON_KEYRING_BACKEND to the backend of your system.",
        )


def backend_name(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


def backend_title(backend: object) -> str:
    """What people call it."""
    return _TITLES.get(backend_name(backend), type(backend).__name__)
