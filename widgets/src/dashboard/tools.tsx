// The tools as ChatGPT is told of them, and the owner's rule for each: allow, ask first, or block.

import { useId, useState } from "preact/hooks";
import { butCalls, useAnswer, useDeed, useHome } from "./homeport";
import * as methods from "./methods";
import { Answered, Page, Section, Trouble } from "./parts/page";
import { count, EFFECTS } from "./parts/words";
import type { Rule, ToolSummary } from "./types";

export function ToolsPage() {
  const tools = useAnswer(methods.tools, "", butCalls);
  return (
    <Page title="Tools" lead="What ChatGPT may do here. A rule of yours counts at once, whatever somebody agreed to before.">
      <Answered of={tools} empty="The app offers no tools.">
        {(all) => [...new Set(all.map(({ app }) => app))].map((app) => <AppTools key={app} app={app} tools={all.filter((tool) => tool.app === app)} />)}
      </Answered>
    </Page>
  );
}

function AppTools({ app, tools }: { app: string; tools: ToolSummary[] }) {
  return (
    <Section title={app} lead={count(tools.length, "tool")}>
      <ul class="lines tool-lines">
        {tools.map((tool) => (
          <Tool key={tool.name} tool={tool} />
        ))}
      </ul>
    </Section>
  );
}

function Tool({ tool }: { tool: ToolSummary }) {
  return (
    <li>
      <div class="about">
        <h3>
          {tool.title || tool.name} <code>{tool.name}</code> <span class={`mark ${tool.effect}`}>{EFFECTS[tool.effect] ?? tool.effect}</span>
        </h3>
        <p class="quiet">{tool.description}</p>
      </div>
      <RuleChoice tool={tool} />
      <details>
        <summary>
          What ChatGPT is told<span class="unseen"> of {tool.name}</span>
        </summary>
        <dl class="facts">
          <dt>Read-only</dt>
          <dd>{yesNo(tool.read_only)}</dd>
          <dt>Destructive</dt>
          <dd>{yesNo(tool.destructive)}</dd>
          <dt>Open world</dt>
          <dd>{yesNo(tool.open_world)}</dd>
          <dt>Idempotent</dt>
          <dd>{yesNo(tool.idempotent)}</dd>
          {tool.scope !== "" && (
            <>
              <dt>Scope</dt>
              <dd>{tool.scope}, asked for in addition</dd>
            </>
          )}
          {tool.widget !== "" && (
            <>
              <dt>Widget</dt>
              <dd>
                <code>{tool.widget}</code>
              </dd>
            </>
          )}
        </dl>
        <Schema name={`Input of ${tool.name}`} schema={tool.input_schema} />
        {tool.output_schema !== null && <Schema name={`Output of ${tool.name}`} schema={tool.output_schema} />}
      </details>
    </li>
  );
}

const yesNo = (value: boolean) => (value ? "yes" : "no");

function Schema({ name, schema }: { name: string; schema: object }) {
  return (
    <>
      <p class="label">{name}</p>
      <pre tabIndex={0} role="region" aria-label={name}>
        {JSON.stringify(schema, null, 2)}
      </pre>
    </>
  );
}

const RULES: Record<Rule, string> = { allow: "Allow", ask: "Ask me", block: "Block" };

function RuleChoice({ tool }: { tool: ToolSummary }) {
  const deed = useDeed();
  const { say } = useHome();
  const name = useId();
  const [chosen, setChosen] = useState<Rule | null>(null);
  const choose = async (rule: Rule | "default") => {
    setChosen(rule === "default" ? tool.default_rule : rule);
    const done = await deed.run(() => methods.setRule(tool.name, rule));
    setChosen(null);
    if (done) say(rule === "default" ? `${tool.name} has its usual rule again.` : `${tool.name}: ${RULES[rule].toLowerCase()}.`);
  };
  const isOwn = tool.rule_from !== "";
  return (
    <div class="rule">
      <fieldset class="segments">
        <legend>Rule for {tool.name}</legend>
        {(Object.keys(RULES) as Rule[]).map((rule) => (
          <label key={rule}>
            <input type="radio" name={name} value={rule} checked={(chosen ?? tool.rule) === rule} onChange={() => void choose(rule)} />
            <span>{RULES[rule]}</span>
          </label>
        ))}
      </fieldset>
      <p class="quiet">
        {isOwn ? `Set in ${tool.rule_from}. ` : "The usual rule. "}
        {isOwn && (
          <button type="button" class="link" aria-disabled={deed.busy} onClick={() => void choose("default")}>
            Back to the usual: {tool.default_rule}
            <span class="unseen"> for {tool.name}</span>
          </button>
        )}
      </p>
      <Trouble text={deed.trouble} />
    </div>
  );
}
