// What every widget needs: waiting, nothing there, something went wrong, and a button that shows that it waits.

import "./kit.css";
import type { ButtonHTMLAttributes, ComponentChildren, VNode } from "preact";
import type { ToolOutput } from "./reading";
import type { ToolData, ToolName } from "./tools";

export function Loading({ label = "Loading…" }: { label?: string | undefined }) {
  return (
    <p class="hp-notice" role="status">
      <Spinner />
      {label}
    </p>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="hp-notice tall">
      <p>{title}</p>
      {children}
    </div>
  );
}

interface ErrorNoticeProps {
  /** The message of an Error is shown; anything else is shown as text. */
  error: unknown;
  title?: string;
  retry?: (() => unknown) | undefined;
}

export function ErrorNotice({ error, title, retry }: ErrorNoticeProps) {
  return (
    <div class="hp-error" role="alert">
      <p>
        {title && <strong>{title} </strong>}
        {error instanceof Error ? error.message : String(error)}
      </p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "onClick" | "class"> {
  onClick?: (() => unknown) | undefined;
  /** Shows that it waits, and does nothing when it is pressed. ActionButton does this by itself. */
  pending?: boolean | undefined;
  look?: "primary" | "secondary" | "quiet";
  class?: string;
}

export function Button({ onClick, pending = false, look = "secondary", class: more = "", children, ...rest }: ButtonProps) {
  // Not `disabled`: that would throw the focus away.
  return (
    <button
      type="button"
      {...rest}
      class={`hp-button ${look} ${more}`}
      aria-disabled={pending}
      aria-busy={pending}
      onClick={() => pending || void onClick?.()}
    >
      {pending && <Spinner />}
      {children}
    </button>
  );
}

function Spinner() {
  return <span class="hp-spinner" aria-hidden="true" />;
}

interface ResultProps<N extends ToolName> {
  of: ToolOutput<N>;
  loading?: string;
  children: (data: ToolData<N>) => VNode;
}

/** A tool's result, and what to show in its place while there is none. */
export function Result<N extends ToolName>({ of: output, loading, children }: ResultProps<N>) {
  const { state, again } = output;
  const repeat = again && <Button onClick={again}>Load again</Button>;
  switch (state) {
    case "ready":
      return children(output.data);
    case "failed":
      return <ErrorNotice error={output.error} retry={again} />;
    case "pending":
      return <Loading label={loading} />;
    case "slow":
      return (
        <div class="hp-notice tall">
          <Loading label="This takes longer than usual…" />
          {repeat}
        </div>
      );
    case "missing":
      return <Empty title="The result is no longer here.">{repeat}</Empty>;
    case "cancelled":
      return (
        <Empty title="Stopped before there was a result.">
          {output.reason && <p>{output.reason}</p>}
          {repeat}
        </Empty>
      );
  }
}
