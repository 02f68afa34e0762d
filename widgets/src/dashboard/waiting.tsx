// The requests that wait for the owner. One can deny them here; a yes needs the code from the other screen, which this page never sees.

import { useState } from "preact/hooks";
import { deny } from "./api";
import type { PendingRequest } from "./types";

interface WaitingProps {
  requests: PendingRequest[];
  changed: () => Promise<void>;
}

export function Waiting({ requests, changed }: WaitingProps) {
  return (
    <section aria-labelledby="waiting">
      <h2 id="waiting">Waiting for you</h2>
      <p role="status">
        {requests.length === 0
          ? "Nothing waits."
          : requests.length === 1
            ? "1 request waits for your answer."
            : `${requests.length} requests wait for your answer.`}
      </p>
      {requests.length > 0 && (
        <>
          <p>
            If it is you, type the code that the browser shows: <code>homeport approve CODE</code>
          </p>
          <ul class="requests">
            {requests.map((request) => (
              <Request key={request.number} request={request} changed={changed} />
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

function Request({ request, changed }: { request: PendingRequest; changed: () => Promise<void> }) {
  const [denying, setDenying] = useState(false);
  const [trouble, setTrouble] = useState("");
  const title = `request-${request.number}`;

  const denied = async () => {
    setDenying(true);
    setTrouble("");
    try {
      await deny(request.number);
      await changed();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    } finally {
      setDenying(false);
    }
  };

  return (
    <li aria-labelledby={title}>
      <h3 id={title}>
        <span class="number">{request.number}</span> <bdi>{request.client}</bdi>
        {!request.client_verified && <em class="unverified"> unverified name</em>}
      </h3>
      <dl class="facts">
        <dt>Sends you to</dt>
        <dd>{request.redirect_host}</dd>
        <dt>Asked</dt>
        <dd>{ago(request.age_seconds)}</dd>
        <dt>Network</dt>
        <dd>
          {request.network}
          {!request.same_network && <strong class="other-network"> not this computer's network</strong>}
        </dd>
        <dt>Browser</dt>
        <dd>
          <bdi>{request.browser}</bdi>
        </dd>
      </dl>
      <button
        type="button"
        class="second"
        disabled={denying}
        aria-label={`Deny request ${request.number}`}
        onClick={() => void denied()}
      >
        Deny
      </button>
      {trouble !== "" && (
        <p role="alert" class="trouble">
          {trouble}
        </p>
      )}
    </li>
  );
}

function ago(seconds: number): string {
  if (seconds < 60) return `${seconds} s ago`;
  return `${Math.floor(seconds / 60)} min ago`;
}
