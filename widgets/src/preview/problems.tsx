// Why the newest version of the app or a widget is not the one that is shown, with file, line and message.

import type { Problem } from "./api";

const TITLES: Record<string, string> = {
  app: "The app has an error. Its last good version is used.",
  build: "The widget was not built. The last good one is shown.",
  types: "The types do not fit. The widget is shown all the same.",
};

export function Problems({ problems }: { problems: Problem[] }) {
  if (problems.length === 0) return null;
  return (
    <div class="problems" role="alert">
      {problems.slice(0, 10).map(({ kind, file, line, column, message }) => (
        <div key={`${kind}${file}${line}${column}${message}`} data-kind={kind}>
          <p class="what">{TITLES[kind] ?? "Something is wrong."}</p>
          {file && (
            <p>
              <code>
                {file}
                {line > 0 && `:${line}${column > 0 ? `:${column}` : ""}`}
              </code>
            </p>
          )}
          <pre tabIndex={0} aria-label={`What is wrong${file ? ` in ${file}` : ""}`}>
            {message}
          </pre>
        </div>
      ))}
      {problems.length > 10 && <p>And {problems.length - 10} more.</p>}
    </div>
  );
}
