// Runs in the widget's own document before anything of the widget's: window.openai as ChatGPT has it, and somebody who looks
// for errors. `settings` has the values and the names of the methods; a method that is not named is not there.
(settings) => {
  const post = (message) => parent.postMessage({ homeport: "observed", ...message }, "*");
  const words = (value) => {
    if (value instanceof Error) return value.stack || String(value);
    try {
      return typeof value === "string" ? value : JSON.stringify(value);
    } catch {
      return String(value);
    }
  };

  addEventListener("error", ({ message, lineno, colno }) => post({ kind: "error", text: `${message} (line ${lineno}, column ${colno})` }));
  addEventListener("unhandledrejection", ({ reason }) => post({ kind: "error", text: `Unhandled rejection: ${words(reason)}` }));
  for (const level of ["error", "warn"]) {
    const write = console[level].bind(console);
    console[level] = (...parts) => {
      post({ kind: level === "warn" ? "warning" : "error", text: `console.${level}: ${parts.map(words).join(" ")}` });
      write(...parts);
    };
  }
  // Two ways, because each misses what the other sees; the same thing is said once.
  const said = new Set();
  const blocked = ({ effectiveDirective: directive, blockedURI, blockedURL, sourceFile, lineNumber }) => {
    const uri = blockedURI ?? blockedURL;
    if (said.has(`${directive} ${uri}`)) return;
    said.add(`${directive} ${uri}`);
    post({ kind: "blocked", directive, uri, line: sourceFile === "about:srcdoc" ? lineNumber : 0 });
  };
  addEventListener("securitypolicyviolation", blocked, true);
  if ("ReportingObserver" in window) {
    const reported = (reports) => reports.forEach(({ body }) => blocked(body));
    new ReportingObserver(reported, { types: ["csp-violation"], buffered: true }).observe();
  }

  const { values, methods } = settings;
  post({ kind: "ready" });
  if (methods.length === 0) return;

  const waiting = new Map();
  let last = 0;
  const ask = (method, args) =>
    new Promise((answered, failed) => {
      waiting.set(++last, { answered, failed });
      parent.postMessage({ homeport: "openai", id: last, method, args }, "*");
    });

  const own = { ...values };
  for (const name of methods) own[name] = (...args) => ask(name, args);
  // These answer at once, and with nothing.
  for (const name of ["setWidgetState", "notifyIntrinsicHeight", "setOpenInAppUrl"]) {
    if (name in own) own[name] = (...args) => void ask(name, args).catch((error) => post({ kind: "error", text: words(error) }));
  }
  if ("setWidgetState" in own) {
    const keep = own.setWidgetState;
    own.setWidgetState = (state) => {
      own.widgetState = state;
      keep(state);
    };
  }

  const asked = new Set();
  window.openai = new Proxy(own, {
    get(target, name) {
      if (typeof name === "string" && !(name in target) && !asked.has(name)) {
        asked.add(name);
        post({ kind: "absent", text: name });
      }
      return target[name];
    },
  });

  // First of all listeners: what is between this and the preview is no message of the widget's host.
  addEventListener(
    "message",
    (event) => {
      const { source, data } = event;
      if (source !== parent || !data?.homeport) return;
      event.stopImmediatePropagation();
      if (data.homeport === "globals") {
        Object.assign(own, data.globals);
        dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals: data.globals } }));
      } else if (data.homeport === "answer") {
        const asked = waiting.get(data.id);
        waiting.delete(data.id);
        if ("error" in data) asked?.failed(new Error(data.error));
        else asked?.answered(data.result);
      }
    },
    true,
  );
}
