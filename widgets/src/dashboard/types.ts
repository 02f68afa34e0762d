// What the control listener answers: the dataclasses of src/homeport/engine/protocol as JSON, as far as this page shows them.

export interface AppStatus {
  name: string;
  path: string;
  connector_url: string;
  tools: number;
  problem: string;
}

export interface TunnelStatus {
  provider: string;
  state: "off" | "needs-token" | "starting" | "downloading" | "up" | "reconnecting" | "down" | "error";
  cause: string;
  action: string;
  public_url: string;
  stable: boolean;
  requests: number;
  request_limit: number;
  bytes_out: number;
  byte_limit: number;
  month: string;
  progress: string;
}

export interface Status {
  state: "stopped" | "starting" | "online" | "stopping" | "error";
  problem: string;
  connector_url: string;
  local_url: string;
  public_url: string;
  tunnel: string;
  apps: AppStatus[];
  waiting: number;
  grants: number;
  secrets: string;
  database: string;
  data_dir: string;
  version: string;
  warnings: string[];
  paused: boolean;
  tunnel_state: TunnelStatus;
  calls_waiting: number;
  computer: string;
  /** All of this in one, and in a few words. */
  light: "stopped" | "starting" | "online" | "attention" | "error";
  words: string;
}

export interface PendingRequest {
  number: number;
  kind: string;
  client: string;
  client_verified: boolean;
  redirect_host: string;
  age_seconds: number;
  network: string;
  same_network: boolean;
  browser: string;
}

export type Effect = "read" | "write" | "destroy";

export interface ToolLine {
  name: string;
  title: string;
  effect: Effect;
  new: boolean;
}

export interface ApprovalPreview {
  request: PendingRequest;
  scopes: string[];
  tools: ToolLine[];
  relay_warning: string;
  owner_exists: boolean;
  people: [id: string, label: string][];
  newcomer: string;
}

export interface Approved {
  number: number;
  client: string;
  person: string;
  scopes: string[];
  newcomer: boolean;
}

export interface CallRequest {
  number: number;
  tool: string;
  title: string;
  effect: Effect;
  person: string;
  client: string;
  client_verified: boolean;
  arguments: string;
  digest: string;
  age_seconds: number;
  waiting: boolean;
}

export interface ClientSummary {
  client_id: string;
  name: string;
  kind: string;
  verified_host: string;
  redirect_hosts: string[];
  created_at: number;
  used_at: number;
  live_grants: number;
  tool_list_outdated: boolean;
}

export interface WaitingHost {
  host: string;
  client: string;
  asked_at: number;
  allowed_at: number;
}

export interface PersonSummary {
  person_id: string;
  name: string;
  provider: string;
  email: string;
  created_at: number;
  blocked: boolean;
  live_grants: number;
  emails: string[];
  admitted_as: string;
  seen_at: number;
}

export interface InvitationSummary {
  email: string;
  invited_at: number;
}

export interface Invited {
  email: string;
  note: string;
}

export interface Removal {
  person_id: string;
  name: string;
  email: string;
  provider: string;
  grants: number;
  invitations: string[];
}

export interface GrantSummary {
  grant_id: string;
  client: string;
  client_id: string;
  person: string;
  person_id: string;
  resource: string;
  scopes: string[];
  created_at: number;
  last_used_at: number;
  state: string;
}

export interface SecretSummary {
  name: string;
  about: string;
  where: string;
  present: boolean;
}

export interface PrivyCheck {
  app_name: string;
  credentials_ok: boolean;
  methods: { name: string; label: string; offered: boolean; reason: string }[];
  findings: { what: string; where: string; fix: string; blocking: boolean }[];
  ok: boolean;
}

export interface ActivityLine {
  activity_id: string;
  at: number;
  kind: string;
  tool: string;
  person: string;
  client: string;
  http: number;
  rpc: number;
  outcome: string;
  milliseconds: number;
  detail: string;
  /** The owner's own preview called, as `person`. */
  preview: boolean;
}

export type Rule = "allow" | "ask" | "block";

export interface ToolSummary {
  app: string;
  name: string;
  title: string;
  description: string;
  effect: Effect;
  read_only: boolean;
  destructive: boolean;
  open_world: boolean;
  idempotent: boolean;
  scope: string;
  input_schema: object;
  output_schema: object | null;
  widget: string;
  rule: Rule;
  default_rule: Rule;
  rule_from: string;
}

export interface SettingLine {
  name: string;
  label: string;
  help: string;
  expects: string;
  group: string;
  applies: string;
  kind: "text" | "number" | "boolean" | "choice" | "list" | "map" | "folder";
  choices: string[];
  value: string;
  default: string;
  source: string;
  editable: boolean;
  why_not: string;
}

export interface Changed {
  applies: string;
  note: string;
}

export interface Step {
  name: string;
  title: string;
  state: "done" | "now" | "later" | "failed";
  at: number;
  problem: string;
  action: string;
}

export interface ConnectorForm {
  name: string;
  description: string;
  url: string;
  authentication: string;
}

export interface Checklist {
  steps: Step[];
  prompt: string;
  form: ConnectorForm;
}

export interface LogLine {
  at: number;
  level: string;
  text: string;
}

export interface HopLine {
  name: string;
  title: string;
  state: "ok" | "failed" | "skipped" | "warning";
  detail: string;
  fix: string;
  milliseconds: number;
}

export interface DoctorReport {
  url: string;
  ok: boolean;
  hops: HopLine[];
  first_failed: string;
}

export interface TunnelCheck {
  provider: string;
  program: string;
  program_source: "path" | "data folder" | "missing";
  token: "kept" | "found" | "missing";
  token_where: string;
  problem: string;
  action: string;
}

export interface FolderListing {
  path: string;
  parent: string;
  folders: string[];
}
