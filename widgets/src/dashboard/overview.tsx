// The first page: what runs, where ChatGPT finds it, what waits, and the switches.

import { Connector } from "./connector";
import { useAnswer, type Seen } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Fact, Page, Section } from "./parts/page";
import { count, whoStays } from "./parts/words";
import type { Status } from "./types";
import { Calls, Waiting } from "./waiting";

export function Overview({ seen }: { seen: Seen }) {
  const { status } = seen;
  return (
    <Page title="Overview">
      <Switches status={status} />
      {status.warnings.length > 0 && (
        <ul class="warning" aria-label="Warnings">
          {status.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <NextStep />
      <Waiting seen={seen} />
      {seen.calls.length > 0 && <Calls seen={seen} />}
      <Connector status={status} />
      <Section title="This Homeport">
        <dl class="facts">
          <Fact name="Access">
            {count(status.grants, "live grant")}. <a href="#/people">See who</a>
          </Fact>
          <Fact name="Secrets">{status.secrets}</Fact>
          <Fact name="Database">{status.database}</Fact>
          <Fact name="Data folder">{status.data_dir}</Fact>
          <Fact name="Version">{status.version}</Fact>
        </dl>
      </Section>
    </Page>
  );
}

/** What is left to do before ChatGPT works with this Homeport, or again. Says nothing about its own trouble: Setup does. */
function NextStep() {
  const { data } = useAnswer(methods.checklist);
  const open = data?.steps.find(({ state }) => state !== "done");
  const hasWorked = data?.steps.find(({ name }) => name === "tool-call")?.state === "done";
  if (open === undefined || (hasWorked && open.name.startsWith("widget-"))) return null;
  return (
    <p class="notice">
      {hasWorked ? "ChatGPT gets no answer from this Homeport now." : "ChatGPT does not work with this Homeport yet."}{" "}
      <a href="#/setup">{hasWorked ? "See why" : "Go on with the setup"}</a>
    </p>
  );
}

function Switches({ status }: { status: Status }) {
  const on = status.state === "online" || status.state === "starting";
  return (
    <div class="switches" role="group" aria-label="Switches">
      {on ? (
        <DeedButton
          kind="second"
          act={methods.stop}
          done="Stopped. Nothing answers ChatGPT now."
          confirm={{
            title: "Stop Homeport?",
            text: <p>ChatGPT gets no answer until you start it again. {whoStays(status)}</p>,
            yes: "Stop",
          }}
        >
          Stop
        </DeedButton>
      ) : (
        <DeedButton act={methods.start} done="Started.">
          Start
        </DeedButton>
      )}
      {status.paused ? (
        <DeedButton act={methods.resume} done="Tools answer again.">
          Resume tools
        </DeedButton>
      ) : (
        on && (
          <DeedButton kind="second" act={methods.pause} done="Tools are paused. Sign-in stays alive.">
            Pause tools
          </DeedButton>
        )
      )}
      <DeedButton
        kind="second"
        act={methods.quit}
        confirm={{
          title: "Quit Homeport?",
          text: <p>The program ends on {status.computer || "this computer"}, and with it this page. Start it again from the menu of your computer, or with homeport.</p>,
          yes: "Quit",
        }}
      >
        Quit
      </DeedButton>
    </div>
  );
}
