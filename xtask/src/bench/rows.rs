//! The rows of the table: what is compared with what, and how much of it may be paid.

/// One row.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) figure: &'static str,
    pub(super) against: &'static str,
    pub(super) limit: Limit,
    pub(super) unit: Unit,
    /// How both sides were made alike, in a sentence.
    pub(super) how: &'static str,
}

/// What a figure may be.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    /// Ours at most so many thousandths of theirs.
    AtMost(u64),
    /// Ours at least so many thousandths of theirs.
    AtLeast(u64),
    /// Ours at most this, in the unit; there is no other side.
    Within(u64),
    /// It does, or it does not.
    Fits,
}

/// What both sides are counted in.
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
        figure: "one keyed POST, answered and decoded",
        against: "reqwest and serde_json",
        limit: Limit::AtMost(1_050),
        unit: Unit::Nanoseconds,
        how: "TurraTech's create payment, one after another over loopback, by hand with the same headers, pool, timeouts, a \
              new key each time, and into the SDK's own types, amounts and times as integers",
    },
    Row {
        name: "post-stripe",
        figure: "the same",
        against: "async-stripe, creating a customer",
        limit: Limit::AtMost(650),
        unit: Unit::Nanoseconds,
        how: "A new key each time and a timeout on both sides, answers of about the same length; async-stripe opens a \
              connection for every call",
    },
    Row {
        name: "post-stripe-tls",
        figure: "the same over TLS",
        against: "async-stripe over TLS",
        limit: Limit::AtMost(200),
        unit: Unit::Nanoseconds,
        how: "rustls with aws-lc-rs and TLS 1.3 on all sides, sessions resumed; async-stripe shakes hands for every call",
    },
    Row {
        name: "flight",
        figure: "256 calls in flight",
        against: "reqwest and serde_json",
        limit: Limit::AtLeast(950),
        unit: Unit::CallsPerSecond,
        how: "The calls of the first row, on one thread, from 256 tasks that send one after another",
    },
    Row {
        name: "webhook-stripe",
        figure: "a signed event of TurraTech's verified, and its object decoded",
        against: "async-stripe's `construct_event`",
        limit: Limit::AtMost(350),
        unit: Unit::Nanoseconds,
        how: "A payment in about 430 bytes; a customer in as many for async-stripe",
    },
    Row {
        name: "webhook-bare",
        figure: "the same",
        against: "HMAC-SHA256 and serde_json",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "By hand with the secret prepared once, the header taken apart, its time looked at, and everything decoded in one \
              go into the SDK's own types, amounts and times as integers",
    },
    Row {
        name: "webhook-hmac",
        figure: "the same, its type known, its object not yet decoded",
        against: "HMAC-SHA256 alone",
        limit: Limit::AtMost(2_000),
        unit: Unit::Nanoseconds,
        how: "The other side computes and compares the tag, and reads nothing",
    },
    Row {
        name: "webhook-turbopay",
        figure: "a signed event of TurboPay's verified and decoded",
        against: "HMAC-SHA256 and serde_json",
        limit: Limit::AtMost(1_100),
        unit: Unit::Nanoseconds,
        how: "By hand with the key prepared once, and decoded into the SDK's own ids and statuses",
    },
    Row {
        name: "callback",
        figure: "a callback of Turbo Transactions decrypted and decoded",
        against: "AES-256-CBC and serde_json",
        limit: Limit::AtMost(1_250),
        unit: Unit::Nanoseconds,
        how: "The same crates by hand, which tell bad padding at once and wipe nothing",
    },
    Row {
        name: "build-bare",
        figure: "clean debug build, one provider",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_200),
        unit: Unit::Milliseconds,
        how: "The same application, which makes one call, with the same versions and the same TLS; nothing downloaded",
    },
    Row {
        name: "build-stripe",
        figure: "the same",
        against: "async-stripe",
        limit: Limit::AtMost(450),
        unit: Unit::Milliseconds,
        how: "Its core, payment, billing and webhook crates with what TurraTech has too, on rustls with aws-lc-rs",
    },
    Row {
        name: "build-webhooks",
        figure: "clean debug build, webhooks only",
        against: "the same with the transport",
        limit: Limit::AtMost(350),
        unit: Unit::Milliseconds,
        how: "One application; the feature `rustls` on the other side",
    },
    Row {
        name: "incremental",
        figure: "build after touching the application",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_100),
        unit: Unit::Milliseconds,
        how: "The applications of the clean builds, debug",
    },
    Row {
        name: "binary",
        figure: "stripped release binary making one call",
        against: "reqwest, serde, tokio",
        limit: Limit::AtMost(1_080),
        unit: Unit::Bytes,
        how: "The same applications, cargo's release profile and `strip`",
    },
    Row {
        name: "crates",
        figure: "crates in the tree, one provider",
        against: "payrail with its stripe feature",
        limit: Limit::AtMost(1_000),
        unit: Unit::Crates,
        how: "As `cargo tree` names them, the application and tokio included on both sides",
    },
    Row {
        name: "stack",
        figure: "verifying and decoding in a stack of 64 KiB",
        against: "",
        limit: Limit::Fits,
        unit: Unit::Nothing,
        how: "A delivery of each of TurraTech, Turbo Transactions and TurboPay, release",
    },
    Row {
        name: "pager-memory",
        figure: "a list of 1,000,000 objects read to its end",
        against: "memory at the start",
        limit: Limit::Within(4_096),
        unit: Unit::Kibibytes,
        how: "The most that was ever resident, over what was after a list of 1,000",
    },
    Row {
        name: "pager-growth",
        figure: "an object in lists of 10^4, 10^5 and 10^6, the dearest",
        against: "an object in a list of 10^3",
        limit: Limit::AtMost(1_100),
        unit: Unit::Picoseconds,
        how: "Pages of 100 made when they are asked for, their making included",
    },
    Row {
        name: "sandbox-creates",
        figure: "payments that the sandbox creates",
        against: "the same engine behind axum",
        limit: Limit::AtLeast(700),
        unit: Unit::CallsPerSecond,
        how: "One server thread, 16 connections from one process, a sandbox anew for each round",
    },
    Row {
        name: "sandbox-ready",
        figure: "the sandbox from its process's start to being ready",
        against: "",
        limit: Limit::Within(150_000),
        unit: Unit::Microseconds,
        how: "A release build",
    },
];

/// Why a limit is missed, where it is: by the row's name.
pub(super) const IN_THE_WAY: &[(&str, &str)] = &[
    (
        "post-bare",
        "The SDK's own work is a few microseconds a call; how much that is of a call depends on how fast the loopback happens \
         to be",
    ),
    (
        "flight",
        "With all cores busy every instruction counts, and a call has more of them than by hand: its answer is gone over \
         twice, so that it is there as it came; its parameters are kept, to hold the answer against them; a key, a deadline, a \
         budget and a trace are looked after",
    ),
    (
        "webhook-stripe",
        "HMAC-SHA256 and serde_json into the same types, with nothing around them, are above the limit themselves: compare \
         the next row",
    ),
    (
        "webhook-bare",
        "The event's type is known before its object is decoded, so the object is gone over twice, first by serde_json to \
         find its end",
    ),
    (
        "webhook-hmac",
        "The processor has instructions for the HMAC, and none for JSON: to pass over the event without decoding anything \
         takes serde_json most of what the limit leaves; the event's own members, its time and its header come to that",
    ),
    (
        "callback",
        "Bad padding takes the steps of good padding, the text is in a copy that is wiped, and it is looked at as UTF-8 first",
    ),
    ("build-bare", "Exact decimals, times, HMAC and two crates of ours stand beside what both have"),
    (
        "build-stripe",
        "reqwest, rustls with aws-lc-rs and tokio are in both, and take more than the limit by themselves",
    ),
    ("incremental", "Linking: the program has more in it, above all more that a debugger could show"),
    (
        "crates",
        "Exact decimals and times have crates of their own, as has the place of what cannot be read in an answer",
    ),
];
