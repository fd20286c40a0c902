//! What every parser of untrusted bytes must hold to, whatever it is fed.
//!
//! A target is a plain function of bytes with assertions in it. The programs in `fuzz_targets` hand it to libFuzzer,
//! and `smoke` feeds it the corpus and mutations of it, on any toolchain.
#![forbid(unsafe_code)]

mod answers;
mod callbacks;
mod deliveries;
pub mod mutate;
mod oracle;
mod values;

pub use answers::card3ds::card3ds_answers;
pub use answers::turbo_link::turbo_link_answers;
pub use answers::turbo_txn::turbo_txn_answers;
pub use answers::turbopay::turbopay_answers;
pub use answers::turratech::turratech_answers;
pub use callbacks::{card3ds_forms, turbo_txn_callbacks};
pub use deliveries::{signatures, turbopay_webhooks, turratech_webhooks};
pub use values::{faults, json, masks, money};

/// A parser, and how the first bytes of its input are to be read.
#[derive(Debug)]
pub struct Target {
    /// Its name, that of its program and of its directory in the corpus.
    pub name: &'static str,
    /// Feeds it. True when it took the input for what it parses; it panics when it breaks a promise.
    pub run: fn(&[u8]) -> bool,
    /// Bytes in front that choose: from this byte on, so many different ones.
    pub choices: &'static [(u8, u8)],
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "card3ds_answers", run: card3ds_answers, choices: answers::card3ds::CHOICES },
    Target { name: "card3ds_forms", run: card3ds_forms, choices: &[] },
    Target { name: "faults", run: faults, choices: &[] },
    Target { name: "json", run: json, choices: &[] },
    Target { name: "masks", run: masks, choices: &[] },
    Target { name: "money", run: money, choices: &[] },
    Target { name: "signatures", run: signatures, choices: &[] },
    Target { name: "turbo_link_answers", run: turbo_link_answers, choices: answers::turbo_link::CHOICES },
    Target { name: "turbo_txn_answers", run: turbo_txn_answers, choices: answers::turbo_txn::CHOICES },
    Target { name: "turbo_txn_callbacks", run: turbo_txn_callbacks, choices: &[] },
    Target { name: "turbopay_answers", run: turbopay_answers, choices: answers::turbopay::CHOICES },
    Target { name: "turbopay_webhooks", run: turbopay_webhooks, choices: &[] },
    Target { name: "turratech_answers", run: turratech_answers, choices: answers::turratech::CHOICES },
    Target { name: "turratech_webhooks", run: turratech_webhooks, choices: &[] },
];
