//! Values as they are stored.

use payments_core::time::OffsetDateTime;
use payments_core::{Currency, Money, PaymentStatus};
use payments_journal::{Account, IntentId, Review, State, StoreError};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{Decode, Row as _, Type};

pub(super) fn millis(time: OffsetDateTime) -> i64 {
    let millis = time.unix_timestamp_nanos().div_euclid(NANOS_PER_MILLI);
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// A time in the future. The tables accept none after the year 5138, which nothing waits for.
pub(super) fn scheduled(time: OffsetDateTime) -> i64 {
    millis(time).min(LATEST)
}

const LATEST: i64 = 100_000_000_000_000;

/// Removes what a stored time cannot have, so that a stored time equals the one that was returned.
pub(super) fn whole_millis(time: OffsetDateTime) -> OffsetDateTime {
    from_millis(millis(time)).unwrap_or(time)
}

fn from_millis(millis: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * NANOS_PER_MILLI).ok()
}

const NANOS_PER_MILLI: i128 = 1_000_000;

/// A number that SQLite stores in 64 signed bits.
pub(super) fn signed(what: &'static str, number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| unreadable(what, &format!("{number} is too large")))
}

pub(super) fn json<T: serde::Serialize + ?Sized>(what: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| unreadable(what, &error))
}

pub(super) fn unreadable(what: &'static str, problem: &(impl ToString + ?Sized)) -> StoreError {
    StoreError::Unreadable { what, problem: problem.to_string() }
}

/// The columns of a row, by their names.
pub(super) struct Columns<'a>(pub(super) &'a SqliteRow);

impl<'a> Columns<'a> {
    pub(super) fn get<T: Decode<'a, Sqlite> + Type<Sqlite>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.0.try_get(column).map_err(|error| unreadable(column, &error))
    }

    pub(super) fn number<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        let number: i64 = self.get(column)?;
        T::try_from(number).map_err(|_| unreadable(column, &number))
    }

    pub(super) fn time(&self, column: &'static str) -> Result<OffsetDateTime, StoreError> {
        let millis = self.get(column)?;
        from_millis(millis).ok_or_else(|| unreadable(column, &millis))
    }

    pub(super) fn optional_time(&self, column: &'static str) -> Result<Option<OffsetDateTime>, StoreError> {
        self.get::<Option<i64>>(column)?.map(|_| self.time(column)).transpose()
    }

    pub(super) fn intent(&self, column: &'static str) -> Result<IntentId, StoreError> {
        self.get(column).map(IntentId::new)
    }

    pub(super) fn account(&self) -> Result<Account, StoreError> {
        Ok(Account { tenant: self.get("tenant")?, provider: self.get("provider")?, name: self.get("account")? })
    }

    pub(super) fn money(&self, amount: &'static str, currency: &'static str) -> Result<Option<Money>, StoreError> {
        let Some(minor) = self.get::<Option<i64>>(amount)? else { return Ok(None) };
        let code: &str = self.get(currency)?;
        let currency: Currency = code.parse().map_err(|error| unreadable(currency, &error))?;
        Ok(Some(Money::from_minor(minor, currency)))
    }

    pub(super) fn state(&self, column: &'static str) -> Result<State, StoreError> {
        let name: &str = self.get(column)?;
        State::from_name(name).ok_or_else(|| unreadable(column, name))
    }

    pub(super) fn status(&self) -> Result<Option<PaymentStatus>, StoreError> {
        let text: Option<&str> = self.get("status")?;
        text.map(|text| serde_json::from_str(text).map_err(|error| unreadable("status", &error))).transpose()
    }

    pub(super) fn review(&self) -> Result<Option<Review>, StoreError> {
        let code: Option<&str> = self.get("review")?;
        code.map(|code| Review::from_code(code).ok_or_else(|| unreadable("review", code))).transpose()
    }
}
