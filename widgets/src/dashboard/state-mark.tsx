// How Homeport is, in the words of its icon in the tray.

import type { Status } from "./types";

export function StateMark({ status, answers }: { status: Status; answers: boolean }) {
  return (
    <output class="state" data-light={answers ? status.light : "error"} aria-label="State">
      {answers ? status.words : "Not answering"}
    </output>
  );
}
