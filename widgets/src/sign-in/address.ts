// EIP-55: an Ethereum address with its checksum in the case of its letters, as EIP-4361 wants it in a message to sign.

import { keccak_256 } from "@noble/hashes/sha3.js";

/** `address` as wallets give it, in any case; raises TypeError for what is none. */
export function checksummed(address: string): string {
  const digits = /^0x([0-9a-f]{40})$/i.exec(address)?.[1]?.toLowerCase();
  if (digits === undefined) throw new TypeError("The wallet gave no Ethereum address.");
  const hash = keccak_256(new TextEncoder().encode(digits));
  const nibble = (place: number) => ((hash[place >> 1] ?? 0) >> (place % 2 === 0 ? 4 : 0)) & 15;
  return "0x" + [...digits].map((digit, place) => (nibble(place) >= 8 ? digit.toUpperCase() : digit)).join("");
}
