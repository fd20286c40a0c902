-- Operations that must be executed once. The first columns are recorded and never change; the last ones are the store's own, and
-- have defaults.
CREATE TABLE payments_intents (
    -- The store's id.
    id INTEGER PRIMARY KEY,
    -- The merchant's tenant; empty if there is only one.
    tenant TEXT NOT NULL CHECK (length(tenant) <= 100),
    -- The provider's name, which is the name of its crate.
    provider TEXT NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    -- The merchant's name for the credentials; empty if there is only one set.
    account TEXT NOT NULL CHECK (length(account) <= 100),
    -- The operation's stored name.
    operation TEXT NOT NULL CHECK (length(operation) BETWEEN 1 AND 100),
    -- The merchant's own reference.
    reference TEXT NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    -- The amount in the currency's smallest unit (paise, cents, fils); `NULL` if the operation has none.
    amount INTEGER,
    -- The currency's code, three capital letters; `NULL` if the operation has no amount.
    currency TEXT CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
    -- The version of the parameters' form.
    version INTEGER NOT NULL CHECK (version BETWEEN 0 AND 4294967295),
    -- The id of the journal's key that the MAC and the seal were made with.
    key_id TEXT NOT NULL,
    -- The MAC of the parameters, to compare a repeated intent with this one.
    mac BLOB NOT NULL CHECK (length(mac) > 0),
    -- The sealed parameters.
    parameters BLOB NOT NULL,
    -- 1 if only the process with the card in memory may send it, else 0.
    by_ticket INTEGER NOT NULL CHECK (by_ticket IN (0, 1)),
    -- When it was recorded, in Unix milliseconds.
    recorded_at INTEGER NOT NULL CHECK (recorded_at BETWEEN 100000000000 AND 100000000000000),
    -- When an intent that was not sent is abandoned, in Unix milliseconds; `NULL` for never.
    expires_at INTEGER CHECK (expires_at BETWEEN 100000000000 AND 100000000000000),
    -- When a worker looks at it next, in Unix milliseconds; `NULL` for never.
    due_at INTEGER CHECK (due_at BETWEEN 100000000000 AND 100000000000000),
    -- The intent that this one does again, after a review.
    supersedes INTEGER REFERENCES payments_intents (id),

    -- The state: `intended`, `sending`, `pending`, `succeeded`, `failed`, `reversed`, `refused`, `unknown`, `needs_review`
    -- or `abandoned`.
    state TEXT NOT NULL DEFAULT 'intended',
    -- The last state that a change reported. `sending` is not reported.
    reported TEXT NOT NULL DEFAULT 'intended',
    -- The provider's last known status as JSON, such as `"succeeded"`.
    status TEXT CHECK (json_valid(status)),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount INTEGER,
    -- The currency's code of that amount.
    order_currency TEXT,
    -- The code of the reason why a person must look at it.
    review TEXT,
    -- The provider's id of the order, once it is known.
    provider_id TEXT,
    -- The number of claims and lookups so far.
    epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    -- The process that works on it: 32 hexadecimal digits, random per start.
    lease_owner TEXT,
    -- When the lease is over, in Unix milliseconds.
    lease_until INTEGER,
    -- How often in a row a step brought nothing new.
    tries INTEGER NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 4294967295),
    -- The last error in words, without any parameters.
    problem TEXT,

    CONSTRAINT payments_intents_key UNIQUE (tenant, provider, account, operation, reference),
    CONSTRAINT payments_intents_amount_has_currency CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT payments_intents_order_amount_has_currency CHECK ((order_amount IS NULL) = (order_currency IS NULL)),
    CONSTRAINT payments_intents_lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;

-- A reference names one order: providers do not say whether it is a payment or a payout, and may accept it only once.
CREATE UNIQUE INDEX payments_intents_order ON payments_intents (reference, account, provider, tenant)
    WHERE operation IN ('start_payment', 'pay_out');

-- Settled intents are in none of these, so they slow nothing.
CREATE INDEX payments_intents_due ON payments_intents (due_at, tenant, provider, account) WHERE due_at IS NOT NULL;
CREATE INDEX payments_intents_in_review ON payments_intents (id) WHERE state = 'needs_review';
-- What refers to an intent has an index, because SQLite plans to look for it when one is recorded.
CREATE INDEX payments_intents_supersedes ON payments_intents (supersedes) WHERE supersedes IS NOT NULL;
-- A webhook may contain the provider's id only.
CREATE INDEX payments_intents_provider_id ON payments_intents (provider_id, provider, tenant, account)
    WHERE provider_id IS NOT NULL;

-- What was learned about each intent. Rows are only ever appended.
CREATE TABLE payments_evidence (
    -- The intent.
    intent INTEGER NOT NULL REFERENCES payments_intents (id),
    -- The position: later facts have greater numbers.
    sequence INTEGER NOT NULL CHECK (sequence > 0),
    -- When it was stored, in Unix milliseconds.
    at INTEGER NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- The fact as JSON, such as `{"claimed":{"attempt":"…","protection":"key"}}`.
    fact TEXT NOT NULL CHECK (json_valid(fact)),
    -- Where it is from, so that one source counts once per intent.
    source TEXT NOT NULL,

    CONSTRAINT payments_evidence_position PRIMARY KEY (intent, sequence),
    CONSTRAINT payments_evidence_source UNIQUE (intent, source)
) STRICT, WITHOUT ROWID;

-- Changes of state, for the merchant's hook.
CREATE TABLE payments_changes (
    -- The store's id. The changes of one intent are delivered in this order.
    id INTEGER PRIMARY KEY,
    -- The intent.
    intent INTEGER NOT NULL REFERENCES payments_intents (id),
    -- The state before.
    from_state TEXT NOT NULL,
    -- The state after.
    to_state TEXT NOT NULL,
    -- The provider's status as JSON, if one was known.
    status TEXT CHECK (json_valid(status)),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount INTEGER,
    -- The currency's code of that amount.
    order_currency TEXT,
    -- The code of the reason why a person must look at it.
    review TEXT,
    -- When the state changed, in Unix milliseconds.
    at INTEGER NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- When the hook's transaction was committed, in Unix milliseconds; `NULL` before.
    delivered_at INTEGER,
    -- How often the hook failed.
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND 4294967295),
    -- The last failure in words.
    problem TEXT,
    -- When the hook runs next, in Unix milliseconds.
    next_try INTEGER NOT NULL CHECK (next_try BETWEEN 100000000000 AND 100000000000000)
) STRICT;

CREATE INDEX payments_changes_due ON payments_changes (next_try, id) WHERE delivered_at IS NULL;
CREATE INDEX payments_changes_order ON payments_changes (intent, id);

-- Messages of providers: verified events, and hints that schedule a lookup.
CREATE TABLE payments_inbox (
    -- The store's id. It is never used again, because unmatched hints are deleted after an hour.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The tenant of the account that received it.
    tenant TEXT NOT NULL,
    -- The provider.
    provider TEXT NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT NOT NULL,
    -- The provider's id of the event, or the digest of the body.
    source TEXT NOT NULL,
    -- The merchant's reference, if the message contains it.
    reference TEXT,
    -- The provider's id of the order, if the message contains it.
    object_id TEXT,
    -- The operations that it can be about: a JSON array of stored names.
    operations TEXT NOT NULL CHECK (iif(json_valid(operations), json_type(operations) = 'array', 0)),
    -- What the event reports, in its stored form; empty for a hint.
    report TEXT NOT NULL CHECK (report = '' OR json_valid(report)),
    -- When it was received, in Unix milliseconds.
    received_at INTEGER NOT NULL CHECK (received_at BETWEEN 100000000000 AND 100000000000000),
    -- 1 once an intent matches, by the reference and the operation or by the provider's id; else 0.
    matched INTEGER NOT NULL CHECK (matched IN (0, 1)),
    -- When it was applied to the intents that match, in Unix milliseconds; `NULL` before.
    applied_at INTEGER,

    CONSTRAINT payments_inbox_source UNIQUE (tenant, provider, account, source)
) STRICT;

-- What matches nothing is in neither of these, so it slows no worker.
CREATE INDEX payments_inbox_open ON payments_inbox (id) WHERE matched = 1 AND applied_at IS NULL;
CREATE INDEX payments_inbox_open_by_account ON payments_inbox (tenant, provider, account)
    WHERE matched = 1 AND applied_at IS NULL;

CREATE INDEX payments_inbox_by_reference ON payments_inbox (reference, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_by_object ON payments_inbox (object_id, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_hints ON payments_inbox (received_at) WHERE matched = 0 AND report = '';

-- A new intent matches the messages that arrived before it.
CREATE TRIGGER payments_intents_recorded AFTER INSERT ON payments_intents BEGIN
    UPDATE payments_inbox SET matched = 1
    WHERE matched = 0 AND reference = new.reference AND account = new.account AND provider = new.provider
        AND tenant = new.tenant AND new.operation IN (SELECT value FROM json_each(operations));
END;

-- So does an intent once the provider's id is known.
CREATE TRIGGER payments_intents_identified AFTER UPDATE OF provider_id ON payments_intents
WHEN new.provider_id IS NOT old.provider_id BEGIN
    UPDATE payments_inbox SET matched = 1
    WHERE matched = 0 AND object_id = new.provider_id AND account = new.account AND provider = new.provider
        AND tenant = new.tenant;
END;

-- Accounts whose credentials were refused.
CREATE TABLE payments_pauses (
    -- The merchant's tenant.
    tenant TEXT NOT NULL,
    -- The provider.
    provider TEXT NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT NOT NULL,
    -- When it was paused, in Unix milliseconds.
    since INTEGER NOT NULL CHECK (since BETWEEN 100000000000 AND 100000000000000),
    -- When it is tried again, in Unix milliseconds.
    until INTEGER NOT NULL CHECK (until BETWEEN 100000000000 AND 100000000000000),
    -- The error in words.
    problem TEXT NOT NULL,

    CONSTRAINT payments_pauses_account PRIMARY KEY (tenant, provider, account)
) STRICT, WITHOUT ROWID;

-- Calls that count against a limit that a provider counts per account.
CREATE TABLE payments_rate_limits (
    -- The store's id. It is never used again: a call that ends late must not end another one.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- A digest of the credentials.
    credentials TEXT NOT NULL,
    -- 1 if the call has ended, else 0.
    ended INTEGER NOT NULL DEFAULT 0,
    -- Until when the call counts, in Unix milliseconds: one window after it ended, or must have ended.
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX payments_rate_limits_counted ON payments_rate_limits (credentials, expires_at);
