// Asks for the e-mail address or phone number to send a code to.

import { useRef, useState } from "preact/hooks";
import { phoneInvalid, type Trouble } from "./errors";
import type { Way } from "./flow";
import { wholeNumber } from "./phone";
import { TroubleNote } from "./trouble";

const FIELDS = {
  email: { type: "email", inputmode: "email", autocomplete: "email", placeholder: "you@example.com" },
  sms: { type: "tel", inputmode: "tel", autocomplete: "tel", placeholder: "+1 555 010 0199" },
} as const;
const LABELS = { email: "E-mail address", sms: "Phone number, with country code" };

export function AddressForm({ way, busy, send }: { way: Way; busy: boolean; send: (to: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState<Trouble | null>(null);

  const submit = (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const typed = field.current?.value.trim() ?? "";
    const to = way === "email" ? typed : wholeNumber(typed);
    setWrong(to === null ? phoneInvalid() : null);
    if (to === null) field.current?.focus();
    else send(to);
  };

  return (
    <form class="ask" onSubmit={submit} aria-busy={busy}>
      <label for="address">{LABELS[way]}</label>
      <input
        ref={field}
        id="address"
        name={way}
        {...FIELDS[way]}
        autocapitalize="off"
        spellcheck={false}
        required
        readonly={busy}
        aria-invalid={wrong !== null}
        aria-describedby={wrong === null ? undefined : "wrong"}
      />
      {wrong !== null && <TroubleNote trouble={wrong} id="wrong" />}
      <button type="submit" aria-disabled={busy}>
        {busy ? "Sending a code…" : "Send me a code"}
      </button>
      <p role="status" class="unseen">
        {busy ? "Sending a code…" : ""}
      </p>
    </form>
  );
}
