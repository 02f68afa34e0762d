// Small controls: a field with its label, a choice, a number, tabs, and JSON that can be edited.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { jsonProblem } from "./json-place";
import { isFields, jsonOf } from "./values";

export function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: { value: string; label: string }[];
  choose: (value: string) => void;
}

export function Select({ label, value, options, choose }: SelectProps) {
  return (
    <Field label={label}>
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Field>
  );
}

interface SegmentsProps {
  label: string;
  value: string;
  options: Record<string, string>;
  choose: (value: string) => void;
}

export function Segments({ label, value, options, choose }: SegmentsProps) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend>{label}</legend>
      {Object.entries(options).map(([option, text]) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => choose(option)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}

/**
 * For a field that is taken when the person is done with it. What was typed stays until then: while the widget talks the
 * page is drawn again and again, and each time would put the old value back.
 */
export function useTyped(value: string, take: (typed: string) => void) {
  const [typed, setTyped] = useState<string | null>(null);
  return {
    value: typed ?? value,
    onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) => setTyped(currentTarget.value),
    onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
      setTyped(null);
      take(currentTarget.value);
    },
  };
}

interface NumberProps {
  label: string;
  value: number;
  least?: number;
  most: number;
  change: (value: number) => void;
}

export function Number({ label, value, least = 0, most, change }: NumberProps) {
  const typed = useTyped(String(value), (text) => {
    const next = text === "" ? NaN : Math.round(globalThis.Number(text));
    if (next >= least && next <= most) change(next);
  });
  return (
    <label class="number">
      <span>{label}</span>
      <input type="number" min={least} max={most} {...typed} />
    </label>
  );
}

export interface Tab {
  id: string;
  label: string;
  body: () => ComponentChildren;
}

export function Tabs({ label, tabs, begin }: { label: string; tabs: Tab[]; begin?: string }) {
  const [open, setOpen] = useState(begin ?? tabs[0]?.id ?? "");
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    setOpen(next.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
  };
  const shown = tabs.find(({ id }) => id === open) ?? tabs[0];
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={move}>
        {tabs.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`${base}-${id}`}
            data-tab={id}
            aria-selected={id === shown?.id}
            aria-controls={`${base}-panel`}
            tabIndex={id === shown?.id ? 0 : -1}
            onClick={() => setOpen(id)}
          >
            {label}
          </button>
        ))}
      </div>
      <div class="panel" role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${shown?.id}`} tabIndex={0}>
        {shown?.body()}
      </div>
    </>
  );
}

interface JsonProps {
  label: string;
  hint?: string;
  value: unknown;
  /** "object": nothing else is taken; "object or null" also takes null. */
  takes?: "object" | "object or null" | "anything";
  change: (value: never) => void;
}

/** JSON as text. What cannot be read stays in the field, with the reason, and changes nothing. */
export function Json({ label, hint, value, takes = "object", change }: JsonProps) {
  const written = jsonOf(value, 2) ?? "null";
  const [text, setText] = useState(written);
  const [wrong, setWrong] = useState("");
  const mine = useRef(written);
  const id = useId();
  useEffect(() => {
    // From outside, and not what was just typed here.
    if (written === mine.current) return;
    mine.current = written;
    setText(written);
    setWrong("");
  }, [written]);
  const edit = (typed: string) => {
    setText(typed);
    try {
      const read: unknown = JSON.parse(typed.trim() === "" && takes !== "object" ? "null" : typed);
      if (takes !== "anything" && !isFields(read) && !(read === null && takes === "object or null")) {
        return setWrong(`This must be an object, like {"name": "value"}${takes === "object" ? "" : ", or null"}.`);
      }
      mine.current = jsonOf(read, 2) ?? "null";
      setWrong("");
      change(read as never);
    } catch {
      setWrong(typed.trim() === "" ? "This is empty. Write {} for nothing." : jsonProblem(typed));
    }
  };
  return (
    <div class="json">
      <label for={id}>{label}</label>
      {hint && (
        <p class="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      <textarea
        id={id}
        value={text}
        spellcheck={false}
        autocomplete="off"
        rows={Math.min(24, Math.max(3, text.split("\n").length))}
        aria-invalid={wrong !== ""}
        aria-describedby={wrong ? `${id}-wrong` : hint ? `${id}-hint` : undefined}
        onInput={({ currentTarget }) => edit(currentTarget.value)}
      />
      {wrong && (
        <p class="wrong" role="alert" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}
