-- Texts are compared by their bytes (`COLLATE "C"`): with the collation of an operating system, its upgrade could break a unique
-- index, and with it the promise that a reference is used once.

-- Operations that must be executed once. The first columns are recorded and never change; the last ones are the store's own, and
-- have defaults.
CREATE TABLE payments_intents (
    -- The store's id.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The merchant's tenant; empty if there is only one.
    tenant TEXT COLLATE "C" NOT NULL CHECK (length(tenant) <= 100),
    -- The provider's name, which is the name of its crate.
    provider TEXT COLLATE "C" NOT NULL CHECK (length(provider) BETWEEN 1 AND 100),
    -- The merchant's name for the credentials; empty if there is only one set.
    account TEXT COLLATE "C" NOT NULL CHECK (length(account) <= 100),
    -- The operation's stored name.
    operation TEXT COLLATE "C" NOT NULL CHECK (length(operation) BETWEEN 1 AND 100),
    -- The merchant's own reference.
    reference TEXT COLLATE "C" NOT NULL CHECK (length(reference) BETWEEN 1 AND 255),
    -- The amount in the currency's smallest unit (paise, cents, fils); `NULL` if the operation has none.
    amount BIGINT,
    -- The currency's code, three capital letters; `NULL` if the operation has no amount.
    currency TEXT COLLATE "C" CHECK (currency ~ '^[A-Z]{3}$'),
    -- The version of the parameters' form.
    version BIGINT NOT NULL CHECK (version BETWEEN 0 AND 4294967295),
    -- The id of the journal's key that the MAC and the seal were made with.
    key_id TEXT COLLATE "C" NOT NULL,
    -- The MAC of the parameters, to compare a repeated intent with this one.
    mac BYTEA NOT NULL CHECK (length(mac) > 0),
    -- The sealed parameters.
    parameters BYTEA NOT NULL,
    -- 1 if only the process with the card in memory may send it, else 0.
    by_ticket BIGINT NOT NULL CHECK (by_ticket IN (0, 1)),
    -- When it was recorded, in Unix milliseconds.
    recorded_at BIGINT NOT NULL CHECK (recorded_at BETWEEN 100000000000 AND 100000000000000),
    -- When an intent that was not sent is abandoned, in Unix milliseconds; `NULL` for never.
    expires_at BIGINT CHECK (expires_at BETWEEN 100000000000 AND 100000000000000),
    -- When a worker looks at it next, in Unix milliseconds; `NULL` for never.
    due_at BIGINT CHECK (due_at BETWEEN 100000000000 AND 100000000000000),
    -- The intent that this one does again, after a review.
    supersedes BIGINT REFERENCES payments_intents (id),

    -- The state: `intended`, `sending`, `pending`, `succeeded`, `failed`, `reversed`, `refused`, `unknown`, `needs_review`
    -- or `abandoned`.
    state TEXT COLLATE "C" NOT NULL DEFAULT 'intended',
    -- The last state that a change reported. `sending` is not reported.
    reported TEXT COLLATE "C" NOT NULL DEFAULT 'intended',
    -- The provider's last known status as JSON, such as `"succeeded"`.
    status TEXT COLLATE "C" CHECK (json_typeof(status::json) <> ''),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount BIGINT,
    -- The currency's code of that amount.
    order_currency TEXT COLLATE "C",
    -- The code of the reason why a person must look at it.
    review TEXT COLLATE "C",
    -- The provider's id of the order, once it is known.
    provider_id TEXT COLLATE "C",
    -- The number of claims and lookups so far.
    epoch BIGINT NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    -- The process that works on it: 32 hexadecimal digits, random per start.
    lease_owner TEXT COLLATE "C",
    -- When the lease is over, in Unix milliseconds.
    lease_until BIGINT,
    -- How often in a row a step brought nothing new.
    tries BIGINT NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 4294967295),
    -- The last error in words, without any parameters.
    problem TEXT COLLATE "C",

    CONSTRAINT payments_intents_key UNIQUE (tenant, provider, account, operation, reference),
    CONSTRAINT payments_intents_amount_has_currency CHECK ((amount IS NULL) = (currency IS NULL)),
    CONSTRAINT payments_intents_order_amount_has_currency CHECK ((order_amount IS NULL) = (order_currency IS NULL)),
    CONSTRAINT payments_intents_lease_is_whole CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);

-- A reference names one order: providers do not say whether it is a payment or a payout, and may accept it only once.
CREATE UNIQUE INDEX payments_intents_order ON payments_intents (reference, account, provider, tenant)
    WHERE operation IN ('start_payment', 'pay_out');

-- Settled intents are in none of these, so they slow nothing.
CREATE INDEX payments_intents_due ON payments_intents (due_at, tenant, provider, account) WHERE due_at IS NOT NULL;
CREATE INDEX payments_intents_in_review ON payments_intents (id) WHERE state = 'needs_review';
-- What refers to an intent has an index.
CREATE INDEX payments_intents_supersedes ON payments_intents (supersedes) WHERE supersedes IS NOT NULL;
-- A webhook may contain the provider's id only.
CREATE INDEX payments_intents_provider_id ON payments_intents (provider_id, provider, tenant, account)
    WHERE provider_id IS NOT NULL;

-- What was learned about each intent. Rows are only ever appended.
CREATE TABLE payments_evidence (
    -- The intent.
    intent BIGINT NOT NULL REFERENCES payments_intents (id),
    -- The position: later facts have greater numbers.
    sequence BIGINT NOT NULL CHECK (sequence > 0),
    -- When it was stored, in Unix milliseconds.
    at BIGINT NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- The fact as JSON, such as `{"claimed":{"attempt":"…","protection":"key"}}`.
    fact TEXT COLLATE "C" NOT NULL CHECK (json_typeof(fact::json) <> ''),
    -- Where it is from, so that one source counts once per intent.
    source TEXT COLLATE "C" NOT NULL,

    CONSTRAINT payments_evidence_position PRIMARY KEY (intent, sequence),
    CONSTRAINT payments_evidence_source UNIQUE (intent, source)
);

-- Changes of state, for the merchant's hook.
CREATE TABLE payments_changes (
    -- The store's id. The changes of one intent are delivered in this order.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The intent.
    intent BIGINT NOT NULL REFERENCES payments_intents (id),
    -- The state before.
    from_state TEXT COLLATE "C" NOT NULL,
    -- The state after.
    to_state TEXT COLLATE "C" NOT NULL,
    -- The provider's status as JSON, if one was known.
    status TEXT COLLATE "C" CHECK (json_typeof(status::json) <> ''),
    -- The order's amount at the provider, if it differs from the intended one, in the currency's smallest unit.
    order_amount BIGINT,
    -- The currency's code of that amount.
    order_currency TEXT COLLATE "C",
    -- The code of the reason why a person must look at it.
    review TEXT COLLATE "C",
    -- When the state changed, in Unix milliseconds.
    at BIGINT NOT NULL CHECK (at BETWEEN 100000000000 AND 100000000000000),
    -- When the hook's transaction was committed, in Unix milliseconds; `NULL` before.
    delivered_at BIGINT,
    -- How often the hook failed.
    failures BIGINT NOT NULL DEFAULT 0 CHECK (failures BETWEEN 0 AND 4294967295),
    -- The last failure in words.
    problem TEXT COLLATE "C",
    -- When the hook runs next, in Unix milliseconds.
    next_try BIGINT NOT NULL CHECK (next_try BETWEEN 100000000000 AND 100000000000000)
);

CREATE INDEX payments_changes_due ON payments_changes (next_try, id) WHERE delivered_at IS NULL;
CREATE INDEX payments_changes_order ON payments_changes (intent, id);

-- Messages of providers: verified events, and hints that schedule a lookup.
CREATE TABLE payments_inbox (
    -- The store's id. It is never used again, because unmatched hints are deleted after an hour.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The tenant of the account that received it.
    tenant TEXT COLLATE "C" NOT NULL,
    -- The provider.
    provider TEXT COLLATE "C" NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT COLLATE "C" NOT NULL,
    -- The provider's id of the event, or the digest of the body.
    source TEXT COLLATE "C" NOT NULL,
    -- The merchant's reference, if the message contains it.
    reference TEXT COLLATE "C",
    -- The provider's id of the order, if the message contains it.
    object_id TEXT COLLATE "C",
    -- The operations that it can be about: a JSON array of stored names.
    operations TEXT COLLATE "C" NOT NULL CHECK (json_typeof(operations::json) = 'array'),
    -- What the event reports, in its stored form; empty for a hint.
    report TEXT COLLATE "C" NOT NULL CHECK (report = '' OR json_typeof(report::json) <> ''),
    -- When it was received, in Unix milliseconds.
    received_at BIGINT NOT NULL CHECK (received_at BETWEEN 100000000000 AND 100000000000000),
    -- 1 once an intent matches, by the reference and the operation or by the provider's id; else 0.
    matched BIGINT NOT NULL CHECK (matched IN (0, 1)),
    -- When it was applied to the intents that match, in Unix milliseconds; `NULL` before.
    applied_at BIGINT,

    CONSTRAINT payments_inbox_source UNIQUE (tenant, provider, account, source)
);

-- What matches nothing is in neither of these, so it slows no worker.
CREATE INDEX payments_inbox_open ON payments_inbox (id) WHERE matched = 1 AND applied_at IS NULL;
CREATE INDEX payments_inbox_open_by_account ON payments_inbox (tenant, provider, account)
    WHERE matched = 1 AND applied_at IS NULL;

CREATE INDEX payments_inbox_by_reference ON payments_inbox (reference, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_by_object ON payments_inbox (object_id, account, provider, tenant) WHERE matched = 0;
CREATE INDEX payments_inbox_hints ON payments_inbox (received_at) WHERE matched = 0 AND report = '';

-- Takes a lock for the rest of the transaction: 1 for a reference of an account, 2 for a provider's id of an order. A transaction
-- takes the first kind before the second one.
CREATE FUNCTION payments_lock(kind INTEGER, tenant TEXT, provider TEXT, account TEXT, name TEXT) RETURNS VOID LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(1885434480 + kind, hashtext(json_build_array(tenant, provider, account, name)::text))
    WHERE name IS NOT NULL
$$;

-- An intent matches the messages that arrived before it. The application's own transaction takes no lock, so a message that is
-- received before it is committed sees no intent, and is not seen. Each change of an intent up to the claim looks again, under the
-- lock that the receiver of a message takes, too. So does an intent once the provider's id is known. Each statement of a function
-- sees what was committed before it, so the lock comes first.
CREATE FUNCTION payments_match_messages() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'INSERT' OR old.epoch = 0 THEN
        IF TG_OP = 'UPDATE' THEN
            PERFORM payments_lock(1, new.tenant, new.provider, new.account, new.reference);
        END IF;
        UPDATE payments_inbox AS m SET matched = 1
        WHERE m.matched = 0 AND m.reference = new.reference AND m.account = new.account AND m.provider = new.provider
            AND m.tenant = new.tenant AND m.operations::jsonb ? new.operation;
    END IF;
    IF TG_OP = 'UPDATE' AND new.provider_id IS DISTINCT FROM old.provider_id THEN
        PERFORM payments_lock(2, new.tenant, new.provider, new.account, new.provider_id);
        UPDATE payments_inbox AS m SET matched = 1
        WHERE m.matched = 0 AND m.object_id = new.provider_id AND m.account = new.account AND m.provider = new.provider
            AND m.tenant = new.tenant;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER payments_intents_recorded AFTER INSERT ON payments_intents
    FOR EACH ROW EXECUTE FUNCTION payments_match_messages();
-- Not for other columns: a statement that changes many intents would take too many locks.
CREATE TRIGGER payments_intents_changed AFTER UPDATE OF epoch, provider_id ON payments_intents
    FOR EACH ROW WHEN (old.epoch = 0 OR new.provider_id IS DISTINCT FROM old.provider_id)
    EXECUTE FUNCTION payments_match_messages();

-- A hook cannot commit the journal's transaction: only the journal grants the commit, after the hook.
CREATE FUNCTION payments_require_grant() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('payments_journal.delivered', true) IS DISTINCT FROM new.id::text THEN
        RAISE EXCEPTION 'the hook ended the journal''s transaction, so its effect was rolled back' USING ERRCODE = '2D000';
    END IF;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER payments_changes_delivered AFTER UPDATE OF delivered_at ON payments_changes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (new.delivered_at IS NOT NULL)
    EXECUTE FUNCTION payments_require_grant();

-- Accounts whose credentials were refused.
CREATE TABLE payments_pauses (
    -- The merchant's tenant.
    tenant TEXT COLLATE "C" NOT NULL,
    -- The provider.
    provider TEXT COLLATE "C" NOT NULL,
    -- The merchant's name for the credentials.
    account TEXT COLLATE "C" NOT NULL,
    -- When it was paused, in Unix milliseconds.
    since BIGINT NOT NULL CHECK (since BETWEEN 100000000000 AND 100000000000000),
    -- When it is tried again, in Unix milliseconds.
    until BIGINT NOT NULL CHECK (until BETWEEN 100000000000 AND 100000000000000),
    -- The error in words.
    problem TEXT COLLATE "C" NOT NULL,

    CONSTRAINT payments_pauses_account PRIMARY KEY (tenant, provider, account)
);

-- Calls that count against a limit that a provider counts per account.
CREATE TABLE payments_rate_limits (
    -- The store's id. It is never used again: a call that ends late must not end another one.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- A digest of the credentials.
    credentials TEXT COLLATE "C" NOT NULL,
    -- 1 if the call has ended, else 0.
    ended BIGINT NOT NULL DEFAULT 0,
    -- Until when the call counts, in Unix milliseconds: one window after it ended, or must have ended.
    expires_at BIGINT NOT NULL
);

CREATE INDEX payments_rate_limits_counted ON payments_rate_limits (credentials, expires_at);
