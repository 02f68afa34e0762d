// The tunnel as a whole: how it is, this month's traffic beside the provider's limit, and the program that makes it.

import { useAnswer, type Seen } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Answered, Fact, Page, Section } from "./parts/page";
import { bytes, whoStays } from "./parts/words";
import { TunnelNow } from "./tunnel-now";
import type { TunnelCheck, TunnelStatus } from "./types";

export function TunnelPage({ seen: { status } }: { seen: Seen }) {
  const check = useAnswer(methods.tunnelCheck, status.tunnel_state.state, (kind) => kind !== "time");
  return (
    <Page title="Tunnel" lead="How ChatGPT reaches this computer from the Internet. Only what ChatGPT needs answers through it.">
      <Section title="Now">
        <TunnelNow status={status} />
      </Section>
      <Traffic tunnel={status.tunnel_state} />
      <Section title="What it is made with">
        <Answered of={check}>{(found) => <Program found={found} />}</Answered>
        <div class="actions">
          <DeedButton
            kind="second"
            act={methods.restartTunnel}
            done="The tunnel was opened anew."
            confirm={{ title: "Open the tunnel anew?", text: <p>ChatGPT gets no answer for a moment. {whoStays(status)}</p>, yes: "Open anew" }}
          >
            Open anew
          </DeedButton>
        </div>
      </Section>
    </Page>
  );
}

function Traffic({ tunnel }: { tunnel: TunnelStatus }) {
  return (
    <Section title="This month" lead={tunnel.month === "" ? undefined : `Counted here since the first of ${monthName(tunnel.month)}.`}>
      <Used name="Requests" used={tunnel.requests} limit={tunnel.request_limit} show={(number) => number.toLocaleString()} />
      <Used name="Sent" used={tunnel.bytes_out} limit={tunnel.byte_limit} show={bytes} />
    </Section>
  );
}

const NEAR = 0.8;

function Used({ name, used, limit, show }: { name: string; used: number; limit: number; show: (number: number) => string }) {
  const near = limit > 0 && used >= NEAR * limit;
  return (
    <div class="used">
      <p>
        <strong>{name}</strong> {show(used)}
        {limit > 0 ? ` of ${show(limit)}` : ", with no limit that is known"}
      </p>
      {limit > 0 && <meter min={0} max={limit} high={NEAR * limit} optimum={0} value={Math.min(used, limit)} aria-label={`${name} of this month`} />}
      {near && <p class="other-network">Close to what the provider allows. When it is used up, ChatGPT gets no answer until the next month, or a larger plan.</p>}
    </div>
  );
}

/** `2026-11` as `November`. */
function monthName(month: string): string {
  const [year = "", number = ""] = month.split("-");
  const date = new Date(Number(year), Number(number) - 1, 1);
  return Number.isNaN(date.getTime()) ? month : date.toLocaleString(undefined, { month: "long" });
}

const TOKENS: Record<TunnelCheck["token"], string> = {
  kept: "kept here",
  found: "found in ngrok’s own configuration, not used yet",
  missing: "none",
};
const SOURCES: Record<TunnelCheck["program_source"], string> = {
  path: "installed on this computer",
  "data folder": "downloaded by Homeport",
  missing: "not there yet: it is downloaded when it is needed",
};

function Program({ found }: { found: TunnelCheck }) {
  return (
    <dl class="facts">
      <Fact name="Provider">{found.provider}</Fact>
      {found.provider !== "none" && found.provider !== "fixed" && (
        <Fact name="Program">
          {found.program !== "" && <code>{found.program}</code>} {SOURCES[found.program_source] ?? found.program_source}
        </Fact>
      )}
      {found.provider === "ngrok" && (
        <Fact name="Token">
          {TOKENS[found.token] ?? found.token}
          {found.token_where !== "" && ` (${found.token_where})`}
        </Fact>
      )}
    </dl>
  );
}
