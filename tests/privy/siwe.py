"""Sign-in with an Ethereum wallet: ERC-4361 messages, and signatures by ERC-191 that really recover to the address."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from eth_hash.auto import keccak
from eth_keys.datatypes import Signature
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from tests.privy.door import Body, Call, Endpoint, Mode
from tests.privy.errors import Refused, invalid_credentials, invalid_data
from tests.privy.people import wallet_account


class SiweInit(Body):
    address: str
    token: str | None = None


class SiweSignature(Body):
    message: str
    signature: str
    chainId: str | None = None
    walletClientType: str | None = None
    connectorType: str | None = None
    mode: Mode | None = None


_MESSAGE = re.compile(
    r"(?P<domain>[^\s/]+) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n(?:[^\n]+\n)?\n"
    r"URI: (?P<uri>\S+)\nVersion: 1\nChain ID: (?P<chain>[1-9]\d*)\nNonce: (?P<nonce>[A-Za-z0-9]{8,})\n"
    r"Issued At: (?P<issued>\S+)\nResources:\n- https://privy\.io"
)


@dataclass(frozen=True, slots=True)
class SiweMessage:
    domain: str
    address: str
    uri: str
    chain: str
    nonce: str

    @classmethod
    def parse(cls, text: str) -> SiweMessage:
        """Raises ValueError for anything but the message that Privy's SDK writes."""
        found = _MESSAGE.fullmatch(text)
        if found is None:
            raise ValueError("not a sign-in message (ERC-4361) as Privy's SDK writes it")
        datetime.fromisoformat(found["issued"])
        if checksummed(found["address"]) != found["address"]:
            raise ValueError("the address lacks its checksum (ERC-55)")
        return cls(found["domain"], found["address"], found["uri"], found["chain"], found["nonce"])


def checksummed(address: str) -> str:
    """The address with the capitals that ERC-55 wants."""
    digits = address.lower().removeprefix("0x")
    nibbles = keccak(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(n, 16) >= 8 else c for c, n in zip(digits, nibbles, strict=False))


def signer(message: str, signature: str) -> str:
    """Who signed this text by ERC-191 `personal_sign`, checksummed. Raises ValueError."""
    data = bytes.fromhex(signature.removeprefix("0x"))
    if len(data) != 65 or data[64] not in (27, 28):
        raise ValueError("not a signature of 65 bytes ending in 27 or 28")
    text = message.encode()
    digest = keccak(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
    try:
        recovered = Signature(data[:64] + bytes([data[64] - 27])).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError) as why:
        raise ValueError(str(why)) from None
    return str(recovered.to_checksum_address())


def _init(call: Call) -> dict[str, str]:
    call.tenant.need_method("wallet")
    body = call.body(SiweInit)
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", body.address) or checksummed(body.address) != body.address:
        raise invalid_data("Invalid address: send it with its ERC-55 checksum")
    call.tenant.need_captcha(body.token)
    call.tenant.need_admission(body.address)
    nonce = secrets.token_hex(16)
    call.tenant.challenges.keep(f"siwe:{nonce}", body.address)
    ends_at = datetime.fromtimestamp(call.tenant.clock() + call.tenant.challenges.ttl, UTC)
    return {
        "nonce": nonce,
        "address": body.address,
        "expires_at": ends_at.isoformat(timespec="milliseconds")[:-6] + "Z",
    }


def _authenticate(call: Call) -> object:
    call.tenant.need_method("wallet")
    body = call.body(SiweSignature)
    try:
        message = SiweMessage.parse(body.message)
        signed_by = signer(body.message, body.signature)
    except ValueError as why:
        raise invalid_data(f"Invalid SIWE message or signature: {why}") from None
    if call.tenant.challenges.take(f"siwe:{message.nonce}") != message.address:
        raise invalid_credentials("Invalid SIWE nonce")
    if signed_by != message.address:
        raise invalid_credentials("Invalid SIWE signature")
    origin = call.request.origin or ""
    uri = urlsplit(message.uri)
    if message.domain != urlsplit(origin).netloc or f"{uri.scheme}://{uri.netloc}" != origin:
        raise Refused(403, "invalid_origin", "The message was written for another site")
    if body.chainId not in (None, f"eip155:{message.chain}"):
        raise invalid_data("The chain is not that of the message")
    account = wallet_account(message.address, f"eip155:{message.chain}", body.walletClientType, body.connectorType)
    return call.tenant.sign_in(account, call.client_id, body.mode)


ENDPOINTS = [
    Endpoint("POST", "/api/v1/siwe/init", _init),
    Endpoint("POST", "/api/v1/siwe/authenticate", _authenticate),
]
