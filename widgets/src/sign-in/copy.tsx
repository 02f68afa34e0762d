// A text with a button that copies it.

import { useState } from "preact/hooks";

export function Copy({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser refused: select and copy it by hand."),
    );
  return (
    <p class="copy">
      <code>{text}</code>
      <button type="button" class="second" onClick={copy}>
        Copy
      </button>
      <span role="status" class="quiet">
        {said}
      </span>
    </p>
  );
}
