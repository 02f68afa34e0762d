// Asks for the code that was sent, and sends it as soon as it is whole.

import { useEffect, useRef } from "preact/hooks";
import type { Flow, View } from "./flow";
import { Resend } from "./resend";
import { TroubleNote } from "./trouble";

const DIGITS = 6;

export function CodeForm({ view, flow }: { view: Extract<View, { is: "code" }>; flow: Flow }) {
  const { way, to, trouble, busy } = view;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    if (trouble === null || field.current === null) return;
    field.current.value = "";
    field.current.focus();
  }, [trouble]);

  const send = () => {
    const code = field.current?.value ?? "";
    if (!busy && code.length === DIGITS) void flow.enterCode(way, to, code);
  };
  const onInput = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    input.value = input.value.replace(/\D/g, "").slice(0, DIGITS); // A pasted code may have spaces in it.
    send();
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    send();
  };

  return (
    <form class="ask" onSubmit={onSubmit} aria-busy={busy}>
      <p id="sent">
        We sent a code to <strong>{to}</strong>
        {way === "email" && ". If it does not come, look into the spam folder"}.
      </p>
      {trouble !== null && <TroubleNote trouble={trouble} id="wrong" />}
      <label for="code">Code of six digits</label>
      <input
        ref={field}
        id="code"
        name="code"
        class="digits"
        inputmode="numeric"
        autocomplete="one-time-code"
        pattern="[0-9]{6}"
        required
        readonly={busy}
        aria-invalid={trouble !== null}
        aria-describedby={trouble === null ? "sent" : "wrong sent"}
        onInput={onInput}
      />
      <button type="submit" aria-disabled={busy}>
        {busy ? "Checking…" : "Sign in"}
      </button>
      <p role="status" class="unseen">
        {busy ? "Checking the code…" : ""}
      </p>
      <div class="links">
        <Resend send={() => flow.sendCode(way, to)} />
        <button type="button" class="link" onClick={() => flow.back()}>
          {way === "email" ? "Use another address" : "Use another number"}
        </button>
      </div>
    </form>
  );
}
