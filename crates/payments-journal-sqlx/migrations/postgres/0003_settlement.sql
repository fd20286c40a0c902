-- Runs that compared the journal with a statement.
CREATE TABLE payments_settlements (
    -- The store's id. Later runs have greater ones.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The tenant of the account whose intents are compared.
    tenant TEXT COLLATE "C" NOT NULL,
    -- The provider.
    provider TEXT COLLATE "C" NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT COLLATE "C" NOT NULL,
    -- The name of the statement's source.
    source TEXT COLLATE "C" NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
    -- The start of the period that the statement covers, in Unix milliseconds.
    covers_from BIGINT NOT NULL,
    -- The end of that period, in Unix milliseconds.
    covers_to BIGINT NOT NULL,
    -- The movements that the statement covers: a JSON array of `payment`, `refund` and `payout`.
    movements TEXT COLLATE "C" NOT NULL CHECK (json_typeof(movements::json) = 'array'),
    -- When it began, in Unix milliseconds.
    began_at BIGINT NOT NULL CHECK (began_at BETWEEN 100000000000 AND 100000000000000),
    -- When it ended, in Unix milliseconds; `NULL` while it goes on, and if it failed or was killed.
    ended_at BIGINT,
    -- 1 if it ended because it was complete, and 0 if a later run ended it.
    is_complete BIGINT NOT NULL DEFAULT 0 CHECK (is_complete IN (0, 1))
);

CREATE INDEX payments_settlements_open ON payments_settlements (tenant, provider, account, source) WHERE ended_at IS NULL;

-- The lines of the statements of runs that go on. They are removed at the end, or by the next run.
CREATE TABLE payments_settlement_lines (
    -- The run.
    run BIGINT NOT NULL,
    -- The line's number.
    number BIGINT NOT NULL,
    -- Which way the money goes: `payment`, `refund` or `payout`.
    movement TEXT COLLATE "C" NOT NULL,
    -- The provider's id of the order, if the line has it.
    object_id TEXT COLLATE "C",
    -- The merchant's reference, if the line has it.
    reference TEXT COLLATE "C",
    -- The amount in the currency's smallest unit, if the line has it.
    amount BIGINT,
    -- The currency's code of that amount.
    currency TEXT COLLATE "C",
    -- The status as JSON.
    status TEXT COLLATE "C" NOT NULL,
    -- 1 if the status normally does not change any more, else 0.
    is_final BIGINT NOT NULL,
    -- 1 if the line may move money, else 0.
    moves_money BIGINT NOT NULL,
    -- The line's time in Unix milliseconds, if it has one.
    at BIGINT,
    -- Why it cannot be read; `NULL` if it can.
    problem TEXT COLLATE "C",
    -- 1 if it was compared without a result, else 0.
    is_open BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT payments_settlement_lines_number PRIMARY KEY (run, number)
);

CREATE INDEX payments_settlement_lines_by_object ON payments_settlement_lines (run, object_id) WHERE object_id IS NOT NULL;
CREATE INDEX payments_settlement_lines_by_reference ON payments_settlement_lines (run, reference)
    WHERE reference IS NOT NULL;
CREATE INDEX payments_settlement_lines_unreadable ON payments_settlement_lines (run) WHERE problem IS NOT NULL;

-- Differences between the journal and statements. One row per kind and subject.
CREATE TABLE payments_findings (
    -- The store's id.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The tenant of the account.
    tenant TEXT COLLATE "C" NOT NULL,
    -- The provider.
    provider TEXT COLLATE "C" NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT COLLATE "C" NOT NULL,
    -- The name of the statement's source.
    source TEXT COLLATE "C" NOT NULL,
    -- What is wrong: `amount_differs`, `status_differs`, `missing`, `orphan`, `duplicate` or `unreadable`.
    kind TEXT COLLATE "C" NOT NULL,
    -- What it is about, so that it is stored once.
    subject TEXT COLLATE "C" NOT NULL,
    -- The intent, if one is concerned.
    intent BIGINT REFERENCES payments_intents (id),
    -- Which way the money goes: `payment`, `refund` or `payout`.
    movement TEXT COLLATE "C" NOT NULL,
    -- The provider's id of the order, if it is known.
    object_id TEXT COLLATE "C",
    -- The merchant's reference, if it is known.
    reference TEXT COLLATE "C",
    -- The amount that the journal expects, in the currency's smallest unit.
    expected_amount BIGINT,
    -- The currency's code of that amount.
    expected_currency TEXT COLLATE "C",
    -- The amount of the line, in the currency's smallest unit.
    reported_amount BIGINT,
    -- The currency's code of that amount.
    reported_currency TEXT COLLATE "C",
    -- The intent's state when it was compared.
    state TEXT COLLATE "C",
    -- The status of the line as JSON.
    status TEXT COLLATE "C" CHECK (json_typeof(status::json) <> ''),
    -- The time of the line in Unix milliseconds; for a missing one, when the journal learned that the order exists.
    at BIGINT,
    -- Why the line cannot be read.
    problem TEXT COLLATE "C",
    -- When it was found first, in Unix milliseconds.
    first_seen_at BIGINT NOT NULL CHECK (first_seen_at BETWEEN 100000000000 AND 100000000000000),
    -- When it was found last, in Unix milliseconds.
    last_seen_at BIGINT NOT NULL CHECK (last_seen_at BETWEEN 100000000000 AND 100000000000000),
    -- The run that found it last.
    last_run BIGINT NOT NULL,
    -- When a run no longer found it, in Unix milliseconds; `NULL` before.
    resolved_at BIGINT,
    -- When a person accepted it, in Unix milliseconds; `NULL` before.
    accepted_at BIGINT,
    -- Who accepted it.
    accepted_by TEXT COLLATE "C",

    CONSTRAINT payments_findings_subject UNIQUE (tenant, provider, account, source, kind, subject),
    CONSTRAINT payments_findings_expected_has_currency CHECK ((expected_amount IS NULL) = (expected_currency IS NULL)),
    CONSTRAINT payments_findings_reported_has_currency CHECK ((reported_amount IS NULL) = (reported_currency IS NULL)),
    CONSTRAINT payments_findings_acceptance_is_whole CHECK ((accepted_at IS NULL) = (accepted_by IS NULL))
);

CREATE INDEX payments_findings_open ON payments_findings (id) WHERE resolved_at IS NULL AND accepted_at IS NULL;
CREATE INDEX payments_findings_unresolved ON payments_findings (tenant, provider, account, source) WHERE resolved_at IS NULL;
