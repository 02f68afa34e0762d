// The page on which a person signs in with Privy: shows where the flow is, and passes on what the person does. The
// server renders the heading above it and the way to cancel below.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Choosing } from "./choosing";
import { CodeForm } from "./code-form";
import type { PageConfig } from "./config";
import { Flow, type Shown, type View } from "./flow";
import { SignIn } from "./privy";
import { takeReturn } from "./redirect";
import { Stopped } from "./stopped";
import { keeping } from "./storage";
import { Waiting } from "./waiting";
import { Wallets } from "./wallet-list";

export function SignInPage({ config }: { config: PageConfig }) {
  const box = useRef<HTMLDivElement>(null);
  const flow = useMemo(() => {
    const signIn = new SignIn(config, keeping({ session: config.keepSession }));
    return new Flow(signIn, (now) => setShown(now), () => box.current);
  }, [config]);
  const [shown, setShown] = useState<Shown>(flow.shown);
  useEffect(() => {
    void flow.start(takeReturn());
    // Back from the provider's page, the browser may show this one as it was left: on its way.
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (persisted && flow.shown.app === null) location.reload();
      else if (persisted) flow.back();
    };
    window.addEventListener("pageshow", onShow);
    return () => window.removeEventListener("pageshow", onShow);
  }, [flow]);
  const step = useFocusOnChange(shown.view);
  return (
    <>
      <section ref={step} tabIndex={-1} aria-label="Sign in">
        <Step shown={shown} flow={flow} />
      </section>
      <div ref={box} class="captcha" />
    </>
  );
}

function Step({ shown, flow }: { shown: Shown; flow: Flow }) {
  const { view } = shown;
  switch (view.is) {
    case "busy":
      return <Waiting doing={view.doing} cancel={view.cancel === true ? () => flow.back() : null} />;
    case "choosing":
      return <Choosing view={view} shown={shown} flow={flow} />;
    case "code":
      return <CodeForm view={view} flow={flow} />;
    case "wallets":
      return <Wallets flow={flow} />;
    case "stopped":
      return <Stopped view={view} flow={flow} />;
  }
}

/** What to focus when a person's act turned the page to another step, unless that step has taken the focus itself. */
function useFocusOnChange(view: View) {
  const step = useRef<HTMLElement>(null);
  const before = useRef(view.is);
  useEffect(() => {
    const turned = before.current !== view.is;
    const lost = document.activeElement === document.body || document.activeElement === null;
    if (turned && lost && hasActed()) step.current?.focus();
    before.current = view.is;
  }, [view]);
  return step;
}

/** Whether the person did something here: a page that is only loading must not take the focus away. */
const hasActed = () => navigator.userActivation?.hasBeenActive ?? true;
