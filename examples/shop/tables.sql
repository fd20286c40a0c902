-- The shop's tables, for SQLite and PostgreSQL. The journal's are beside them, and begin with `payments_`.
-- Amounts are integers in the currency's smallest unit. Times are Unix milliseconds. States are the journal's.

CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    product TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    shipped_at BIGINT
);
CREATE INDEX IF NOT EXISTS orders_of_customer ON orders (customer);

-- Attempts to pay.
CREATE TABLE IF NOT EXISTS payments (
    reference TEXT PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders (id),
    method TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL,
    problem TEXT,                          -- why it failed, for the customer
    provider_id TEXT,
    next TEXT,                             -- what the customer must do, as JSON
    completing BIGINT NOT NULL DEFAULT 0,  -- 1 once the card may be charged
    paid BIGINT,                           -- what the customer has paid
    closed_at BIGINT,                      -- since when it failed, or was cancelled
    created_at BIGINT NOT NULL
);

-- An order has one live payment: a second click or tab cannot start another one.
CREATE UNIQUE INDEX IF NOT EXISTS one_live_payment ON payments (order_id) WHERE closed_at IS NULL;
CREATE INDEX IF NOT EXISTS payments_of_order ON payments (order_id);

CREATE TABLE IF NOT EXISTS refunds (
    reference TEXT PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payments (reference),
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS refunds_of_payment ON refunds (payment);

CREATE TABLE IF NOT EXISTS payouts (
    reference TEXT PRIMARY KEY,
    customer TEXT NOT NULL,
    account TEXT NOT NULL,
    bank TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- What the shop believes that the providers executed: what came in is positive, what went out is negative.
CREATE TABLE IF NOT EXISTS bookings (
    about TEXT NOT NULL,                   -- the payment or the payout
    reference TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS bookings_of_intent ON bookings (reference);

CREATE TABLE IF NOT EXISTS history (order_id TEXT NOT NULL, at BIGINT NOT NULL, text TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS history_of_order ON history (order_id);

CREATE TABLE IF NOT EXISTS saved_cards (id TEXT PRIMARY KEY, customer TEXT NOT NULL, label TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS saved_cards_of_customer ON saved_cards (customer);
