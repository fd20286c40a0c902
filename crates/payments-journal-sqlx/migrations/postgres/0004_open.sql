-- The open intents that no worker looks at by itself, to be counted. Those that are due have an index, and those in review.
CREATE INDEX payments_intents_waiting ON payments_intents (recorded_at)
    WHERE due_at IS NULL AND state IN ('intended', 'sending', 'pending', 'unknown');
