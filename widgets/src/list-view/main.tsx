// Starts the list view and draws it anew after each change. Hooks would do that as well, and weigh a kilobyte more.

import { render } from "preact";
import { subscribe } from "homeport";
import { ListView, type Here } from "./list-view";
import { keepFocus } from "./roving";
import "./list-view.css";

// Its keys are ids of others: "constructor" is one, and not in there before something is done with it.
const here: Here = { doing: Object.create(null), place: 0, draw };

function draw() {
  const inList = document.activeElement?.closest("[role=grid]");
  render(<ListView here={here} />, document.body);
  if (inList) keepFocus(here.place);
}

subscribe(draw);
draw();
