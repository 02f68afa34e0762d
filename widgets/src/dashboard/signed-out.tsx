// What is shown to a browser without a session: the data-free page, and how to get a session.

import { Mark } from "./parts/mark";

export function SignedOut({ why }: { why: string }) {
  return (
    <main class="alone">
      <p class="brand">
        <Mark />
        Homeport
      </p>
      <div class="card">
        <h1>Open this page again</h1>
        <p role="status">
          {why !== "" ? why : "This page has no session: it was opened without a fresh link, or Homeport was started anew."}
        </p>
        <p>
          Choose <strong>Open dashboard</strong> in the menu of Homeport's icon, or run <code>homeport open</code> in a
          terminal on this computer. Both open this page again, with a link that works once.
        </p>
      </div>
    </main>
  );
}
