// One setting: what it is for, its value, where that came from, and when a change counts.

import { useEffect, useId, useState } from "preact/hooks";
import { FolderDialog } from "./folder-dialog";
import { useDeed, useHome } from "./homeport";
import * as methods from "./methods";
import { Trouble } from "./parts/page";
import { Spoken } from "./parts/spoken";
import { toJson, toText } from "./setting-value";
import type { SettingLine } from "./types";

const APPLIES: Record<string, string> = {
  now: "Counts at once.",
  listener: "Counts when Homeport is stopped and started here.",
  tunnel: "Counts when the tunnel opens anew.",
  app: "Counts when the app is loaded anew.",
  restart: "Counts when the program is started anew.",
};

export function SettingField({ line }: { line: SettingLine }) {
  const deed = useDeed();
  const { say } = useHome();
  const kept = toText(line.kind, line.value);
  const [text, setText] = useState(kept);
  const [note, setNote] = useState("");
  const id = useId();
  useEffect(() => setText(kept), [kept]);

  const change = async (value: string | null) => {
    setNote("");
    const done = await deed.run(async () => {
      const changed = await methods.changeSetting(line.name, value);
      setNote(changed.note || (APPLIES[changed.applies] ?? ""));
    });
    if (done) say(`${line.label} was saved.`);
  };
  const edit = (next: string) => {
    setText(next);
    deed.forget();
    setNote("");
  };
  const standard = toText(line.kind, line.default);
  const isDefault = line.source === "default";
  return (
    <form
      class="setting"
      aria-label={line.label}
      onSubmit={(event) => {
        event.preventDefault();
        void change(toJson(line.kind, text));
      }}
    >
      <div class="words">
        <label for={id}>{line.label}</label>
        <code>{line.name}</code>
        <p class="quiet" id={`${id}-help`}>
          <Spoken text={line.help} />
        </p>
      </div>
      <div class="value">
        <Value id={id} line={line} text={text} edit={edit} wrong={deed.trouble !== ""} />
        <p class="quiet" id={`${id}-from`}>
          {line.editable ? (
            <>
              {isDefault ? "The default." : `From ${line.source}.`} {APPLIES[line.applies]}
            </>
          ) : (
            <>
              {!isDefault && `From ${line.source}. `}
              <Spoken text={line.why_not} />
            </>
          )}
        </p>
        <Trouble text={deed.trouble} />
        {note !== "" && <p class="good">Saved. {note}</p>}
        <div class="actions">
          {line.editable && text !== kept && (
            <>
              <button type="submit" aria-disabled={deed.busy}>
                Save
              </button>
              <button type="button" class="second" onClick={() => edit(kept)}>
                Undo
              </button>
            </>
          )}
          {line.editable && !isDefault && text === kept && (
            <button type="button" class="link" aria-disabled={deed.busy} onClick={() => void change(null)}>
              Back to the default
              <span class="unseen"> of {line.label}</span>
              {standard !== "" && `: ${standard}`}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}

interface ValueProps {
  id: string;
  line: SettingLine;
  text: string;
  edit: (text: string) => void;
  wrong: boolean;
}

function Value({ id, line, text, edit, wrong }: ValueProps) {
  const [choosing, setChoosing] = useState(false);
  const shared = { id, disabled: !line.editable, "aria-describedby": `${id}-help ${id}-from`, "aria-invalid": wrong };
  switch (line.kind) {
    case "boolean":
    case "choice": {
      const choices = line.kind === "boolean" ? ["true", "false"] : line.choices;
      return (
        <select {...shared} value={text} onChange={({ currentTarget }) => edit(currentTarget.value)}>
          {!choices.includes(text) && <option value={text}>{text}</option>}
          {choices.map((choice) => (
            <option key={choice} value={choice}>
              {line.kind === "boolean" ? (choice === "true" ? "yes" : "no") : choice}
            </option>
          ))}
        </select>
      );
    }
    case "list":
    case "map":
      return (
        <textarea
          {...shared}
          rows={Math.min(6, Math.max(2, text.split("\n").length))}
          placeholder={line.kind === "list" ? "one a line" : "name = value, one a line"}
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => edit(currentTarget.value)}
        />
      );
    default:
      return (
        <div class="row">
          <input
            {...shared}
            value={text}
            inputMode={line.kind === "number" ? "numeric" : "text"}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => edit(currentTarget.value)}
          />
          {line.kind === "folder" && line.editable && (
            <button type="button" class="second" aria-label={`Choose ${line.label}`} onClick={() => setChoosing(true)}>
              Choose…
            </button>
          )}
          {choosing && (
            <FolderDialog
              begin={text}
              close={(chosen) => {
                setChoosing(false);
                if (chosen !== null) edit(chosen);
              }}
            />
          )}
        </div>
      );
  }
}
