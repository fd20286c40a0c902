//! The rows of the performance table: what is compared with what, and the limits.

/// A row of the table.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) figure: &'static str,
    pub(super) against: &'static str,
    pub(super) limit: Limit,
    pub(super) unit: Unit,
    /// How both sides are measured. It ends without a full stop.
    pub(super) how: &'static str,
}

/// The limit of a row.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// Our value is at most this many thousandths of theirs.
    AtMost(u64),
    /// Our value is at least this many thousandths of theirs.
    AtLeast(u64),
    /// Our value is at most this, in the row's unit. There is no other side.
    Within(u64),
    /// The program fits, or it does not.
    Fits,
}

/// The unit of both sides.
#[derive(Clone, Copy)]
pub(super) enum Unit {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Picoseconds,
    CallsPerSecond,
    StatementsPerMinute,
    Kibibytes,
    Bytes,
    Crates,
    Nothing,
}

pub(super) const ROWS: &[Row] = &[
    Row {
        name: "post-bare",
        figure: "one POST with an idempotency key, response decoded",
        against: "reqwest and serde_json",
        limit: Limit::AtMost(1_050),
        unit: Unit::Nanoseconds,
        how: "Creates TurraTech payments one after another over loopback. The other side is written by hand with the \
              same headers, connection pool and timeouts, and a new key for each request. It decodes into the SDK's \
              own types, with amounts and times as integers",
    },
    Row {
        name: "post-stripe",
        figure: "the same",
        against: "async-stripe, creating a customer",
        limit: Limit::AtMost(650),
        unit: Unit::Nanoseconds,
        how: "Both sides use a timeout, a new key for each request, and responses of about the same length. \
              async-stripe opens a connection for every call",
    },
    Row {
        name: "post-stripe-tls",
        figure: "the same over TLS",
        against: "async-stripe over TLS",
        limit: Limit::AtMost(200),
        unit: Unit::Nanoseconds,
        how: "All sides use rustls with aws-lc-rs and TLS 1.3, and resume sessions. async-stripe performs a \
              handshake for every call",
    },
    Row {
        name: "flight",
        figure: "256 calls in flight",
        against: "reqwest and serde_json",
        limit: Limit::AtLeast(930),
        unit: Unit::CallsPerSecond,
        how: "The calls of the first row, on one thread, from 256 tasks. Each task sends one call after another",
    },
    Row {
        name: "webhook-stripe",
        figure: "a signed TurraTech event verified, its object decoded",
        against: "async-stripe's `construct_event`",
        limit: Limit::AtMost(600),
        unit: Unit::Nanoseconds,
        how: "A payment of about 430 bytes. For async-stripe, a customer of the same size",
    },
    Row {
        name: "webhook-bare",
        figure: "the same",
        against: "HMAC-SHA256 and serde_json",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "The other side is written by hand. It prepares the secret once, parses the header, checks the \
              timestamp, and decodes everything in one pass into the SDK's own types, with amounts and times as \
              integers",
    },
    Row {
        name: "webhook-hmac",
        figure: "a signed TurraTech event verified, its type read, its object not decoded",
        against: "HMAC-SHA256 alone",
        limit: Limit::AtMost(2_000),
        unit: Unit::Nanoseconds,
        how: "The other side computes the HMAC and compares it. It decodes nothing",
    },
    Row {
        name: "webhook-turbopay",
        figure: "a signed TurboPay event verified and decoded",
        against: "HMAC-SHA256 and serde_json",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "The other side is written by hand. It prepares the key once, and decodes into the SDK's own ids and \
              statuses",
    },
    Row {
        name: "callback",
        figure: "a Turbo Transactions callback decrypted and decoded",
        against: "AES-256-CBC and serde_json",
        limit: Limit::AtMost(1_250),
        unit: Unit::Nanoseconds,
        how: "The other side uses the same crates by hand. It reports bad padding at once, and wipes no memory",
    },
    Row {
        name: "build-bare",
        figure: "clean debug build, one provider",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_200),
        unit: Unit::Milliseconds,
        how: "The same application, which makes one call, with the same dependency versions and the same TLS. All \
              sources are already downloaded",
    },
    Row {
        name: "build-stripe",
        figure: "the same",
        against: "async-stripe",
        limit: Limit::AtMost(650),
        unit: Unit::Milliseconds,
        how: "async-stripe's core, payment, billing and webhook crates, for the features that TurraTech has too, on \
              rustls with aws-lc-rs",
    },
    Row {
        name: "build-webhooks",
        figure: "clean debug build, webhooks only",
        against: "the same with the transport",
        limit: Limit::AtMost(350),
        unit: Unit::Milliseconds,
        how: "One application. The other side has the feature `rustls`",
    },
    Row {
        name: "incremental",
        figure: "debug build after touching the application",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_100),
        unit: Unit::Milliseconds,
        how: "The applications of the clean builds",
    },
    Row {
        name: "binary",
        figure: "stripped release binary that makes one call",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_080),
        unit: Unit::Bytes,
        how: "The applications of the clean builds, with cargo's release profile and `strip`",
    },
    Row {
        name: "crates",
        figure: "crates in the dependency tree, one provider",
        against: "payrail with its stripe feature",
        limit: Limit::AtMost(1_000),
        unit: Unit::Crates,
        how: "As `cargo tree` lists them, including the application and tokio on both sides",
    },
    Row {
        name: "stack",
        figure: "verifying and decoding on a stack of 64 KiB",
        against: "",
        limit: Limit::Fits,
        unit: Unit::Nothing,
        how: "One delivery each of TurraTech, Turbo Transactions and TurboPay, release build",
    },
    Row {
        name: "pager-memory",
        figure: "memory while a list of 1,000,000 objects is read to its end",
        against: "memory at the start",
        limit: Limit::Within(4_096),
        unit: Unit::Kibibytes,
        how: "The highest resident memory, minus the resident memory after a list of 1,000 objects",
    },
    Row {
        name: "pager-growth",
        figure: "one object in a list of 10^4, 10^5 or 10^6 objects, whichever is slowest",
        against: "one object in a list of 10^3 objects",
        limit: Limit::AtMost(1_100),
        unit: Unit::Picoseconds,
        how: "Pages of 100 objects, created on request. The time includes creating them",
    },
    Row {
        name: "sandbox-creates",
        figure: "payments that the sandbox creates",
        against: "the same engine behind axum",
        limit: Limit::AtLeast(700),
        unit: Unit::CallsPerSecond,
        how: "One server thread, 16 connections from one process, a new sandbox for each round",
    },
    Row {
        name: "sandbox-ready",
        figure: "the sandbox, from the start of its process until it is ready",
        against: "",
        limit: Limit::Within(150_000),
        unit: Unit::Microseconds,
        how: "A release build",
    },
    Row {
        name: "journal-call",
        figure: "a payout recorded and executed by the journal on SQLite",
        against: "the same payout and the same bare commits",
        limit: Limit::AtMost(1_200),
        unit: Unit::Nanoseconds,
        how: "TurboPay payouts one after another, to the sandbox over loopback. The journal commits three times: the \
              intent, the claim, the result. The other side makes the same call and three commits, each with one \
              statement that writes as many pages, on one connection with the same settings (WAL, `synchronous=FULL`). \
              The numbers of pages are read from SQLite's log during the run: usually 3, 4 and 8 pages of 4 KiB",
    },
    Row {
        name: "journal-call-slow-sync",
        figure: "the same, on a disk whose syncs take 1 ms",
        against: "the same payout and the same bare commits",
        limit: Limit::AtMost(1_200),
        unit: Unit::Nanoseconds,
        how: "As above. strace delays each `fsync` and `fdatasync` of both sides by 1 ms, which is a fast disk that keeps \
              what it has synced through a loss of power",
    },
    Row {
        name: "journal-worker",
        figure: "payouts that a worker claims and sends",
        against: "bare calls, one after another, with the same bare commits",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "500 recorded payouts, at most 16 at a time, until all results are stored. The other side makes two \
              commits per call: the claim and the result",
    },
    Row {
        name: "journal-worker-apalis",
        figure: "the same",
        against: "apalis-sqlite",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "500 jobs, at most 16 at a time, with the same client, until all jobs are stored as done. Both sides use \
              WAL and `synchronous=FULL`. apalis-sqlite's own setup uses `synchronous=OFF`",
    },
    Row {
        name: "journal-settled",
        figure: "an intent recorded, claimed and settled beside 1,000,000 settled ones",
        against: "the same in an empty database",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "A worker finds the intent. No request is sent, so that the call does not hide the difference. The settled \
              intents are copies of one that was executed, with their evidence and delivered changes",
    },
    Row {
        name: "journal-crash",
        figure: "from a crash during a call until the journal knows that the order was executed, at the 99th percentile",
        against: "the lease",
        limit: Limit::Within(3_000_000),
        unit: Unit::Microseconds,
        how: "200 payouts that TurboPay executed, and whose responses never arrive. The lease is 2 seconds, so the \
              limit is the lease and one second. A new process looks them up, 25 at a time, because TurboPay limits \
              lookups to 60 per minute",
    },
    Row {
        name: "postgres-call",
        figure: "a payout recorded and executed by the journal on PostgreSQL",
        against: "the same payout and the same bare commits",
        limit: Limit::AtMost(1_200),
        unit: Unit::Nanoseconds,
        how: "As on SQLite: the journal commits three times. The other side makes the same call and three commits on one \
              connection. Each inserts one row, and writes as many bytes to the write-ahead log as the journal's commits on \
              average, as measured before. In all rows, PostgreSQL 15 is on the same machine, with its data on a disk, \
              `fsync=on` and `synchronous_commit=on`",
    },
    Row {
        name: "postgres-call-slow-sync",
        figure: "the same, on a disk whose syncs take 1 ms",
        against: "the same payout and the same bare commits",
        limit: Limit::AtMost(1_200),
        unit: Unit::Nanoseconds,
        how: "As above, with `commit_delay=1000` and `commit_siblings=0` on both sides: each commit waits 1 ms before it syncs, \
              as on a fast disk that keeps what it has synced through a loss of power",
    },
    Row {
        name: "postgres-claims-apalis",
        figure: "intents that a worker on PostgreSQL claims and settles, one at a time",
        against: "apalis-postgres",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "1,000 recorded jobs that do nothing but succeed, from the start of the worker until all are stored as done. No \
              request is sent. apalis-postgres reads one job at a time",
    },
    Row {
        name: "postgres-claims-underway",
        figure: "the same",
        against: "underway",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "As above. underway runs in a process of its own, because it needs an older sqlx",
    },
    Row {
        name: "postgres-claims-32-apalis",
        figure: "intents that a worker on PostgreSQL claims and settles, 32 at a time",
        against: "apalis-postgres",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "As above, with 32 jobs at a time on each side. apalis-postgres reads 32 jobs at a time",
    },
    Row {
        name: "postgres-claims-32-underway",
        figure: "the same",
        against: "underway",
        limit: Limit::AtLeast(1_000),
        unit: Unit::CallsPerSecond,
        how: "As above. 32 loops take underway's tasks: a worker's own starts one more for each notification only",
    },
    Row {
        name: "postgres-idle-apalis",
        figure: "statements of a worker on PostgreSQL that has nothing to do",
        against: "apalis-postgres",
        limit: Limit::Within(60),
        unit: Unit::StatementsPerMinute,
        how: "As the server logs them in a minute, with those that begin and end transactions. Both sides are \
              set to look once a second, so the limit is one statement per look",
    },
    Row {
        name: "postgres-idle-underway",
        figure: "the same",
        against: "underway",
        limit: Limit::Within(60),
        unit: Unit::StatementsPerMinute,
        how: "underway looks once a minute, and when it is notified",
    },
    Row {
        name: "postgres-settled",
        figure: "an intent recorded, claimed and settled on PostgreSQL beside 1,000,000 settled ones",
        against: "the same in an empty database",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "As on SQLite",
    },
];
