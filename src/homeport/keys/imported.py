"""A key pair that somebody brings along in JWT_PRIVATE_KEY and JWT_PUBLIC_KEY. Its errors never show the key."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from homeport.errors import SettingsError
from homeport.keys.jwk import PrivateKey, algorithm_of

T = TypeVar("T")

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
