// The kit for a widget in plain HTML: everything of core.ts in `window.homeport`.

import "./kit.css";
import * as homeport from "./core";

Object.assign(window, { homeport });
