// Starts the dashboard. What it shows is in dashboard.tsx, what it asks in methods.ts.

import "../../../src/homeport/auth/pages/house.css";
import "../house/segments.css";
import "./frame.css";
import "./parts.css";
import "./fields.css";
import "./pages.css";
import "./activity.css";
import { render } from "preact";
import { Dashboard } from "./dashboard";
import { Homeport } from "./homeport";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
render(
  <Homeport>
    <Dashboard />
  </Homeport>,
  root,
);
