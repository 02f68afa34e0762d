// The wallets that browser extensions put into the page (EIP-6963, EIP-1193), and a signature of one of them.

import { checksummed } from "./address";

interface Provider {
  request(asked: { method: string; params?: readonly unknown[] }): Promise<unknown>;
}

export interface Wallet {
  id: string;
  name: string;
  /** A data URL, or empty. */
  icon: string;
  provider: Provider;
}

declare global {
  interface Window {
    ethereum?: Provider;
  }
  interface WindowEventMap {
    "eip6963:announceProvider": CustomEvent<{ info: { uuid: string; name: string; icon: string }; provider: Provider }>;
  }
}

/** Calls `found` with all wallets known so far, at once and whenever there is one more; the answer stops it. */
export function watchWallets(found: (wallets: Wallet[]) => void): () => void {
  const announced = new Map<string, Wallet>();
  const tell = () => found(announced.size > 0 ? [...announced.values()] : injected());
  const add = ({ detail: { info, provider } }: WindowEventMap["eip6963:announceProvider"]) => {
    const icon = /^data:image\//i.test(info.icon) ? info.icon : "";
    announced.set(info.uuid, { id: info.uuid, name: info.name.slice(0, 40), icon, provider });
    tell();
  };
  window.addEventListener("eip6963:announceProvider", add);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  tell();
  return () => window.removeEventListener("eip6963:announceProvider", add);
}

/** Before EIP-6963: the one that came first, or last, has the name `ethereum`. */
function injected(): Wallet[] {
  const provider = window.ethereum;
  return provider === undefined ? [] : [{ id: "ethereum", name: "Browser wallet", icon: "", provider }];
}

/** The account that the person chooses in `wallet`, and the EIP-155 chain it is on. */
export async function accountOf(wallet: Wallet): Promise<{ address: string; chain: number }> {
  const [first] = (await wallet.provider.request({ method: "eth_requestAccounts" })) as string[];
  const chain = Number((await wallet.provider.request({ method: "eth_chainId" })) as string);
  return { address: checksummed(first ?? ""), chain };
}

/** EIP-191. */
export async function sign(wallet: Wallet, address: string, message: string): Promise<string> {
  return (await wallet.provider.request({ method: "personal_sign", params: [hex(message), address] })) as string;
}

/** EIP-4361, with the words that Privy's SDK writes into it. */
export function siweMessage(of: { address: string; chain: number; nonce: string; origin: string }): string {
  return `${new URL(of.origin).host} wants you to sign in with your Ethereum account:
${of.address}

By signing, you are proving you own this wallet and logging in. This does not initiate a transaction or cost any fees.

URI: ${of.origin}
Version: 1
Chain ID: ${of.chain}
Nonce: ${of.nonce}
Issued At: ${new Date().toISOString()}
Resources:
- https://privy.io`;
}

function hex(text: string): string {
  return "0x" + [...new TextEncoder().encode(text)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
