// window.openai as ChatGPT puts it into a widget's document, before the widget's own scripts. The settings are filled in:
// the values that it has, and its methods. A method that is not named is absent, as in ChatGPT. Calls are noted.
(() => {
  const { values, methods } = SETTINGS;
  const calls = [];
  const method = (name) => (...args) => {
    calls.push({ name, args: JSON.parse(JSON.stringify(args)) });
    if (name === "setWidgetState") {
      window.openai.widgetState = args[0];
      return void window.keepWidgetState(JSON.stringify(args[0]));
    }
    if (name === "notifyIntrinsicHeight") return void parent.postMessage({ emulated: "height", height: args[0] }, "*");
    if (name === "callTool") return window.callTool(args[0], args[1]);
    if (name === "requestDisplayMode") {
      setGlobals({ displayMode: args[0].mode });
      return Promise.resolve({ mode: args[0].mode });
    }
    return Promise.resolve({});
  };
  const setGlobals = (globals) => {
    Object.assign(window.openai, globals);
    dispatchEvent(new CustomEvent("openai:set_globals", { detail: { globals } }));
  };
  window.openai = { ...values, ...Object.fromEntries(methods.map((name) => [name, method(name)])) };
  window.openaiCalls = calls;
  window.setOpenaiGlobals = setGlobals;
})();
