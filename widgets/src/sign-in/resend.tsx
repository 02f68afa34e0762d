// A button for a new code, at rest for a while after each one: Privy counts them.

import { useEffect, useState } from "preact/hooks";

const REST_SECONDS = 30;

export function Resend({ send }: { send: () => Promise<void> }) {
  const [left, setLeft] = useState(REST_SECONDS);
  useEffect(() => {
    if (left === 0) return;
    const timer = setTimeout(() => setLeft(left - 1), 1_000);
    return () => clearTimeout(timer);
  }, [left]);
  const again = async () => {
    if (left > 0) return;
    await send();
    setLeft(REST_SECONDS);
  };
  return (
    // At rest it keeps the focus of whoever has just pressed it: one that is disabled loses it.
    <button type="button" class="link" aria-disabled={left > 0} onClick={() => void again()}>
      {left > 0 ? `Send a new code in ${left} s` : "Send a new code"}
    </button>
  );
}
