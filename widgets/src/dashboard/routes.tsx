// The pages by the hash of the address, in the order of the menu.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ActivityPage } from "./activity";
import { DoctorPage } from "./doctor";
import { FolderPage } from "./folder";
import type { Seen } from "./homeport";
import { LogsPage } from "./logs";
import { Overview } from "./overview";
import type { IconName } from "./parts/icons";
import { PeoplePage } from "./people";
import { PrivyPage } from "./privy";
import { SettingsPage } from "./settings";
import { SetupPage } from "./setup";
import { ToolsPage } from "./tools";
import { TunnelPage } from "./tunnel";
import { WaitingPage } from "./waiting";

export interface Route {
  /** What comes after `#/`. */
  path: string;
  title: string;
  icon: IconName;
  group: string;
  page: (seen: Seen) => ComponentChildren;
}

export const ROUTES: readonly [Route, ...Route[]] = [
  { path: "", title: "Overview", icon: "overview", group: "Homeport", page: (seen) => <Overview seen={seen} /> },
  { path: "setup", title: "Setup", icon: "setup", group: "Homeport", page: (seen) => <SetupPage seen={seen} /> },
  { path: "waiting", title: "Waiting", icon: "waiting", group: "Access", page: (seen) => <WaitingPage seen={seen} /> },
  { path: "people", title: "People", icon: "people", group: "Access", page: () => <PeoplePage /> },
  { path: "activity", title: "Activity", icon: "activity", group: "Access", page: () => <ActivityPage /> },
  { path: "tools", title: "Tools", icon: "tools", group: "Share", page: () => <ToolsPage /> },
  { path: "folder", title: "Folder", icon: "folder", group: "Share", page: () => <FolderPage /> },
  { path: "tunnel", title: "Tunnel", icon: "tunnel", group: "Connection", page: (seen) => <TunnelPage seen={seen} /> },
  { path: "doctor", title: "Doctor", icon: "doctor", group: "Connection", page: () => <DoctorPage /> },
  { path: "privy", title: "Privy", icon: "privy", group: "Connection", page: () => <PrivyPage /> },
  { path: "settings", title: "Settings", icon: "settings", group: "This computer", page: () => <SettingsPage /> },
  { path: "logs", title: "Logs", icon: "logs", group: "This computer", page: () => <LogsPage /> },
];

/** `#/people`, or `#page=people` as it is beside the code of a fresh link. */
function here(): Route {
  const path = /[#&](?:\/|page=)([a-z]*)/.exec(location.hash)?.[1] ?? "";
  return ROUTES.find((route) => route.path === path) ?? ROUTES[0];
}

export function useRoute(): Route {
  const [route, setRoute] = useState(here);
  useEffect(() => {
    const follow = () => setRoute(here());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return route;
}
