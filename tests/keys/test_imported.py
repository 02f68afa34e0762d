"""JWT_PRIVATE_KEY and JWT_PUBLIC_KEY: what fits, and what is said about what does not."""

from __future__ import annotations

import base64
import traceback
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from homeport.errors import SettingsError
from homeport.keys.imported import ImportedPair
from tests.keys.fetching import ec_key, rsa_key

RSA = rsa_key()


def private_pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return str(key.private_bytes(Encoding.PEM, form, NoEncryption()).decode())


def public_pem(key: Any) -> str:
    return str(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (ec_key(), "ES256")])
def test_a_pair_in_base64_pem_is_taken(key: Any, algorithm: str, form: PrivateFormat) -> None:
    assert ImportedPair.parse(encoded(private_pem(key, form)), encoded(public_pem(key))).algorithm == algorithm


def test_line_breaks_in_the_base64_and_plain_pem_are_taken_too() -> None:
    wrapped = base64.encodebytes(private_pem(RSA).encode()).decode()
    assert ImportedPair.parse(wrapped, public_pem(RSA)).algorithm == "RS256"
    assert ImportedPair.parse(private_pem(RSA).replace("\n", "\\n"), encoded(public_pem(RSA))).algorithm == "RS256"


def test_a_pair_does_not_show_its_key() -> None:
    pair = ImportedPair.parse(encoded(private_pem(RSA)), encoded(public_pem(RSA)))
    assert repr(pair) == "ImportedPair(algorithm='RS256')"


GOOD = encoded(private_pem(RSA)), encoded(public_pem(RSA))
OTHER = ec.generate_private_key(ec.SECP384R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
SHORT = rsa_key(1_024)
ENCRYPTED = RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()


@pytest.mark.parametrize(
    ("private", "public", "says"),
    [
        pytest.param("", GOOD[1], "JWT_PRIVATE_KEY is missing", id="no private key"),
        pytest.param(GOOD[0], " ", "JWT_PUBLIC_KEY is missing", id="no public key"),
        pytest.param("c2VjcmV0!", GOOD[1], "JWT_PRIVATE_KEY is not base64", id="not base64"),
        pytest.param("geheim-ü", GOOD[1], "JWT_PRIVATE_KEY is not base64", id="not ASCII"),
        pytest.param(encoded("no PEM"), GOOD[1], "JWT_PRIVATE_KEY does not hold a PEM key", id="not PEM"),
        pytest.param(GOOD[0], encoded("no PEM"), "JWT_PUBLIC_KEY does not hold a PEM key", id="public not PEM"),
        pytest.param(GOOD[1], GOOD[0], "JWT_PRIVATE_KEY does not hold a PEM key", id="swapped"),
        pytest.param(encoded(ENCRYPTED), GOOD[1], "JWT_PRIVATE_KEY is encrypted", id="encrypted"),
        pytest.param(GOOD[0], encoded(public_pem(ec_key())), "JWT_PUBLIC_KEY does not belong", id="another kind"),
        pytest.param(GOOD[0], encoded(public_pem(rsa_key())), "JWT_PUBLIC_KEY does not belong", id="another key"),
        pytest.param(
            encoded(private_pem(SHORT)),
            encoded(public_pem(SHORT)),
            "JWT_PRIVATE_KEY holds an RSA key of 1024",
            id="short",
        ),
        pytest.param(
            encoded(private_pem(OTHER)), encoded(public_pem(OTHER)), "JWT_PRIVATE_KEY holds .* only P-256", id="P-384"
        ),
        pytest.param(
            encoded(private_pem(EDWARDS)),
            encoded(public_pem(EDWARDS)),
            "JWT_PRIVATE_KEY holds a key of a kind",
            id="Ed",
        ),
    ],
)
def test_what_is_no_pair_names_the_variable_and_shows_no_key(private: str, public: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        ImportedPair.parse(private, public)
    shown = "".join(traceback.format_exception(caught.value))
    for text in (private, public):
        assert not text.strip() or text not in shown
        assert "BEGIN" not in caught.value.message
