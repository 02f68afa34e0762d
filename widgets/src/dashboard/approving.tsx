// Letting a browser in: the code is typed, what it would allow is shown, the owner says who this is and says yes. The same
// conversation as `homeport approve` (src/homeport/cli/approving.py). The code is never shown here by itself.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { AskedIn, approvedInWords } from "./approval";
import { useDeed, useFocusAtHand, useHome } from "./homeport";
import * as methods from "./methods";
import { Trouble } from "./parts/page";
import type { ApprovalPreview } from "./types";

const DIGITS = 6;

export function Approving({ waiting }: { waiting: boolean }) {
  const [asked, setAsked] = useState<{ code: string; preview: ApprovalPreview } | null>(null);
  const [done, setDone] = useState("");
  const { say } = useHome();
  if (asked !== null) {
    return (
      <AskedIn
        preview={asked.preview}
        code={asked.code}
        close={(approved, consentInBrowser) => {
          setAsked(null);
          const words = approved === null ? "" : approvedInWords(approved, consentInBrowser);
          setDone(words);
          if (words !== "") say(words);
        }}
      />
    );
  }
  return (
    <>
      {done !== "" && <p class="good">{done}</p>}
      {(waiting || done === "") && <CodeForm waiting={waiting} found={(code, preview) => (setDone(""), setAsked({ code, preview }))} />}
    </>
  );
}

interface CodeFormProps {
  waiting: boolean;
  found: (code: string, preview: ApprovalPreview) => void;
}

function CodeForm({ waiting, found }: CodeFormProps) {
  const deed = useDeed();
  const [typed, setTyped] = useState("");
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useFocusAtHand(input, waiting);
  useEffect(() => {
    if (deed.trouble !== "") input.current?.select();
  }, [deed.trouble]);
  if (!waiting) return null;

  const look = async (code: string) => {
    if (deed.busy || code.length === 0) return;
    let preview: ApprovalPreview | null = null;
    await deed.run(async () => {
      preview = await methods.previewApproval(code);
    });
    if (preview !== null) found(code, preview);
  };
  const type = (text: string) => {
    setTyped(text);
    deed.forget();
    const code = text.replace(/[\s-]/g, "");
    if (new RegExp(`^[0-9]{${DIGITS}}$`).test(code)) void look(code);
  };
  return (
    <form
      class="code-form"
      onSubmit={(event) => {
        event.preventDefault();
        void look(typed.replace(/[\s-]/g, ""));
      }}
    >
      <label for={id}>The code that the browser shows</label>
      <div class="row">
        <input
          id={id}
          ref={input}
          class="digits"
          value={typed}
          inputMode="numeric"
          autocomplete="off"
          spellcheck={false}
          maxLength={12}
          placeholder="000 000"
          aria-describedby={`${id}-hint`}
          aria-invalid={deed.trouble !== ""}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
        <button type="submit" aria-disabled={deed.busy}>
          Continue
        </button>
      </div>
      <p class="quiet" id={`${id}-hint`}>
        If it is you, or somebody you know: type it here. It goes on with the sixth digit, and allows nothing yet.
      </p>
      <Trouble text={deed.trouble} />
    </form>
  );
}
