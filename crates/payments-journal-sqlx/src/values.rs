//! Values as both databases store them.

use payments_core::time::OffsetDateTime;
use payments_journal::StoreError;

pub(crate) fn millis(time: OffsetDateTime) -> i64 {
    let millis = time.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLI);
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// A time in the future. The tables accept none after the year 5138, which nothing waits for.
pub(crate) fn scheduled(time: OffsetDateTime) -> i64 {
    millis(time).min(LATEST)
}

const LATEST: i64 = 100_000_000_000_000;

/// Removes what a stored time cannot have, so that a stored time equals the one that was returned.
#[cfg(feature = "sqlite")]
pub(crate) fn whole_millis(time: OffsetDateTime) -> OffsetDateTime {
    from_millis(millis(time)).unwrap_or(time)
}

pub(crate) fn from_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * NANOS_PER_MILLI).ok()
}

const NANOS_PER_MILLI: i128 = 1_000_000;

/// A number that a database stores in 64 signed bits.
pub(crate) fn signed(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| unreadable(what, &format!("{number} is too large")))
}

pub(crate) fn json<T: serde::Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(what, &error))
}

pub(crate) fn unreadable(what: &'static str, problem: &(impl ToString + ?Sized)) -> StoreError {
    StoreError::Unreadable { what, problem: problem.to_string() }
}
