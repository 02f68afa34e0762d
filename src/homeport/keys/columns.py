"""Encrypts single columns, so that a copy of the database file opens nobody's session elsewhere.

AES-256-GCM; table, column and row are authenticated, so that a value moved to another place is refused. It must not
know what it encrypts, and its errors never show it.
"""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeport.clock import Randomness, system_randomness
from homeport.errors import VaultError
from homeport.vault import Vault

NAME = "column-key"
"""Of the key in the vault: 32 bytes in hexadecimal."""
KEY_BYTES = 32
_NONCE_BYTES = 12


class DamagedColumn(Exception):
    """The value was encrypted with another key, for another place, or is damaged. The message is for the log."""


class ColumnKey:
    """The key of all encrypted columns."""

    def __init__(self, key: bytes, *, random: Randomness = system_randomness) -> None:
        """`key`: 32 bytes."""
        self._cipher = AESGCM(key)
        self._random = random

    @classmethod
    async def load(cls, vault: Vault, *, random: Randomness = system_randomness) -> ColumnKey:
        """The key that the vault holds; made on first use. Raises VaultError."""
        text = await vault.ensure(NAME, lambda: random(KEY_BYTES).hex())
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise VaultError(
                f"The secret {NAME} is not a key of {KEY_BYTES} bytes in hexadecimal.",
                hint=f"Delete it to begin with a new one; people then sign in again: homeport secrets delete {NAME}",
            )
        return cls(key, random=random)

    def seal(self, text: str, *, table: str, column: str, row: str) -> str:
        """`text` encrypted for this column of this row, as text. Twice the same text gives two results."""
        nonce = self._random(_NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, text.encode(), _place(table, column, row))
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, *, table: str, column: str, row: str) -> str:
        """The text again. Raises DamagedColumn."""
        try:
            data = base64.urlsafe_b64decode(sealed)
            plain = self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _place(table, column, row))
            return plain.decode()
        except (InvalidTag, binascii.Error, ValueError):
            # From nothing: neither what was read nor the library's words about it.
            raise DamagedColumn(f"a value of {table}.{column} cannot be decrypted") from None


def _place(table: str, column: str, row: str) -> bytes:
    # The row's id comes last, so that nothing in it can look like another table or column.
    return f"{table}|{column}|{row}".encode()
