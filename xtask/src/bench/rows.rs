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
];

/// Why a limit is missed, by the name of its row.
pub(super) const MISS_REASONS: &[(&str, &str)] = &[
    (
        "post-bare",
        "The SDK's own work takes a few microseconds per call. Its share of a call depends on the speed of the \
         loopback interface",
    ),
    (
        "flight",
        "With all cores busy, every instruction counts, and a call executes more of them than hand-written code. The \
         SDK reads the response twice, to keep it as received. It keeps the parameters, to compare the response with \
         them. It also manages a key, a deadline, a retry budget and a trace",
    ),
    (
        "webhook-stripe",
        "HMAC-SHA256 and serde_json alone, decoding into the same types, already exceed the limit: compare the next \
         row",
    ),
    (
        "webhook-bare",
        "The event's type is known before its object is decoded. So the object is read twice: first, serde_json \
         finds its end",
    ),
    (
        "webhook-hmac",
        "The processor has instructions for the HMAC, but none for JSON. Skipping over the event without decoding it \
         already takes serde_json most of the time that the limit leaves. The event's own members, its time and its \
         header come on top",
    ),
    (
        "callback",
        "Bad padding takes the same steps as good padding, the text is in a copy that is wiped, and the text is \
         checked as UTF-8 first",
    ),
    (
        "build-bare",
        "Exact decimals, times, HMAC and two of our own crates come on top of the dependencies that both sides have",
    ),
    ("build-stripe", "Both sides have reqwest, rustls with aws-lc-rs and tokio, and these alone exceed the limit"),
    (
        "journal-call",
        "The journal's own work takes about 0.3 ms per call: SQLite's statements, and messages between threads, because sqlx \
         runs each connection on a thread of its own. The share is large where a disk commits in 0.1 ms, as this one \
         does. Compare the next row",
    ),
    (
        "journal-worker",
        "The other side holds one connection and no lease. The journal reads an intent's evidence before each change, and \
         commits each claim and each result alone",
    ),
    (
        "journal-worker-apalis",
        "apalis-sqlite claims and finishes jobs in batches. The journal reads the evidence of each intent, and commits \
         each claim and each result alone",
    ),
    ("incremental", "Linking: the program is larger, above all by its debug information"),
    (
        "crates",
        "Exact decimals and times have their own crates, and so does the path of a value that cannot be decoded",
    ),
];
