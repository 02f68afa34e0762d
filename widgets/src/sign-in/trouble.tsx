// A trouble as people read it: what happened, what to do, and what to paste elsewhere.

import { Copy } from "./copy";
import type { Trouble } from "./errors";

export function TroubleNote({ trouble, id }: { trouble: Trouble; id?: string }) {
  return (
    <div role="alert" class="warning" id={id} data-code={trouble.code}>
      <p>
        <strong>{trouble.what}</strong>
      </p>
      {trouble.copy !== undefined && <Copy text={trouble.copy} />}
      {trouble.todo !== "" && <p>{trouble.todo}</p>}
    </div>
  );
}
