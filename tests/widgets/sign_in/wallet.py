"""A wallet in the page, as a browser extension puts one there: its key is real and stays outside the browser."""

from __future__ import annotations

import asyncio
import secrets

from eth_keys.datatypes import PrivateKey
from playwright.async_api import BrowserContext

NAME = "Test Wallet"

# Announces itself as EIP-6963 says; `speaks` False is a wallet of before, known only as window.ethereum.
_SCRIPT = """
const provider = { request: async ({ method, params }) => {
  const { value, error } = await window.askWallet(method, params ?? [])
  if (error) throw Object.assign(new Error(error.message), { code: error.code })
  return value
} }
if (SPEAKS) {
  const info = { uuid: "6f0f1f5a-0b5e-4a3e-9a53-1f1f1f1f1f1f", name: "NAME", rdns: "com.example.wallet",
    icon: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'><circle cx='4' cy='4' r='4' fill='teal'/></svg>" }
  const announce = () => dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }))
  addEventListener("eip6963:requestProvider", announce)
  announce()
} else window.ethereum = provider
"""  # noqa: E501


class TestWallet:
    """Answers what the page asks; `refusal` is the EIP-1193 error it gives instead."""

    __test__ = False

    def __init__(self) -> None:
        self._key = PrivateKey(secrets.token_bytes(32))
        self.address = self._key.public_key.to_checksum_address()
        self.refusal: tuple[int, str] | None = None
        self.asked: list[str] = []
        self.silent = False
        """Whether it never answers, as while its window waits for the person."""
        self._answers = asyncio.Event()
        self.false_key = False
        """Whether it signs with another key than that of its address."""

    async def install(self, context: BrowserContext, *, announced: bool = True) -> None:
        """Put it into every page of this browser."""
        await context.expose_function("askWallet", self._answer)
        await context.add_init_script(f"{{{_SCRIPT.replace('SPEAKS', str(announced).lower()).replace('NAME', NAME)}}}")

    def answer(self) -> None:
        """End the silence."""
        self._answers.set()

    async def _answer(self, method: str, parameters: list[str]) -> dict[str, object]:
        self.asked.append(method)
        if self.silent:
            await self._answers.wait()
        if self.refusal is not None:
            code, message = self.refusal
            return {"error": {"code": code, "message": message}}
        match method:
            case "eth_requestAccounts":
                return {"value": [self.address.lower()]}
            case "eth_chainId":
                return {"value": "0x1"}
            case "personal_sign":
                text = bytes.fromhex(parameters[0].removeprefix("0x"))
                # EIP-191, version 0x45.
                key = PrivateKey(secrets.token_bytes(32)) if self.false_key else self._key
                signature = key.sign_msg(b"\x19Ethereum Signed Message:\n" + str(len(text)).encode() + text)
                return {"value": "0x" + signature.to_bytes()[:64].hex() + f"{signature.v + 27:02x}"}
        return {"error": {"code": 4200, "message": f"{method} is not supported"}}
