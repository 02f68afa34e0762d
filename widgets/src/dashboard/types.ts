// What the control listener answers: the dataclasses of src/homeport/engine/protocol.py as JSON, as far as this page shows them.

export interface AppStatus {
  name: string;
  path: string;
  connector_url: string;
  tools: number;
  problem: string;
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
