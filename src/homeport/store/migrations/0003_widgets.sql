-- The pages of widgets under the addresses that hosts have been given: a conversation may show an old one.

CREATE TABLE widget_pages (
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    -- Compressed with zlib, in base64.
    html TEXT NOT NULL,
    -- What was said of it, as JSON: it is shown under the content policy it was written for.
    meta TEXT NOT NULL,
    served_at BIGINT NOT NULL,
    PRIMARY KEY (path, name, digest)
);
CREATE INDEX widget_pages_by_age ON widget_pages (served_at);
