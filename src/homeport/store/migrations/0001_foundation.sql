-- The first schema. Both SQLite and PostgreSQL run this file: TEXT, BIGINT and ON CONFLICT only.
-- Times are whole seconds since the epoch. Secrets are stored as SHA-256 digests, never as they are.
-- docs/data.md lists the owner and lifetime of each table.

CREATE TABLE state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

CREATE TABLE people (
    person_id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    email TEXT,
    name TEXT,
    created_at BIGINT NOT NULL,
    blocked_at BIGINT,
    UNIQUE (provider, subject)
);

CREATE TABLE approvals (
    approval_id TEXT PRIMARY KEY,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    client_id TEXT NOT NULL,
    client TEXT NOT NULL,
    redirect_host TEXT NOT NULL,
    network TEXT NOT NULL,
    browser TEXT NOT NULL,
    code_salt TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    code_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    decided_at BIGINT,
    person_id TEXT,
    scope TEXT
);
CREATE INDEX approvals_by_state ON approvals (state, created_at);
CREATE INDEX approvals_by_subject ON approvals (subject);
CREATE INDEX approvals_by_client ON approvals (client_id, state, decided_at);
CREATE INDEX approvals_by_number ON approvals (number);

CREATE TABLE clients (
    client_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    renewed_at BIGINT NOT NULL,
    fresh_until BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX clients_by_use ON clients (kind, used_at, created_at);

CREATE TABLE redirect_hosts (
    host TEXT PRIMARY KEY,
    client TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    allowed_at BIGINT
);

CREATE TABLE assertion_ids (
    client_id TEXT NOT NULL,
    jti TEXT NOT NULL,
    assertion_digest TEXT NOT NULL,
    used_for TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti)
);
CREATE INDEX assertion_ids_by_expiry ON assertion_ids (expires_at);

CREATE TABLE authorization_requests (
    request_id TEXT PRIMARY KEY,
    browser_digest TEXT NOT NULL,
    parameters_digest TEXT NOT NULL,
    state TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    redirect_uri_given BIGINT NOT NULL,
    client_state TEXT,
    code_challenge TEXT NOT NULL,
    issuer TEXT NOT NULL,
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    nonce TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    person_id TEXT,
    granted_scope TEXT,
    answer TEXT
);
CREATE INDEX authorization_requests_by_browser ON authorization_requests (browser_digest, parameters_digest);
CREATE INDEX authorization_requests_by_client ON authorization_requests (client_id, expires_at);
CREATE INDEX authorization_requests_by_expiry ON authorization_requests (expires_at);

CREATE TABLE grants (
    grant_id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    resource TEXT NOT NULL,
    scope TEXT NOT NULL,
    auth_method TEXT,
    redirect_uri TEXT NOT NULL,
    nonce TEXT,
    tools TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_because TEXT
);
CREATE INDEX grants_by_client ON grants (client_id, person_id);
CREATE INDEX grants_by_person ON grants (person_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE codes (
    code_digest TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    redirect_uri_given BIGINT NOT NULL,
    code_challenge TEXT NOT NULL,
    issuer TEXT NOT NULL,
    resource TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT,
    exchanged BIGINT NOT NULL
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

CREATE TABLE refresh_tokens (
    token_digest TEXT PRIMARY KEY,
    grant_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    issued_at BIGINT NOT NULL,
    rotated_at BIGINT
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id, generation);
CREATE INDEX refresh_tokens_by_issue ON refresh_tokens (issued_at);

CREATE TABLE tool_lists (
    path TEXT NOT NULL,
    client_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    fetched_at BIGINT NOT NULL,
    PRIMARY KEY (path, client_id, person_id)
);

CREATE TABLE activity (
    activity_id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    grant_id TEXT,
    client_id TEXT,
    person_id TEXT,
    tool TEXT,
    http BIGINT,
    rpc BIGINT,
    outcome TEXT,
    microseconds BIGINT,
    detail TEXT NOT NULL
);
CREATE INDEX activity_by_time ON activity (at);
CREATE INDEX activity_by_kind ON activity (kind, activity_id);

CREATE TABLE items (
    item_id TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    tags TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX items_by_person ON items (person_id, position);

CREATE TABLE item_collections (
    person_id TEXT PRIMARY KEY,
    started_at BIGINT NOT NULL
);
