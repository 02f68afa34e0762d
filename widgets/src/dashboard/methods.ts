// The methods of the Engine that this page uses, one function for each row of src/homeport/control/routes.py.

import { asOwner } from "./api";
import type {
  ActivityLine,
  ApprovalPreview,
  Approved,
  CallRequest,
  Changed,
  Checklist,
  ClientSummary,
  DoctorReport,
  FolderListing,
  GrantSummary,
  InvitationSummary,
  Invited,
  LogLine,
  PendingRequest,
  PersonSummary,
  PrivyCheck,
  Removal,
  Rule,
  SecretSummary,
  SettingLine,
  Status,
  ToolSummary,
  TunnelCheck,
  TunnelStatus,
  WaitingHost,
} from "./types";

/** What waits for a listener, a tunnel or another server. */
const LONG_MS = 100_000;

const get = async <T>(name: string) => (await asOwner("GET", `/api/${name}`)) as T;
const post = async <T>(name: string, body: object = {}, patience?: number) =>
  (await asOwner("POST", `/api/${name}`, body, patience)) as T;

export const status = () => get<Status>("status");
export const start = () => post("start", {}, LONG_MS);
export const stop = () => post("stop", {}, LONG_MS);
export const pause = () => post("pause");
export const resume = () => post("resume");
export const quit = () => post("quit");

export const pending = () => get<PendingRequest[]>("pending");
export const previewApproval = (code: string) => post<ApprovalPreview>("preview_approval", { code });
export interface Yes {
  code: string;
  who: string;
  read_only: boolean;
  consent_in_browser: boolean;
  other_network: boolean;
}
export const approve = (yes: Yes) => post<Approved>("approve", yes);
export const deny = (number: number | null) => post("deny", { number });

export const calls = () => get<CallRequest[]>("calls");
export const allowCall = (number: number, digest: string) => post("allow_call", { number, digest });
export const denyCall = (number: number) => post("deny_call", { number });

export const clients = () => get<ClientSummary[]>("clients");
export const hosts = () => get<WaitingHost[]>("hosts");
export const allowHost = (host: string) => post("allow_host", { host });
export const withdrawHost = (host: string) => post("withdraw_host", { host });
export const people = () => get<PersonSummary[]>("people");
export const invitations = () => get<InvitationSummary[]>("invitations");
export const invite = (email: string) => post<Invited>("invite", { email });
export const blockPerson = (who: string) => post<PersonSummary>("block_person", { who });
export const unblockPerson = (who: string) => post<PersonSummary>("unblock_person", { who });
export const previewRemoval = (who: string) => post<Removal>("preview_removal", { who });
export const removePerson = (who: string) => post<Removal>("remove_person", { who });
export const grants = () => get<GrantSummary[]>("grants");
export const revokeGrant = (grant_id: string) => post("revoke_grant", { grant_id });

export const activity = (limit: number, before: string, query: string) =>
  post<ActivityLine[]>("activity", { limit, before, query });
export const tools = () => get<ToolSummary[]>("tools");
export const setRule = (tool: string, rule: Rule | "default") => post("set_rule", { tool, rule });

export const settings = () => get<SettingLine[]>("settings");
/** `value` is JSON text; null goes back to the default. */
export const changeSetting = (name: string, value: string | null) => post<Changed>("change_setting", { name, value });
export const secrets = () => get<SecretSummary[]>("secrets");
export const setSecret = (name: string, value: string) => post("set_secret", { name, value });
export const checkPrivy = (app_id: string, secret: string) => post<PrivyCheck>("check_privy", { app_id, secret }, LONG_MS);
export const folderListing = (path: string) => post<FolderListing>("folder_listing", { path });

export const checklist = () => get<Checklist>("checklist");
export const logs = (limit: number) => post<LogLine[]>("logs", { limit });
export const doctor = (url: string) => post<DoctorReport>("doctor", { url }, LONG_MS);
export const tunnelCheck = () => get<TunnelCheck>("tunnel_check");
export const setTunnelToken = (token: string) => post<TunnelStatus>("set_tunnel_token", { token }, LONG_MS);
export const adoptTunnelToken = () => post<TunnelStatus>("adopt_tunnel_token", {}, LONG_MS);
export const restartTunnel = () => post<TunnelStatus>("restart_tunnel", {}, LONG_MS);
