// The wallets of this browser to choose from.

import { useEffect, useState } from "preact/hooks";
import { noWallet } from "./errors";
import type { Flow } from "./flow";
import { TroubleNote } from "./trouble";
import { watchWallets, type Wallet } from "./wallets";

export function Wallets({ flow }: { flow: Flow }) {
  const [wallets, setWallets] = useState<Wallet[]>([]);
  useEffect(() => watchWallets(setWallets), []);
  return (
    <>
      {wallets.length === 0 ? (
        <TroubleNote trouble={noWallet()} />
      ) : (
        <>
          <p id="which">With which wallet?</p>
          <ul class="ways" aria-labelledby="which">
            {wallets.map((wallet) => (
              <li key={wallet.id}>
                <button type="button" class="second" onClick={() => void flow.takeWallet(wallet)}>
                  {wallet.icon !== "" && <img src={wallet.icon} alt="" width={24} height={24} />}
                  {wallet.name}
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
      <button type="button" class="link" onClick={() => flow.back()}>
        Choose another way
      </button>
    </>
  );
}
