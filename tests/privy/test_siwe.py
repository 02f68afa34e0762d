"""Wallets: only the holder of the key signs in, once for each nonce, on the site the message names."""

from __future__ import annotations

from typing import Any

import pytest
from eth_hash.auto import keccak
from eth_keys.datatypes import PrivateKey

from tests.auth.outside import HandClock
from tests.privy.emulator import PrivyEmulator
from tests.privy.siwe import SiweMessage, checksummed, signer
from tests.privy.visitors import HOME, Page, page, refusal

KEY = PrivateKey(b"\x01" * 32)
ADDRESS = KEY.public_key.to_checksum_address()
STRANGER = PrivateKey(b"\x02" * 32)


def written(nonce: str, **changed: str) -> str:
    """The message of Privy's SDK."""
    said = {"domain": "home.example", "address": ADDRESS, "uri": HOME, "chain": "1", "version": "1", **changed}
    statement = "By signing, you are proving you own this wallet and logging in."
    return (
        f"{said['domain']} wants you to sign in with your Ethereum account:\n{said['address']}\n\n{statement}\n\n"
        f"URI: {said['uri']}\nVersion: {said['version']}\nChain ID: {said['chain']}\nNonce: {nonce}\n"
        "Issued At: 2026-11-24T12:00:00.000Z\nResources:\n- https://privy.io"
    )


def signed(message: str, key: PrivateKey = KEY) -> str:
    text = message.encode()
    digest = keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    signature = key.sign_msg_hash(digest).to_bytes()
    return "0x" + (signature[:64] + bytes([signature[64] + 27])).hex()


async def nonce(visitor: Page, address: str = ADDRESS) -> str:
    answer = await visitor.post("/siwe/init", {"address": address})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["nonce"])


def body(message: str, **changed: Any) -> dict[str, Any]:
    return {
        "message": message,
        "signature": signed(message),
        "chainId": "eip155:1",
        "walletClientType": "metamask",
        "connectorType": "injected",
        "mode": "login-or-sign-up",
        **changed,
    }


async def test_the_holder_of_the_key_signs_in_once_for_each_nonce() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        message = written(await nonce(visitor))
        done = await visitor.post("/siwe/authenticate", body(message))
        account = done.json()["user"]["linked_accounts"][0]
        assert (account["address"], account["chain_type"], account["wallet_client"]) == (ADDRESS, "ethereum", "unknown")
        again = await visitor.post("/siwe/authenticate", body(message))
        assert refusal(again) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"domain": "evil.example"}, (403, "invalid_origin")),
        ({"uri": "https://evil.example"}, (403, "invalid_origin")),
        ({"address": STRANGER.public_key.to_checksum_address()}, (401, "invalid_credentials")),
        ({"address": ADDRESS.lower()}, (400, "invalid_data")),
        ({"chain": "10"}, (400, "invalid_data")),
        ({"version": "2"}, (400, "invalid_data")),
    ],
)
async def test_a_message_that_says_something_else_is_refused(
    changed: dict[str, str], expected: tuple[int, str]
) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        message = written(await nonce(visitor), **changed)
        assert refusal(await visitor.post("/siwe/authenticate", body(message))) == expected
        assert len(privy.sessions) == 0


@pytest.mark.parametrize("signature", ["0x", "0x" + "00" * 65, "0x" + "ff" * 64 + "1b", "zz", "0x" + "11" * 64 + "00"])
async def test_what_is_no_signature_is_refused(signature: str) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        message = written(await nonce(visitor))
        assert refusal(await visitor.post("/siwe/authenticate", body(message, signature=signature)))[0] in (400, 401)
        assert len(privy.sessions) == 0


async def test_a_strangers_signature_is_refused_and_spends_the_nonce() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        message = written(await nonce(visitor))
        forged = body(message, signature=signed(message, STRANGER))
        assert refusal(await visitor.post("/siwe/authenticate", forged)) == (401, "invalid_credentials")
        assert refusal(await visitor.post("/siwe/authenticate", body(message))) == (401, "invalid_credentials")


async def test_a_nonce_ends_and_an_invented_one_never_counted() -> None:
    clock = HandClock()
    async with PrivyEmulator(clock=clock) as privy, page(privy) as visitor:
        message = written(await nonce(visitor))
        clock.now += 601
        assert refusal(await visitor.post("/siwe/authenticate", body(message))) == (401, "invalid_credentials")
        assert refusal(await visitor.post("/siwe/authenticate", body(written("a" * 32))))[0] == 401


async def test_an_address_comes_with_its_checksum() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        assert refusal(await visitor.post("/siwe/init", {"address": ADDRESS.lower()})) == (400, "invalid_data")


@pytest.mark.parametrize(
    "address",
    # ERC-55's own examples.
    ["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"],
)
def test_checksums_are_those_of_the_standard(address: str) -> None:
    assert checksummed(address.lower()) == address


def test_the_signer_of_a_message_is_recovered() -> None:
    message = written("b" * 32)
    assert signer(message, signed(message)) == ADDRESS
    assert signer(message, signed(message, STRANGER)) == STRANGER.public_key.to_checksum_address()
    assert SiweMessage.parse(message).nonce == "b" * 32
