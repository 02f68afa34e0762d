// The way from nothing to a tool's answer in ChatGPT, step by step. Homeport ticks the steps; this page only says how.

import { Approving } from "./approving";
import { ChatGptForm } from "./chatgpt-form";
import { useAnswer, type Seen } from "./homeport";
import * as methods from "./methods";
import { CopyLine } from "./parts/copy";
import { DeedButton } from "./parts/deeds";
import { Icon } from "./parts/icons";
import { Answered, Page, Trouble } from "./parts/page";
import { since } from "./parts/words";
import { TunnelNow } from "./tunnel-now";
import type { Checklist, Step } from "./types";

export function SetupPage({ seen }: { seen: Seen }) {
  const answer = useAnswer(methods.checklist);
  return (
    <Page title="Setup" lead="From here to the first answer in ChatGPT. Each step ticks itself when it has happened.">
      <Answered of={answer}>{(list) => <Steps list={list} seen={seen} />}</Answered>
    </Page>
  );
}

function Steps({ list, seen }: { list: Checklist; seen: Seen }) {
  const done = list.steps.filter(({ state }) => state === "done").length;
  return (
    <>
      <p class="progress">
        <progress value={done} max={list.steps.length} aria-label="Steps done" /> {done} of {list.steps.length} steps
      </p>
      <ol class="steps">
        {list.steps.map((step) => (
          <StepLine key={step.name} step={step} list={list} seen={seen} />
        ))}
      </ol>
      {done === list.steps.length && (
        <p class="good">
          All is set up. <a href="#/activity">Activity</a> shows what ChatGPT does here.
        </p>
      )}
    </>
  );
}

const STATES: Record<Step["state"], string> = { done: "done", now: "now", later: "later", failed: "did not work" };

function StepLine({ step, list, seen }: { step: Step; list: Checklist; seen: Seen }) {
  const open = step.state === "now" || step.state === "failed";
  return (
    <li data-state={step.state} aria-current={step.state === "now" ? "step" : undefined}>
      <span class="tick">{step.state === "done" ? <Icon name="done" /> : step.state === "failed" ? <Icon name="failed" /> : null}</span>
      <div class="step">
        <h2>
          {step.title} <span class="unseen">({STATES[step.state]})</span>
        </h2>
        {step.state === "done" && step.at > 0 && <p class="quiet">{since(step.at)}</p>}
        {open && (
          <>
            {/* The tunnel says itself what is the matter, and why Homeport does not run stands above every page. */}
            {step.name !== "tunnel" && step.name !== "running" && <Trouble text={step.problem} action={step.action} />}
            <Help step={step} list={list} seen={seen} />
          </>
        )}
        {step.state === "done" && step.name === "discovery" && (
          <details>
            <summary>What ChatGPT’s form asks</summary>
            <ChatGptForm form={list.form} />
          </details>
        )}
      </div>
    </li>
  );
}

function Help({ step, list, seen }: { step: Step; list: Checklist; seen: Seen }) {
  const { status, pending } = seen;
  switch (step.name) {
    case "running":
      return (
        <>
          <p>{step.action}</p>
          {(status.state === "stopped" || status.state === "error") && (
            <DeedButton act={methods.start} done="Started.">
              Start
            </DeedButton>
          )}
        </>
      );
    case "tunnel":
      return <TunnelNow status={status} />;
    case "discovery":
      return <ChatGptForm form={list.form} />;
    case "sign-in":
      return (
        <>
          {step.problem === "" && <p>{step.action}</p>}
          <Approving waiting={pending.length > 0} />
          {pending.length > 0 && (
            <p>
              Not you? <a href="#/waiting">Deny the request</a>
            </p>
          )}
        </>
      );
    default:
      return (
        <>
          {step.problem === "" && <p>{step.action}</p>}
          {status.calls_waiting > 0 && (
            <p>
              <a href="#/waiting">Look at the call that waits</a>
            </p>
          )}
          {status.paused && (
            <DeedButton act={methods.resume} done="Tools answer again.">
              Resume tools
            </DeedButton>
          )}
          <CopyLine text={list.prompt} of="the prompt" />
        </>
      );
  }
}
