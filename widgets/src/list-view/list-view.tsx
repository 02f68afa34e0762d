// The person's items: to look through, to select, and to act on. All that it asks for goes through the app's own tools.

import { Button, Empty, host, requestDisplayMode, Result, toolOutput, widgetState } from "homeport";
import type { Item } from "homeport/tools";
import { perform, type Action, type Doing, type State } from "./acting";
import { press } from "./roving";
import { Icon, Row } from "./row";

const MOST_INLINE = 6;

/** What lasts over turns. */
interface Kept {
  words: string;
  selected: string[];
  /** What was changed here since the chat fetched the items. */
  states: Partial<Record<string, State>>;
}
const NOTHING_YET: Kept = { words: "", selected: [], states: {} };

const list = <T,>(given: T[] | undefined): T[] => (Array.isArray(given) ? given : []);

/** The chat gives back what it was given, but by which version of this widget nobody knows. */
const checked = ({ words, selected, states }: Partial<Kept>): Kept => ({
  words: String(words ?? ""),
  selected: list(selected),
  states: Object.assign(Object.create(null), states),
});

/** What lasts as long as the document. */
export interface Here {
  doing: Partial<Record<string, Doing>>;
  /** The row that Tab reaches. */
  place: number;
  draw(): void;
}

export function ListView({ here }: { here: Here }) {
  const output = toolOutput("get-items", { again: {} });
  const load = output.again;
  output.again = async () => {
    await load?.();
    const fetched = toolOutput("get-items");
    if (fetched.state !== "ready") return;
    const items = list(fetched.data.items);
    const { states, set } = memory(items);
    // The chat may repeat the older result one day: what was changed here stays known, and as it is now.
    for (const { id, state } of items) if (id in states) states[id] = state;
    set({ states });
  };
  return (
    <main>
      <h1>Items</h1>
      <Result of={output} loading="Fetching your items…">
        {({ items }) => <Items items={list(items)} here={here} />}
      </Result>
    </main>
  );
}

/** What lasts over turns, as it is now, and how a part of it is changed. */
function memory(items: Item[]) {
  // The model learns what is selected, so that it knows what "these" are.
  const [kept, setKept] = widgetState(NOTHING_YET, ({ selected }) => {
    const chosen = items.filter(({ id }) => selected.includes(id)).map(({ id, title }) => ({ id, title }));
    return chosen.length > 0 ? { selected_items: chosen } : {};
  });
  return { ...checked(kept), set: (changed: Partial<Kept>) => setKept((before) => ({ ...checked(before), ...changed })) };
}

function Items({ items, here }: { items: Item[]; here: Here }) {
  const { displayMode, displayModes } = host();
  const { words, selected, states, set } = memory(items);
  const act = (id: string, action: Action) =>
    perform(here.doing, id, action, here.draw, (state) => set({ states: { ...memory(items).states, [id]: state } }));

  const wanted = words.toLowerCase().split(/\s+/);
  const stateOf = ({ id, state }: Item) => states[id] ?? state;
  const isArchived = (item: Item) => stateOf(item) === "archived";
  const found = items.filter((item) => {
    const text = [item.title, item.description, stateOf(item), ...item.tags].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word)) && (!isArchived(item) || wanted.includes("archived"));
  });
  const archived = items.filter(isArchived).length;
  const grow = displayMode === "inline" && displayModes.includes("fullscreen") && (() => requestDisplayMode("fullscreen"));
  const rows = grow ? found.slice(0, MOST_INLINE) : found;
  const active = Math.min(here.place, rows.length - 1);
  const chosen = found.filter(({ id }) => selected.includes(id));
  const performAll = (action: Action) => () => Promise.all(chosen.map(({ id }) => act(id, action)));

  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape") set(chosen.length > 0 ? { selected: [] } : { words: "" });
    else press(event);
  };
  const pick = (id: string) =>
    set({ selected: selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id] });

  return (
    <div class="items" onKeyDown={keys}>
      <header>
        <input
          type="search"
          aria-label="Filter"
          placeholder="Filter items"
          value={words}
          onInput={({ currentTarget }) => set({ words: currentTarget.value })}
        />
        {grow && (
          <Button look="quiet" aria-label="Full screen" onClick={grow}>
            <Icon line="M9.5 2.5h4v4M6.5 13.5h-4v-4M13.5 2.5 9 7M2.5 13.5 7 9" />
          </Button>
        )}
      </header>
      {rows.length > 0 ? (
        <div role="grid" aria-label="Items" aria-multiselectable="true">
          {rows.map((item, place) => (
            <Row
              key={item.id}
              item={item}
              state={stateOf(item)}
              doing={here.doing[item.id]}
              perform={(action) => act(item.id, action)}
              selected={selected.includes(item.id)}
              pick={() => pick(item.id)}
              reachable={place === active}
              focused={() => {
                here.place = place;
                here.draw();
              }}
            />
          ))}
        </div>
      ) : words ? (
        <Empty title={`Nothing matches “${words}”.`}>
          <Button onClick={() => set({ words: "" })}>Show everything</Button>
        </Empty>
      ) : (
        <Empty title={archived ? "Everything is archived." : "No items yet."}>Ask the chat to add one.</Empty>
      )}
      <div class="beyond">
        {grow && rows.length < found.length && (
          <Button look="quiet" onClick={grow}>
            Show all {found.length}
          </Button>
        )}
        {archived > 0 && !words && (
          <Button look="quiet" onClick={() => set({ words: "archived" })}>
            {archived} archived
          </Button>
        )}
      </div>
      {chosen.length > 0 && (
        <footer>
          <span role="status">{chosen.length} selected</span>
          <Button onClick={performAll("archive")}>Archive</Button>
          <Button look="primary" onClick={performAll("complete")}>
            Complete
          </Button>
        </footer>
      )}
    </div>
  );
}
