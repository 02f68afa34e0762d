// What JSX compiles to. preact/jsx-runtime has a second copy of createElement, which every widget would carry.

import { createElement, Fragment, type ComponentType, type Key } from "preact";

export function jsx(type: ComponentType<object> | string, props: object, key?: Key) {
  return createElement(type as ComponentType<object>, key === undefined ? props : { ...props, key });
}

export { Fragment, jsx as jsxs, jsx as jsxDEV };
