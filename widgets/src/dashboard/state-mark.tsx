// How Homeport is, in one or two words.

import type { Status } from "./types";

const STATES: Record<Status["state"], string> = {
  stopped: "Stopped",
  starting: "Starting",
  online: "Online",
  stopping: "Stopping",
  error: "Not working",
};

export function StateMark({ status, answers }: { status: Status; answers: boolean }) {
  const paused = status.paused && status.state === "online";
  const state = answers ? (paused ? "paused" : status.state) : "unknown";
  return (
    <output class="state" data-state={state} aria-label="State">
      {!answers ? "Not answering" : paused ? "Paused" : STATES[status.state]}
    </output>
  );
}
