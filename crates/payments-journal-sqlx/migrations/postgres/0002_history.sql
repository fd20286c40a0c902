-- The histories of the database that the journal knows: the last one that was acknowledged must be the present one, or nothing is sent.
CREATE TABLE payments_history (
    -- The store's id.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- PostgreSQL's identifier of the cluster; `NULL` on SQLite.
    system_identifier TEXT COLLATE "C",
    -- PostgreSQL's timeline, eight hexadecimal digits: another one after a restore, and once another server took over. `NULL` on SQLite.
    timeline_id TEXT COLLATE "C",
    -- Since when what was stored was lost, in Unix milliseconds; `NULL` for the history in which the table was created.
    lost_since BIGINT,
    -- When the acknowledgement began, in Unix milliseconds.
    began_at BIGINT NOT NULL CHECK (began_at BETWEEN 100000000000 AND 100000000000000),
    -- When it was complete, in Unix milliseconds; `NULL` before.
    acknowledged_at BIGINT CHECK (acknowledged_at BETWEEN 100000000000 AND 100000000000000)
);

CREATE INDEX payments_history_acknowledged ON payments_history (id) WHERE acknowledged_at IS NOT NULL;

-- `pg_control_checkpoint` shows another timeline only after the next checkpoint.
INSERT INTO payments_history (system_identifier, timeline_id, began_at, acknowledged_at)
SELECT system_identifier::text, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8), now.now, now.now
FROM pg_control_system(), (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now) AS now;
