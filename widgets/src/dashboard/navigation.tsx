// The way to the pages: beside them where there is room, behind one button on a phone.

import { useEffect, useState } from "preact/hooks";
import { useHome, type Seen } from "./homeport";
import { Icon } from "./parts/icons";
import { Mark } from "./parts/mark";
import { ROUTES, type Route } from "./routes";
import { StateMark } from "./state-mark";

export function Navigation({ route, seen, answers }: { route: Route; seen: Seen; answers: boolean }) {
  const { said } = useHome();
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [route]);
  const groups = [...new Set(ROUTES.map(({ group }) => group))];
  const waiting = seen.pending.length + seen.calls.length;
  return (
    <header class="side" data-open={open} data-said={said !== ""} onKeyDown={({ key }) => key === "Escape" && setOpen(false)}>
      <a class="brand" href="#/">
        <Mark />
        Homeport
      </a>
      <StateMark status={seen.status} answers={answers} />
      <p class="said" role="status">
        {said}
      </p>
      <button type="button" class="second menu" aria-expanded={open} aria-controls="menu" onClick={() => setOpen(!open)}>
        <Icon name="menu" />
        Menu
        {waiting > 0 && <span class="dot" aria-label="Something waits" role="img" />}
      </button>
      <nav id="menu" aria-label="Pages">
        {groups.map((group) => (
          <div key={group}>
            <p aria-hidden="true">{group}</p>
            <ul aria-label={group}>
              {ROUTES.filter((each) => each.group === group).map((each) => (
                <li key={each.path}>
                  <a href={`#/${each.path}`} aria-current={each === route ? "page" : undefined}>
                    <Icon name={each.icon} />
                    {each.title}
                    {each.path === "waiting" && waiting > 0 && <span class="badge">{waiting}</span>}
                  </a>
                </li>
              ))}
              {group === "Share" && (
                <li>
                  <a href="/preview" target="_blank" rel="noopener">
                    <Icon name="preview" />
                    Preview widgets
                  </a>
                </li>
              )}
            </ul>
          </div>
        ))}
      </nav>
    </header>
  );
}
