// A chat made of the official host library, AppBridge: it shows one widget and answers its calls. `chat` is for the test.

import { AppBridge, PostMessageTransport } from "../../judges/node_modules/@modelcontextprotocol/ext-apps/dist/src/app-bridge.js";

const frame = document.querySelector("iframe");
const bridge = new AppBridge(
  null,
  { name: "official-host", version: "1.0.0" },
  { serverTools: {}, openLinks: {}, updateModelContext: { structuredContent: {} } },
  { hostContext: { theme: "dark", locale: "en-GB", displayMode: "inline", availableDisplayModes: ["inline", "fullscreen"] } },
);
const chat = { calls: [], contexts: [], heights: [], app: null, errors: [] };

bridge.oninitialized = () => {
  chat.app = { info: bridge.getAppVersion(), capabilities: bridge.getAppCapabilities() };
};
bridge.oncalltool = ({ name, arguments: given }) => {
  chat.calls.push([name, given]);
  return window.callTool(name, given);
};
bridge.onupdatemodelcontext = async (params) => {
  chat.contexts.push(params);
  return {};
};
bridge.onrequestdisplaymode = async ({ mode }) => {
  await bridge.sendHostContextChange({ displayMode: mode });
  return { mode };
};
bridge.onsizechange = ({ height }) => {
  chat.heights.push(height);
  frame.style.height = `${height}px`;
};
bridge.onerror = (error) => chat.errors.push(String(error));

await bridge.connect(new PostMessageTransport(frame.contentWindow, frame.contentWindow));
frame.src = frame.dataset.address;
Object.assign(window, { chat, bridge });
