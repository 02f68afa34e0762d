// A text to take elsewhere, with the button that copies it.

import { useEffect, useRef, useState } from "preact/hooks";

interface CopyProps {
  text: string;
  /** What the text is, for the button of one among several. */
  of?: string;
  /** A text of several lines, or one that is long. */
  block?: boolean;
}

export function CopyLine({ text, of, block = false }: CopyProps) {
  const [said, setSaid] = useState("");
  const shown = useRef<HTMLElement>(null);
  useEffect(() => setSaid(""), [text]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      // Without leave for the clipboard the text is selected, so that one key copies it.
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      setSaid("Selected: copy it with Ctrl+C or ⌘C");
    }
  };

  return (
    <div class={block ? "copy-line block" : "copy-line"}>
      <code ref={shown}>{text}</code>
      <button type="button" class="second" aria-label={of === undefined ? undefined : `Copy ${of}`} onClick={() => void copy()}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
