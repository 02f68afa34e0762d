// What `import … from "homeport"` gives in a widget.

export * from "./core";
export { ActionButton } from "./action-button";
export { Button, Empty, ErrorNotice, Loading, Result } from "./components";
export { useHost, useToolInput, useToolMeta, useToolOutput, useWidgetState } from "./hooks";
