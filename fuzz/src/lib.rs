//! Fuzz targets: what every parser of untrusted bytes must guarantee for any input.
//!
//! A target is a function of bytes that asserts these guarantees. `fuzz_targets` runs the targets under libFuzzer.
//! `smoke` runs them on the corpus and on mutations of it, with any toolchain.
#![forbid(unsafe_code)]

mod callbacks;
mod oracle;
mod responses;
mod values;
mod webhooks;

pub use callbacks::{card3ds_forms, turbo_txn_callbacks};
pub use responses::card3ds::card3ds_responses;
pub use responses::turbo_link::turbo_link_responses;
pub use responses::turbo_txn::turbo_txn_responses;
pub use responses::turbopay::turbopay_responses;
pub use responses::turratech::turratech_responses;
pub use values::{faults, json, masks, money};
pub use webhooks::{signatures, turbopay_webhooks, turratech_webhooks};

/// A parser and the meaning of the first bytes of its input.
#[derive(Debug)]
pub struct Target {
    /// The name of the target, its program and its corpus directory.
    pub name: &'static str,
    /// Returns true if the parser accepts the input. Panics if the parser breaks a guarantee.
    pub run: fn(&[u8]) -> bool,
    /// The first bytes of an input select a case: for each, the first value and the number of values.
    pub choices: &'static [(u8, u8)],
}

macro_rules! targets {
    ($($name:ident $choices:expr;)*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$(Target { name: stringify!($name), run: $name, choices: $choices }),*];
    };
}

targets! {
    card3ds_forms &[];
    card3ds_responses responses::card3ds::CHOICES;
    faults &[];
    json &[];
    masks &[];
    money &[];
    signatures &[];
    turbo_link_responses responses::turbo_link::CHOICES;
    turbo_txn_callbacks &[];
    turbo_txn_responses responses::turbo_txn::CHOICES;
    turbopay_responses responses::turbopay::CHOICES;
    turbopay_webhooks &[];
    turratech_responses responses::turratech::CHOICES;
    turratech_webhooks &[];
}

/// Defines the libFuzzer program of a target.
#[macro_export]
macro_rules! fuzz {
    ($target:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| {
            $crate::$target(data);
        });
    };
}
