// The owner's pages on this computer, and the frame around them.

import { useEffect, useRef } from "preact/hooks";
import { useHome, type Seen } from "./homeport";
import { Navigation } from "./navigation";
import { Trouble } from "./parts/page";
import { count } from "./parts/words";
import { useRoute, type Route } from "./routes";
import { SignedOut } from "./signed-out";

export function Dashboard() {
  const { access, seen, trouble } = useHome();
  const route = useRoute();
  const waiting = seen === null ? 0 : seen.pending.length + seen.calls.length;
  useEffect(() => {
    const title = route.path === "" ? "Homeport" : `${route.title} · Homeport`;
    document.title = waiting > 0 ? `(${waiting}) ${title}` : title;
  }, [waiting, route]);
  const main = useFocusOnTurn(route);

  if (access === "missing") return <SignedOut why={trouble} />;
  if (seen === null) {
    return <main class="alone">{trouble === "" ? <p role="status">One moment…</p> : <Trouble text={trouble} />}</main>;
  }
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <Navigation route={route} seen={seen} answers={trouble === ""} />
      <main ref={main} id="main" tabIndex={-1}>
        <Notices seen={seen} trouble={trouble} />
        <div key={route.path} class={`page page-${route.path || "overview"}`}>
          {route.page(seen)}
        </div>
      </main>
      <p class="unseen" role="status">
        {waiting > 0 ? `${count(waiting, "question")} for you on the page Waiting.` : ""}
      </p>
    </div>
  );
}

/** What concerns every page. */
function Notices({ seen: { status }, trouble }: { seen: Seen; trouble: string }) {
  return (
    <>
      <Trouble text={trouble} />
      <Trouble text={status.problem} />
      {status.paused && (
        <p class="notice">
          Tools are paused: calls are answered with “paused on {status.computer}”. <a href="#/">Resume them</a> on the
          overview.
        </p>
      )}
    </>
  );
}

/** A person who chose another page goes on from its heading. */
function useFocusOnTurn(route: Route) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(route);
  useEffect(() => {
    if (before.current === route) return;
    before.current = route;
    main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [route]);
  return main;
}
