// One item in the list.

import { Button, ErrorNotice } from "homeport";
import type { Item } from "homeport/tools";
import { STATE_AFTER, type Action, type Doing, type State } from "./acting";

interface RowProps {
  item: Item;
  /** The state that the item has, without what is under way. */
  state: State;
  doing: Doing | undefined;
  perform(action: Action): Promise<void>;
  selected: boolean;
  pick(): void;
  /** Whether Tab comes here. */
  reachable: boolean;
  focused(): void;
}

export function Row({ item, state, doing, perform, selected, pick, reachable, focused }: RowProps) {
  const { title, description, tags } = item;
  const { action, error } = doing ?? {};
  const pending = action !== undefined && !error;
  const shown = pending ? STATE_AFTER[action] : state;
  const tabIndex = reachable ? 0 : -1;
  const toggle = shown === "open" ? "complete" : "reopen";
  const choose = ({ target }: MouseEvent) => {
    if (!(target as Element).closest("button")) pick();
  };

  return (
    <div role="row" class={`row ${shown}`} aria-selected={selected} tabIndex={tabIndex} onFocusIn={focused} onClick={choose}>
      <span role="gridcell">
        <Button
          class="tick"
          aria-label={`${toggle} ${title}`}
          tabIndex={tabIndex}
          pending={pending}
          onClick={() => perform(toggle)}
        >
          <Icon line="M4 8.5 7 11l5-6" />
        </Button>
      </span>
      <div role="gridcell">
        <p class="title">{title}</p>
        {description && <p class="more">{description}</p>}
        {tags.map((tag) => (
          <span class="tag" key={tag}>
            {tag}
          </span>
        ))}
        {action && error && (
          <ErrorNotice title={`Not ${action.replace(/e?$/, "ed")}.`} error={error} retry={() => perform(action)} />
        )}
      </div>
      <span role="gridcell">
        {shown !== "archived" && (
          <Button look="quiet" aria-label={`archive ${title}`} tabIndex={tabIndex} onClick={() => perform("archive")}>
            <Icon line="M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 9h3" />
          </Button>
        )}
      </span>
    </div>
  );
}

/** A line in the colour of the text. */
export function Icon({ line }: { line: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={line} />
    </svg>
  );
}
