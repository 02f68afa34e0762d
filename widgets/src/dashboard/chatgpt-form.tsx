// ChatGPT's form for a server of one's own, field by field in its order, with what to put there; and the menus that lead to
// it, the current ones and those of accounts that still have the older ones.

import { CopyLine } from "./parts/copy";
import type { ConnectorForm } from "./types";

export function ChatGptForm({ form }: { form: ConnectorForm }) {
  return (
    <>
      <ol class="menus">
        <li>
          Open{" "}
          <a href="https://chatgpt.com/plugins" target="_blank" rel="noopener noreferrer">
            chatgpt.com/plugins
          </a>{" "}
          in a browser and press <strong>+</strong>, then <strong>Add custom MCP server</strong>.
        </li>
        <li>
          Fill in the form:
          <dl class="form">
            <Field name="Name" text={form.name} />
            <Field name="Description" text={form.description} note="optional" />
            <Field name="Connection: Server URL" text={form.url} />
            <dt>Authentication</dt>
            <dd>
              Choose <strong>{form.authentication}</strong>. Leave fields about a client id or a secret empty.
            </dd>
          </dl>
        </li>
        <li>
          Tick <strong>I understand and want to continue</strong> and press <strong>Create as a plugin</strong>.
        </li>
        <li>
          <strong>Install</strong> the plugin. ChatGPT then asks you to sign in here.
        </li>
      </ol>
      <details>
        <summary>My ChatGPT looks different</summary>
        <ul>
          <li>
            No <strong>Add custom MCP server</strong>: turn on <strong>Settings › Security and login › Developer mode</strong> first,
            then go to chatgpt.com/plugins and press <strong>+</strong>.
          </li>
          <li>
            Older still:{" "}
            <a href="https://chatgpt.com/#settings/Connectors" target="_blank" rel="noopener noreferrer">
              Settings › Apps &amp; Connectors
            </a>{" "}
            › <strong>Advanced settings › Developer mode</strong>, then <strong>Create</strong>. The fields are the same; the URL is
            called <strong>MCP Server URL</strong>.
          </li>
          <li>In a company’s workspace, its administrator may have to allow servers of your own.</li>
        </ul>
      </details>
    </>
  );
}

function Field({ name, text, note }: { name: string; text: string; note?: string }) {
  return (
    <>
      <dt>
        {name}
        {note !== undefined && <span class="quiet"> ({note})</span>}
      </dt>
      <dd>{text === "" ? <span class="quiet">There is none yet: the tunnel has to be up.</span> : <CopyLine text={text} of={name.toLowerCase()} />}</dd>
    </>
  );
}
