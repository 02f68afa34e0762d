// How the tunnel is, and what brings it up: the token, the one found in ngrok's own configuration, or another way.

import { useId, useRef, useState } from "preact/hooks";
import { useAnswer, useDeed, useFocusAtHand, useHome, type Deed } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Trouble } from "./parts/page";
import { TUNNELS } from "./connector";
import type { Status, TunnelCheck, TunnelStatus } from "./types";

const TOKEN_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken";
const TOKEN = /^[A-Za-z0-9_-]{20,}$/;

const STATES: Record<TunnelStatus["state"], string> = {
  off: "There is no tunnel: only this computer reaches Homeport.",
  "needs-token": "ngrok needs the token of your account, once.",
  starting: "The tunnel is being opened…",
  downloading: "ngrok’s program is being downloaded…",
  up: "The tunnel is up.",
  reconnecting: "The tunnel was lost and is being opened again…",
  down: "The tunnel is down.",
  error: "The tunnel does not work.",
};

export function TunnelNow({ status }: { status: Status }) {
  const tunnel = status.tunnel_state;
  const check = useAnswer(methods.tunnelCheck, tunnel.state, (kind) => kind !== "time");
  // Here, since the form goes and comes while a token is tried.
  const trying = useDeed();
  const isDown = tunnel.state === "error" || tunnel.state === "down";
  const asksToken = tunnel.provider === "ngrok" && (tunnel.state === "needs-token" || isDown || trying.busy || trying.trouble !== "");
  return (
    <>
      <p class="tunnel-state" data-state={tunnel.state}>
        <strong>{STATES[tunnel.state] ?? tunnel.state}</strong>
        {tunnel.state !== "off" && <span class="quiet"> Through {TUNNELS[tunnel.provider] ?? tunnel.provider}.</span>}
      </p>
      {/* No button copies it: ChatGPT needs the connector URL. */}
      {tunnel.public_url !== "" && (
        <p>
          <code>{tunnel.public_url}</code>
        </p>
      )}
      <Progress tunnel={tunnel} />
      {/* For a token there is the field below. */}
      {tunnel.state !== "needs-token" && <Trouble text={tunnel.cause} action={tunnel.action} />}
      {asksToken &&
        (isDown && check.data?.token === "kept" ? (
          <details>
            <summary>Another token</summary>
            <TokenForm check={check.data} trying={trying} />
          </details>
        ) : (
          <TokenForm check={check.data} trying={trying} />
        ))}
      {(isDown || tunnel.state === "reconnecting") && (
        <DeedButton kind="second" act={methods.restartTunnel}>
          Try again now
        </DeedButton>
      )}
      <OtherWays status={status} open={tunnel.state === "off"} />
    </>
  );
}

/** How far the download is: `progress` is words, with a percentage where the size is known. */
function Progress({ tunnel: { state, progress } }: { tunnel: TunnelStatus }) {
  if (state !== "downloading" && state !== "starting") return null;
  const percent = /(\d{1,3}) ?%/.exec(progress)?.[1];
  return (
    <p class="progress">
      <progress max={100} value={percent === undefined ? undefined : Number(percent)} aria-label="Progress" /> {progress}
    </p>
  );
}

function TokenForm({ check, trying: deed }: { check: TunnelCheck | null; trying: Deed }) {
  const { say } = useHome();
  const [token, setToken] = useState("");
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  useFocusAtHand(field);
  const use = async (given: string) => {
    if (deed.busy || given.trim() === "") return;
    const done = await deed.run(async () => {
      const { state } = await methods.setTunnelToken(given.trim());
      say(state === "up" ? "The token works. The tunnel is up." : "The token was kept.");
    });
    if (done) setToken("");
  };
  return (
    <>
      {check !== null && check.token !== "missing" && <Trouble text={check.problem} action={check.action} />}
      {check?.token === "found" && (
        <p>
          <button type="button" aria-disabled={deed.busy} onClick={() => void deed.run(methods.adoptTunnelToken)}>
            Use the token found in ngrok’s own configuration
          </button>
          <span class="quiet"> {check.token_where}</span>
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void use(token);
        }}
      >
        <label for={id}>Your ngrok token</label>
        <div class="row">
          <input
            id={id}
            ref={field}
            type="password"
            value={token}
            autocomplete="off"
            spellcheck={false}
            aria-describedby={`${id}-hint`}
            aria-invalid={deed.trouble !== ""}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
            onPaste={({ clipboardData }) => {
              const pasted = clipboardData?.getData("text").trim() ?? "";
              if (token === "" && TOKEN.test(pasted)) void use(pasted);
            }}
          />
          <button type="submit" aria-disabled={deed.busy}>
            {deed.busy ? "Checking…" : "Use it"}
          </button>
        </div>
        <p class="quiet" id={`${id}-hint`}>
          A free account is enough. Copy the token from{" "}
          <a href={TOKEN_PAGE} target="_blank" rel="noopener noreferrer">
            dashboard.ngrok.com
          </a>{" "}
          and paste it here: it is tried at once, and kept where your other secrets are.
        </p>
        <Trouble text={deed.trouble} />
      </form>
    </>
  );
}

const WAYS = ["ngrok", "cloudflared", "ssh", "fixed", "none"];

/** Another provider, or an address that leads here already. What else a way needs is among the settings. */
function OtherWays({ status, open }: { status: Status; open: boolean }) {
  const { provider } = status.tunnel_state;
  const [way, setWay] = useState(provider === "none" ? "ngrok" : provider);
  const [url, setUrl] = useState("");
  const id = useId();
  return (
    <details open={open}>
      <summary>{open ? "Choose a way" : "Another way"}</summary>
      <label for={id}>How ChatGPT reaches this computer</label>
      <div class="row">
        <select id={id} value={way} onChange={({ currentTarget }) => setWay(currentTarget.value)}>
          {WAYS.map((each) => (
            <option key={each} value={each}>
              {TUNNELS[each]}
            </option>
          ))}
        </select>
        {way !== "fixed" && (
          <DeedButton kind="second" act={() => choose(way)} done="The tunnel was changed.">
            Use this way
          </DeedButton>
        )}
      </div>
      {way === "fixed" && (
        <>
          <label for={`${id}-url`}>The address that leads here</label>
          <div class="row">
            <input id={`${id}-url`} type="url" value={url} placeholder="https://homeport.example.com" autocomplete="off" spellcheck={false} onInput={({ currentTarget }) => setUrl(currentTarget.value)} />
            <DeedButton kind="second" act={() => chooseAddress(url)} done="The address was taken.">
              Use it
            </DeedButton>
          </div>
        </>
      )}
      {(way === "ssh" || way === "cloudflared") && (
        <p class="quiet">
          What it needs is in <a href="#/settings">Settings</a>, Public URL.
        </p>
      )}
    </details>
  );
}

/** What was chosen is refused before anything else changes; then the tunnel opens as the settings say. */
const choose = async (way: string) => {
  await methods.changeSetting("tunnel", JSON.stringify(way));
  await methods.changeSetting("public_url", null);
  await methods.restartTunnel();
};

const chooseAddress = async (url: string) => {
  await methods.changeSetting("public_url", JSON.stringify(url.trim()));
  await methods.changeSetting("tunnel", JSON.stringify("fixed"));
  await methods.restartTunnel();
};
