// The doctor: asks a server what ChatGPT would ask, hop by hop, and names the first that fails with the way to mend it.

import { useId, useState } from "preact/hooks";
import { useDeed } from "./homeport";
import * as methods from "./methods";
import { Icon, type IconName } from "./parts/icons";
import { Page, Section, Trouble } from "./parts/page";
import { Spoken } from "./parts/spoken";
import type { DoctorReport, HopLine } from "./types";

export function DoctorPage() {
  const deed = useDeed();
  const [url, setUrl] = useState("");
  const [report, setReport] = useState<DoctorReport | null>(null);
  const id = useId();
  const examine = (address: string) => {
    if (deed.busy) return;
    setReport(null);
    void deed.run(async () => setReport(await methods.doctor(address.trim())));
  };
  return (
    <Page title="Doctor" lead="Asks what ChatGPT would ask, from the name of the host to the widget’s page, and says where it stops.">
      <Section title="Examine">
        <div class="actions">
          <button type="button" aria-disabled={deed.busy} onClick={() => examine("")}>
            Examine this Homeport
          </button>
        </div>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            examine(url);
          }}
        >
          <label for={id}>Or another MCP server</label>
          <div class="row">
            <input id={id} inputMode="url" value={url} placeholder="https://example.com/mcp" autocomplete="off" spellcheck={false} onInput={({ currentTarget }) => setUrl(currentTarget.value)} />
            <button type="submit" class="second" aria-disabled={deed.busy} disabled={url.trim() === ""}>
              Examine
            </button>
          </div>
        </form>
        <p role="status">{deed.busy ? "Examining…" : ""}</p>
        <Trouble text={deed.trouble} />
      </Section>
      {report !== null && <Report report={report} />}
    </Page>
  );
}

const ICONS: Record<HopLine["state"], IconName> = { ok: "done", failed: "failed", warning: "warning", skipped: "up" };
const STATES: Record<HopLine["state"], string> = { ok: "ok", failed: "failed", warning: "warning", skipped: "not asked" };

function Report({ report }: { report: DoctorReport }) {
  const first = report.hops.find(({ name }) => name === report.first_failed);
  return (
    <Section title="Findings" lead={report.url}>
      <p role="status" class={report.ok ? "good" : "trouble"}>
        {report.ok ? "All is well." : "It stops at: "}
        {!report.ok && <strong>{first?.title ?? report.first_failed}</strong>}
      </p>
      {first !== undefined && first.fix !== "" && (
        <p>
          <Spoken text={first.fix} />
        </p>
      )}
      <ol class="hops">
        {report.hops.map((hop) => (
          <li key={hop.name} data-state={hop.state}>
            <span class="tick">{hop.state !== "skipped" && <Icon name={ICONS[hop.state]} />}</span>
            <div>
              <p>
                <strong>{hop.title}</strong> <span class="quiet">{STATES[hop.state]}{hop.milliseconds > 0 && `, ${Math.round(hop.milliseconds)} ms`}</span>
              </p>
              {hop.detail !== "" && <p class="quiet">{hop.detail}</p>}
              {hop.fix !== "" && hop !== first && (
                <p>
                  <Spoken text={hop.fix} />
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}
