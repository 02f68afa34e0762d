// Shows as JSON what each hook gives, with React's own names, and hands the kit's functions to the test.

import * as kit from "homeport";
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { createRoot } from "react-dom/client";

Object.assign(window, { kit });

function Shown({ name, value }: { name: string; value: unknown }): ReactNode {
  const text = JSON.stringify(value, (_, part: unknown) => (part instanceof Error ? { ...part, message: part.message } : part));
  return <pre data-testid={name}>{text}</pre>;
}

function Probe() {
  const output = kit.useToolOutput("find-recipes", { again: { words: "" } });
  const [count, setCount, { survivesReload }] = kit.useWidgetState(0, (now) => ({ count: now }));
  const [mounted, setMounted] = useState(false);
  const meta = kit.useToolMeta("find-recipes");
  const double = useMemo(() => count * 2, [count]);
  useEffect(() => setMounted(true), []);
  return (
    <>
      <Shown name="input" value={kit.useToolInput("find-recipes")} />
      <Shown name="output" value={output} />
      <Shown name="meta" value={meta} />
      <Shown name="host" value={kit.useHost()} />
      <Shown name="state" value={{ count, double, mounted, survivesReload }} />
      <button onClick={() => setCount((before) => before + 1)}>Count</button>
      <kit.ActionButton onClick={() => kit.callTool("slow-tool", {})}>Slow</kit.ActionButton>
      <kit.Result of={output} loading="Looking for recipes…">
        {({ result = [] }) => <p>{result.map(({ title }) => title).join(", ")}</p>}
      </kit.Result>
    </>
  );
}

createRoot(document.getElementById("root")!).render(<Probe />);
