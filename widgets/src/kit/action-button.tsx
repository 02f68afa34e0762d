// A button that waits for what it has begun.

import { useState } from "preact/hooks";
import { Button, type ButtonProps } from "./components";

/** Pending while the promise that `onClick` gives is; an error goes on to whoever looks at unhandled rejections. */
export function ActionButton({ onClick, pending, ...rest }: ButtonProps) {
  const [busy, setBusy] = useState(false);
  const press = () => {
    const begun = onClick?.();
    if (!(begun instanceof Promise)) return;
    setBusy(true);
    void begun.finally(() => setBusy(false));
  };
  return <Button {...rest} pending={pending || busy} onClick={press} />;
}
