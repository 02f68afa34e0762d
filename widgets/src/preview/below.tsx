// What the widget said and did: what is to be mended, every message both ways, and what it brought into the chat.

import { useState } from "preact/hooks";
import { Tabs } from "./controls";
import type { Message } from "./notes";
import type { Session } from "./session";

const WEIGHTS = { error: "Does not work", warning: "Should be mended", note: "To know" } as const;

export function Below({ session }: { session: Session }) {
  const { notes, said } = session;
  const serious = notes.found.filter(({ weight }) => weight !== "note").length;
  const count = (label: string, number: number) => (number > 0 ? `${label} (${number})` : label);
  const tabs = [
    { id: "findings", label: count("Findings", serious), body: () => <Findings session={session} /> },
    { id: "messages", label: count("Messages", notes.messages.length), body: () => <Messages session={session} /> },
    { id: "chat", label: count("Chat", said.length), body: () => <Chat session={session} /> },
  ];
  return (
    <section class="below" aria-label="What the widget did">
      <Tabs label="What the widget did" tabs={tabs} />
    </section>
  );
}

function Findings({ session }: { session: Session }) {
  const { found } = session.notes;
  if (found.length === 0) return <p class="quiet">Nothing found: as far as can be seen here, ChatGPT would take this widget.</p>;
  const order = Object.keys(WEIGHTS);
  const sorted = [...found].sort((one, other) => order.indexOf(one.weight) - order.indexOf(other.weight));
  return (
    <ul class="findings" aria-label="Findings">
      {sorted.map(({ weight, about, problem, fix, times }) => (
        <li key={`${about} ${problem}`} data-weight={weight}>
          <p>
            <span class="weight">{WEIGHTS[weight]}</span> <code>{about}</code>
            {times > 1 && <span class="quiet"> {times} times</span>}
          </p>
          <p>{problem}</p>
          <p class="fix">{fix}</p>
        </li>
      ))}
    </ul>
  );
}

function Messages({ session }: { session: Session }) {
  const [words, setWords] = useState("");
  const { messages } = session.notes;
  const wanted = messages.filter(({ name, body }) => `${name} ${body}`.toLowerCase().includes(words.toLowerCase()));
  return (
    <>
      <div class="row">
        <input
          type="search"
          aria-label="Filter messages"
          placeholder="Filter"
          value={words}
          onInput={({ currentTarget }) => setWords(currentTarget.value)}
        />
        <button type="button" class="second" onClick={() => session.notes.clearMessages()}>
          Clear
        </button>
      </div>
      {wanted.length === 0 ? (
        <p class="quiet">No messages.</p>
      ) : (
        <ol class="messages" aria-label="Messages">
          {wanted.map((message) => (
            <li key={message.number} data-from={message.from}>
              <MessageLine message={message} />
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

function MessageLine({ message: { at, from, bridge, name, body } }: { message: Message }) {
  const line = (
    <>
      <span class="time">{at} ms</span>
      <span class="way">{from === "widget" ? "Widget →" : "→ Widget"}</span>
      <span class="name">{name}</span>
      <span class="quiet">{bridge}</span>
    </>
  );
  if (body === "" || body === "{}") return <div class="line">{line}</div>;
  return (
    <details>
      <summary class="line">{line}</summary>
      <pre tabIndex={0} aria-label={`Content of ${name}`}>
        {body}
      </pre>
    </details>
  );
}

function Chat({ session }: { session: Session }) {
  const { said } = session;
  if (said.length === 0) return <p class="quiet">The widget has said nothing in the chat, and opened nothing.</p>;
  return (
    <ul class="said" aria-label="Chat">
      {said.map(({ number, kind, text, note }) => (
        <li key={number} data-kind={kind}>
          {kind === "link" || kind === "app-link" ? (
            <p>
              {kind === "link" ? "Opens" : "The chat's button to your app leads to"}{" "}
              <a href={text} target="_blank" rel="noopener noreferrer">
                {text}
              </a>
            </p>
          ) : (
            <p>{kind === "file" ? `File: ${text}` : text}</p>
          )}
          {note && <p class="quiet">{note}</p>}
        </li>
      ))}
    </ul>
  );
}
