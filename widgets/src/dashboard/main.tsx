// Starts the dashboard. What it shows is in dashboard.tsx, what it asks in api.ts.

import "../../../src/homeport/auth/pages/house.css";
import "./dashboard.css";
import { render } from "preact";
import { Dashboard } from "./dashboard";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
render(<Dashboard />, root);
