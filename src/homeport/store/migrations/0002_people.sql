-- People who come by way of Privy: who may enter, and the Privy sessions that tools of theirs need.

-- JSON list of the e-mails that the sign-in provider verified, in lower case.
ALTER TABLE people ADD COLUMN emails TEXT NOT NULL DEFAULT '[]';
-- How a person was let in: invited, approved, listed or open; NULL while nobody has.
ALTER TABLE people ADD COLUMN admitted_as TEXT;
ALTER TABLE people ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;

-- The network a request's browser is in, so that a flood from one network pushes out its own requests first.
ALTER TABLE authorization_requests ADD COLUMN network TEXT NOT NULL DEFAULT '';

CREATE TABLE invitations (
    email TEXT PRIMARY KEY,
    invited_at BIGINT NOT NULL
);

-- `holder` is the authorization request until the person has consented, and the grant from then on.
-- Tokens are AES-256-GCM, with table, column and holder as associated data.
CREATE TABLE privy_sessions (
    holder TEXT PRIMARY KEY,
    person_id TEXT NOT NULL,
    token TEXT NOT NULL,
    refresh_token TEXT,
    privy_access_token TEXT,
    expires_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- Until then one replica alone may use the refresh token: Privy ends a session whose token is used twice.
    refreshing_until BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX privy_sessions_by_person ON privy_sessions (person_id);
CREATE INDEX privy_sessions_by_expiry ON privy_sessions (expires_at);
