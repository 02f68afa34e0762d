"""Keeps a client's `state` unreadable in the database: only the browser that began the request holds the key to it.

The database knows no more of a browser's cookie than its digest, so that neither a copy of the file nor the vault
opens what is sealed here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeport.clock import Randomness

_NONCE_BYTES = 12


def seal(text: str, *, browser: str, request_id: str, random: Randomness) -> str:
    """`text` under AES-256-GCM with a key from the browser's cookie, bound to this request."""
    nonce = random(_NONCE_BYTES)
    sealed = AESGCM(_key(browser)).encrypt(nonce, text.encode(), request_id.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str, *, browser: str, request_id: str) -> str | None:
    """The text again, or None: it was sealed by another browser or for another request."""
    try:
        data = base64.urlsafe_b64decode(sealed)
        plain = AESGCM(_key(browser)).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], request_id.encode())
    except (InvalidTag, ValueError):
        return None
    return plain.decode()


def _key(browser: str) -> bytes:
    # The cookie has 256 random bits: one HMAC makes a key of it that is good for nothing else.
    return hmac.new(browser.encode(), b"homeport client state", hashlib.sha256).digest()
