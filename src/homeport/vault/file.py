"""The fallback: one file that only its owner can read. Written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from pathlib import Path

from homeport.errors import VaultError
from homeport.settings.private_folder import make_folder
from homeport.vault.document import Document, from_text, to_text


class SecretsFile:
    """`secrets.json` in the data folder. Where a keyring is used, it only says so."""

    is_keyring = False

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def title(self) -> str:
        return f"a 0600 file in {self._path.parent}"

    @property
    def warning(self) -> str:
        return (
            f"There is no keyring here: the secrets are in {self._path}, readable by this user only. "
            "Keep that file out of backups and images."
        )

    def exists(self) -> bool:
        return self._path.exists()

    def read(self) -> Document | None:
        """The secrets, or None. Raises VaultError when others could have read them too."""
        text = self._read_text()
        if text is None or self._kept_in(text):
            return None
        document = from_text(text)
        if document is None:
            raise VaultError(
                f"The file {self._path} is not one that Homeport wrote.",
                hint="Put a backup in its place, or move it away to begin with new keys (every client signs in again).",
            )
        return document

    def write(self, document: Document) -> None:
        self._replace(to_text(document))

    def refuse_when_kept_elsewhere(self) -> None:
        """Raises VaultError when the secrets are in a keyring: new keys would end every connection silently."""
        text = self._read_text()
        if text is not None and (keyring := self._kept_in(text)):
            raise VaultError(
                f"The secrets of this data folder are in the keyring ({keyring}), which cannot be reached now.",
                hint="Start Homeport inside your desktop session. To begin with new keys instead, delete "
                f"{self._path}: then every client must be connected again.",
            )

    def say_kept_elsewhere(self, keyring: str) -> None:
        """Keep no secret here, only where they are; whatever was here is in the keyring by now."""
        text = self._read_text()
        if text is None or self._kept_in(text) != keyring:
            self._replace(json.dumps({"version": 1, "kept_in": keyring}))

    def _kept_in(self, text: str) -> str | None:
        try:
            data = json.loads(text)
        except ValueError:
            return None
        kept_in = data.get("kept_in") if isinstance(data, dict) else None
        return kept_in if isinstance(kept_in, str) else None

    def _read_text(self) -> str | None:
        try:
            descriptor = os.open(self._path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with open(descriptor, encoding="utf-8") as file:
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                if os.name == "posix" and mode & 0o077:
                    raise VaultError(
                        f"Other users of this computer can read {self._path} (mode {mode:04o}).",
                        hint=f"Run: chmod 600 {self._path}   Change the secrets in it if others may have read them.",
                    )
                return file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            is_link = error.errno == errno.ELOOP
            failure = "it is a link" if is_link else error.strerror or type(error).__name__
        except UnicodeDecodeError:
            failure = "it is not text"
        raise VaultError(f"The file {self._path} cannot be read: {failure}.")

    def _replace(self, text: str) -> None:
        partial = self._path.with_name(self._path.name + ".partial")
        try:
            make_folder(self._path.parent)
            partial.unlink(missing_ok=True)
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                if os.name == "posix":
                    os.fchmod(descriptor, 0o600)
                file.write(text)
                file.flush()
                os.fsync(descriptor)
            os.replace(partial, self._path)
            _flush_folder(self._path.parent)
        except OSError as error:
            failure = error.strerror or type(error).__name__
        else:
            return
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        raise VaultError(
            f"The file {self._path} cannot be written: {failure}.", hint="Make room on the disk, or check the folder."
        )


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
