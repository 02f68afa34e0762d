// What pages are made of: a heading with its words, sections, notes, and the three states of an answer.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { Answer } from "../homeport";
import { Spoken } from "./spoken";

interface PageProps {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, lead, children }: PageProps) {
  return (
    <>
      <h1 tabIndex={-1}>{title}</h1>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </>
  );
}

interface SectionProps {
  title: string;
  lead?: ComponentChildren;
  children: ComponentChildren;
}

export function Section({ title, lead, children }: SectionProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {lead !== undefined && <p class="quiet">{lead}</p>}
      {children}
    </section>
  );
}

export function Trouble({ text, action = "" }: { text: string; action?: string }) {
  if (text === "") return null;
  return (
    <div role="alert" class="trouble">
      <p>
        <Spoken text={text} />
      </p>
      {action !== "" && (
        <p class="action">
          <Spoken text={action} />
        </p>
      )}
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

interface AnsweredProps<T> {
  of: Answer<T>;
  /** In place of an empty list. */
  empty?: ComponentChildren;
  children: (data: T) => ComponentChildren;
}

/** Waiting, trouble, nothing, or what was answered. The last answer stays while there is trouble. */
export function Answered<T>({ of, empty, children }: AnsweredProps<T>) {
  const { data, trouble } = of;
  if (data === null) return trouble === "" ? <p class="quiet">One moment…</p> : <Trouble text={trouble} />;
  const nothing = empty !== undefined && Array.isArray(data) && data.length === 0;
  return (
    <>
      <Trouble text={trouble} />
      {nothing ? <Empty>{empty}</Empty> : children(data)}
    </>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
