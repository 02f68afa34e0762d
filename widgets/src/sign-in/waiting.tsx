// One line about what goes on; after two seconds without an end, one more.

import { useEffect, useState } from "preact/hooks";

const LONG_MS = 2_500;

export function Waiting({ doing, cancel }: { doing: string; cancel: (() => void) | null }) {
  const [long, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, [doing]);
  return (
    <>
      <p role="status" class="busy">
        {doing}
        {long && cancel === null && <span class="quiet"> This takes longer than usual; the page keeps trying.</span>}
      </p>
      {cancel !== null && (
        <div class="actions">
          <button type="button" class="second" onClick={cancel}>
            Choose another way
          </button>
        </div>
      )}
    </>
  );
}
