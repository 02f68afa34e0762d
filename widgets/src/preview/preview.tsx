// The page around a widget: who calls and what is told on top, the widget in the middle, what it is told beside it, and what
// it said and did below.

import { useEffect, useState } from "preact/hooks";
import { Beside } from "./beside";
import { Below } from "./below";
import { HostBar, TopBar } from "./bars";
import { Problems } from "./problems";
import type { Session } from "./session";
import { Modal, StageView } from "./stage-view";

export function Preview({ session }: { session: Session }) {
  const [, redraw] = useState(0);
  useEffect(() => session.subscribe(() => redraw((count) => count + 1)), [session]);
  const { access, trouble, scene, shown, moment } = session;
  useEffect(() => {
    document.title = moment.tool ? `${moment.tool} · Preview` : "Preview · Homeport";
  }, [moment.tool]);

  if (access === "missing") return <SignedOut />;
  if (access === "opening" || scene === null) {
    return <main class="alone">{trouble ? <Trouble text={trouble} /> : <p role="status">One moment…</p>}</main>;
  }
  const any = scene.apps.some(({ tools }) => tools.length > 0);
  return (
    <div class="preview">
      <TopBar session={session} />
      <main>
        <h1 class="unseen">Preview</h1>
        {trouble && <Trouble text={trouble} />}
        <Problems problems={session.app?.problems ?? []} />
        {shown ? (
          <>
            <HostBar session={session} />
            <StageView session={session} />
          </>
        ) : (
          <div class="nothing">
            <p>{any ? "No tool of this app shows a widget yet." : "This app offers no tools."}</p>
            <p class="quiet">
              A widget is a file such as <code>widgets/recipe-list.tsx</code>, given to a tool with{" "}
              <code>@app.tool(widget=…)</code>.
            </p>
          </div>
        )}
      </main>
      <Beside session={session} />
      <Below session={session} />
      <Modal session={session} />
    </div>
  );
}

function Trouble({ text }: { text: string }) {
  return (
    <p role="alert" class="trouble">
      {text}
    </p>
  );
}

function SignedOut() {
  return (
    <main class="alone">
      <h1>Preview</h1>
      <p role="status">This page has no session: it was opened without a fresh link, or Homeport was started anew.</p>
      <p>
        Run <code>homeport preview</code> in a terminal on this computer. It opens this page again, with a link that works
        once.
      </p>
    </main>
  );
}
