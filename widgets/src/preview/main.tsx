// Starts the preview. What it shows is in preview.tsx, what it knows in session.ts.

import "../../../src/homeport/auth/pages/house.css";
import "../house/segments.css";
import "./controls.css";
import "./stage.css";
import "./notes.css";
import "./preview.css";
import { render } from "preact";
import { Preview } from "./preview";
import { Session } from "./session";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
const session = new Session();
render(<Preview session={session} />, root);
void session.start(new AbortController().signal);
