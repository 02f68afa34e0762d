// The folder that ChatGPT may search: chosen here, read-only, and taken back here.

import { useState } from "preact/hooks";
import { FolderDialog } from "./folder-dialog";
import { butCalls, useAnswer, useDeed, useHome } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Answered, Page, Section, Trouble } from "./parts/page";
import type { SettingLine } from "./types";
import { toText } from "./setting-value";

export function FolderPage() {
  const settings = useAnswer(methods.settings, "", butCalls);
  return (
    <Page title="Folder" lead="Let ChatGPT search the texts of one folder: text and Markdown files, read-only. Hidden files and what lies outside stay closed.">
      <Answered of={settings}>{(lines) => <Choice line={lines.find(({ name }) => name === "folder")} />}</Answered>
    </Page>
  );
}

function Choice({ line }: { line: SettingLine | undefined }) {
  const deed = useDeed();
  const { say } = useHome();
  const [choosing, setChoosing] = useState(false);
  const [note, setNote] = useState("");
  if (line === undefined) return <Trouble text="This Homeport has no app that searches a folder." />;
  const folder = toText(line.kind, line.value);
  const use = async (chosen: string) => {
    const done = await deed.run(async () => {
      const changed = await methods.changeSetting("folder", JSON.stringify(chosen));
      setNote(changed.note);
    });
    if (done) say("ChatGPT may search this folder.");
  };
  return (
    <Section title={folder === "" ? "No folder is shared" : "Shared now"}>
      {folder !== "" && (
        <p class="here">
          <code>{folder}</code>
        </p>
      )}
      {!line.editable && <p class="notice">{line.why_not}</p>}
      <Trouble text={deed.trouble} />
      {note !== "" && <p class="notice">{note}</p>}
      <div class="actions">
        <button type="button" class={folder === "" ? undefined : "second"} aria-disabled={deed.busy} disabled={!line.editable} onClick={() => setChoosing(true)}>
          {folder === "" ? "Choose a folder…" : "Choose another…"}
        </button>
        {folder !== "" && line.editable && (
          <DeedButton
            kind="danger"
            act={async () => setNote((await methods.changeSetting("folder", null)).note)}
            done="The folder is shared no longer."
            confirm={{ title: "Stop sharing this folder?", text: <p>ChatGPT cannot search it any more. The files stay as they are.</p>, yes: "Stop sharing" }}
          >
            Stop sharing
          </DeedButton>
        )}
      </div>
      {folder !== "" && (
        <p class="quiet">
          Try it in ChatGPT: “Search my notes for …”. What is found is listed under <a href="#/activity">Activity</a>.
        </p>
      )}
      {choosing && (
        <FolderDialog
          begin={folder}
          close={(chosen) => {
            setChoosing(false);
            if (chosen !== null) void use(chosen);
          }}
        />
      )}
    </Section>
  );
}
