-- The histories of the database that the journal knows: the last one that was acknowledged must be the present one, or nothing is sent.
CREATE TABLE payments_history (
    -- The store's id.
    id INTEGER PRIMARY KEY,
    -- PostgreSQL's identifier of the cluster; `NULL` on SQLite.
    system_identifier TEXT,
    -- PostgreSQL's timeline, eight hexadecimal digits: another one after a restore, and once another server took over. `NULL` on SQLite.
    timeline_id TEXT,
    -- Since when what was stored was lost, in Unix milliseconds; `NULL` for the history in which the table was created.
    lost_since INTEGER,
    -- When the acknowledgement began, in Unix milliseconds.
    began_at INTEGER NOT NULL CHECK (began_at BETWEEN 100000000000 AND 100000000000000),
    -- When it was complete, in Unix milliseconds; `NULL` before.
    acknowledged_at INTEGER CHECK (acknowledged_at BETWEEN 100000000000 AND 100000000000000)
) STRICT;
