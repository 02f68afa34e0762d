"""A key pair that somebody brings along in JWT_PRIVATE_KEY and JWT_PUBLIC_KEY. Its errors never show the key."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from homeport.errors import SettingsError, VaultError
from homeport.keys.jwk import PrivateKey, algorithm_of
from homeport.settings import ImportedKeys
from homeport.vault import Vault

T = TypeVar("T")

NAME = "imported-keys"
"""Of the pair in the vault, where it was taken over from a .env file: both halves as JSON."""

PRIVATE_VARIABLE = "JWT_PRIVATE_KEY"
PUBLIC_VARIABLE = "JWT_PUBLIC_KEY"
_HINT = "It must be a PEM file in base64: an RSA key of 2048 bits or more, or a P-256 key."


@dataclass(frozen=True, slots=True)
class ImportedPair:
    """A private key whose public half was given too and fits."""

    private_key: PrivateKey = field(repr=False)
    algorithm: str

    @classmethod
    def parse(cls, private_key: str, public_key: str) -> ImportedPair:
        """Both in base64 PEM. Raises SettingsError that names the variable at fault."""
        for value, variable, other in (
            (private_key, PRIVATE_VARIABLE, PUBLIC_VARIABLE),
            (public_key, PUBLIC_VARIABLE, PRIVATE_VARIABLE),
        ):
            if not value.strip():
                raise SettingsError(f"{variable} is missing, but {other} is set.", hint="Set both or neither.")
        private = _load(private_key, PRIVATE_VARIABLE, lambda pem: load_pem_private_key(pem, password=None))
        public = _load(public_key, PUBLIC_VARIABLE, load_pem_public_key)
        if not isinstance(private, (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey)):
            raise SettingsError(f"{PRIVATE_VARIABLE} holds a key of a kind that is not used here.", hint=_HINT)
        if not isinstance(public, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey)):
            raise SettingsError(f"{PUBLIC_VARIABLE} holds a key of a kind that is not used here.", hint=_HINT)
        try:
            algorithm = algorithm_of(private)
        except ValueError as error:
            raise SettingsError(f"{PRIVATE_VARIABLE} holds {error}.", hint=_HINT) from None
        if private.public_key() != public:
            raise SettingsError(
                f"{PUBLIC_VARIABLE} does not belong to {PRIVATE_VARIABLE}.", hint="Set the two halves of one pair."
            )
        return cls(private, algorithm)


def imported_pair(given: ImportedKeys | None, vault: Vault) -> ImportedPair | None:
    """The pair to sign with: the environment's, else the vault's, else none.

    Raises SettingsError for a pair in the environment that is none, VaultError for one in the vault.
    """
    if given is not None:
        return ImportedPair.parse(given.private_key, given.public_key)
    text = vault.get(NAME)
    return pair_from_text(text) if text is not None else None


def pair_to_text(private_key: str, public_key: str) -> str:
    """Both halves, in PEM or base64 PEM, as the vault keeps them: a secret. Raises SettingsError as `parse` does."""
    ImportedPair.parse(private_key, public_key)
    return json.dumps({"private": private_key.strip(), "public": public_key.strip()})


def pair_from_text(text: str) -> ImportedPair:
    """What `pair_to_text` made. Raises VaultError."""
    try:
        halves = json.loads(text)
        return ImportedPair.parse(str(halves["private"]), str(halves["public"]))
    except (SettingsError, ValueError, KeyError, TypeError):
        pass
    # Outside the handler: the exception may quote what was read.
    raise VaultError(
        f"The secret {NAME} does not hold a pair of signing keys.",
        hint=f"Take them over again with `homeport secrets import .env`, or delete it: homeport secrets delete {NAME}",
    )


def _load(value: str, variable: str, load: Callable[[bytes], T]) -> T:
    pem = _pem(value)
    if pem is None:
        raise SettingsError(f"{variable} is not base64.", hint=_HINT)
    try:
        return load(pem)
    except TypeError:
        cause = "is encrypted with a password"
    except (ValueError, UnsupportedAlgorithm):
        cause = "does not hold a PEM key of the right half"
    # Outside the handlers: the parser's own exception may quote what it read.
    raise SettingsError(f"{variable} {cause}.", hint=_HINT)


def _pem(value: str) -> bytes | None:
    text = value.strip()
    if text.startswith("-----BEGIN "):
        # Pasted as it is; `.env` files keep line ends as the two characters \n.
        return text.replace("\\n", "\n").encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
