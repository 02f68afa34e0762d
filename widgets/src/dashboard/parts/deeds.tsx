// Buttons that do something at Homeport: they wait for it, say what went wrong, and ask first where it cannot be undone.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useDeed, useHome } from "../homeport";
import { Trouble } from "./page";

interface DeedButtonProps {
  children: ComponentChildren;
  /** For lists, where the same word stands beside each line. */
  label?: string;
  kind?: "second" | "danger" | undefined;
  act: () => Promise<unknown>;
  /** What to say when it is done. */
  done?: string;
  /** Asked before it is done. */
  confirm?: Confirmation | undefined;
}

export interface Confirmation {
  title: string;
  text: ComponentChildren;
  yes: string;
  /** Runs before the question is shown, so that `text` can say what it would do. */
  prepare?: () => Promise<void>;
}

export function DeedButton({ children, label, kind, act, done, confirm }: DeedButtonProps) {
  const deed = useDeed();
  const { say, seen } = useHome();
  const [asking, setAsking] = useState(false);
  const run = async () => {
    if ((await deed.run(act)) && done !== undefined) say(done);
  };
  const pressed = async () => {
    if (confirm === undefined) return run();
    if (confirm.prepare === undefined || (await deed.run(confirm.prepare))) setAsking(true);
  };
  return (
    <>
      <button type="button" class={kind} aria-label={label} aria-disabled={deed.busy} onClick={() => void pressed()}>
        {children}
      </button>
      {asking && confirm !== undefined && (
        <Question
          title={confirm.title}
          yes={confirm.yes}
          danger={kind === "danger"}
          close={(yes) => {
            setAsking(false);
            if (yes) void run();
          }}
        >
          {confirm.text}
        </Question>
      )}
      {/* Why Homeport does not run stands above every page. */}
      <Trouble text={deed.trouble === seen?.status.problem ? "" : deed.trouble} />
    </>
  );
}

interface QuestionProps {
  title: string;
  yes: string;
  danger: boolean;
  children: ComponentChildren;
  close: (yes: boolean) => void;
}

function Question({ title, yes, danger, children, close }: QuestionProps) {
  return (
    <Dialog title={title} close={() => close(false)}>
      {children}
      <div class="actions">
        <button type="button" class={danger ? "danger" : undefined} onClick={() => close(true)}>
          {yes}
        </button>
        <button type="button" class="second" onClick={() => close(false)}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    // The element goes without being closed, so the browser does not give the focus back by itself.
    return () => before instanceof HTMLElement && before.isConnected && before.focus();
  }, []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
