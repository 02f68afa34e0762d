// What the host has said, for components: each hook redraws its component when that changes.

import { useEffect, useState } from "preact/hooks";
import { host, toolInput, toolMeta, toolOutput, widgetState } from "./reading";
import { current, subscribe, type Now } from "./store";

function redrawn<A extends unknown[], R>(read: (...args: A) => R): (...args: A) => R {
  return (...args) => {
    const [, redraw] = useState<Now>();
    useEffect(() => {
      // What came between the first drawing and now.
      redraw(current());
      return subscribe(() => redraw(current()));
    }, []);
    return read(...args);
  };
}

export const useToolInput = /* @__PURE__ */ redrawn(toolInput) as typeof toolInput;
export const useToolOutput = /* @__PURE__ */ redrawn(toolOutput) as typeof toolOutput;
export const useToolMeta = /* @__PURE__ */ redrawn(toolMeta) as typeof toolMeta;
export const useHost = /* @__PURE__ */ redrawn(host);
export const useWidgetState = /* @__PURE__ */ redrawn(widgetState) as typeof widgetState;
