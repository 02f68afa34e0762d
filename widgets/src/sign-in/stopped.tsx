// Where it went no further: why, and the one thing that helps.

import { useLayoutEffect } from "preact/hooks";
import type { Flow, View } from "./flow";
import { TroubleNote } from "./trouble";

interface Properties {
  view: Extract<View, { is: "stopped" }>;
  flow: Flow;
}

export function Stopped({ view, flow }: Properties) {
  const over = view.again === "nothing";
  useLayoutEffect(() => {
    if (over) hideWhatIsOver();
  }, [over]);
  return (
    <>
      <TroubleNote trouble={view.trouble} />
      {over ? (
        <p>You can close this window.</p>
      ) : (
        <div class="actions">
          <Buttons view={view} flow={flow} />
        </div>
      )}
    </>
  );
}

/** The page around us offers to cancel the request and says what comes next: neither is so any more. */
function hideWhatIsOver() {
  for (const part of document.querySelectorAll<HTMLElement>("#sign-in ~ .actions, #sign-in ~ footer")) part.hidden = true;
}

function Buttons({ view, flow }: Properties) {
  const anew = (kind: string | undefined) => (
    <button type="button" class={kind} onClick={() => void flow.anew()}>
      {view.trouble.code.startsWith("token_") ? "Sign in again" : "Use another account"}
    </button>
  );
  switch (view.again) {
    case "nothing":
      return null;
    case "reload":
      return (
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      );
    case "anew":
      return anew(undefined);
    case "repeat":
      return (
        <>
          <button type="button" onClick={() => void flow.repeat()}>
            Try again
          </button>
          {anew("second")}
        </>
      );
  }
}
