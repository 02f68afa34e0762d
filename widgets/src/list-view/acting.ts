// Acting on items: what was asked for shows at once, and is undone where it failed.

import { callTool, type ToolArguments } from "homeport";
import type { Item } from "homeport/tools";

export type State = Item["state"];
export type Action = ToolArguments<"perform-item-action">["action"];

export const STATE_AFTER: Record<Action, State> = { complete: "done", reopen: "open", archive: "archived" };

/** What is under way with an item, or has failed. */
export interface Doing {
  action: Action;
  error?: unknown;
  /** Settles with the call. */
  over?: Promise<unknown>;
}

/**
 * Perform an action, after what is under way with the item, and note in `doing` by item how it goes. `learn` gets the
 * state after it, if it succeeds.
 */
export async function perform(
  doing: Partial<Record<string, Doing>>,
  id: string,
  action: Action,
  changed: () => void,
  learn: (state: State) => void,
): Promise<void> {
  const before = doing[id];
  if (before && !before.error) {
    if (before.action === action) return;
    await before.over?.catch(() => 0);
    return perform(doing, id, action, changed, learn);
  }
  const call = callTool("perform-item-action", { item_id: id, action });
  doing[id] = { action, over: call };
  changed();
  try {
    const { data } = await call;
    learn(data.state ?? STATE_AFTER[action]);
    delete doing[id];
  } catch (error) {
    doing[id] = { action, error };
  }
  changed();
}
