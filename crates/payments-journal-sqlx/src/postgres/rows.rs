//! Rows of `PostgreSQL`.

use payments_journal::{Account, StoreError};
use sqlx::Row as _;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;

use crate::columns::Columns;
use crate::values::unreadable;

impl Columns for PgRow {
    fn optional_integer(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }

    fn optional_text(&self, column: &'static str) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }

    fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.try_get(column).map_err(|error| unreadable(column, &error))
    }
}

/// The ids in an array of a row.
pub(super) fn ids(row: &PgRow, column: &'static str) -> Result<Vec<i64>, StoreError> {
    row.try_get(column).map_err(|error| unreadable(column, &error))
}

pub(super) fn boolean(row: &PgRow, column: &'static str) -> Result<bool, StoreError> {
    row.try_get(column).map_err(|error| unreadable(column, &error))
}

/// The database's time in Unix milliseconds. A subquery is executed once, so that an index can be searched for the time.
macro_rules! now {
    () => {
        "(SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
    };
}
pub(super) use now;

/// The accounts in the first three parameters.
///
/// Parameters are in subqueries, here and in limits, so that PostgreSQL expects as many rows of any value, and keeps one plan. Otherwise it
/// plans a statement each time, which takes longer than the statement.
macro_rules! is_of_accounts {
    ($table:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::text[])) AS a (tenant, provider, account) \
                WHERE a.tenant = ",
            $table,
            ".tenant AND a.provider = ",
            $table,
            ".provider AND a.account = ",
            $table,
            ".account)"
        )
    };
}
pub(super) use is_of_accounts;

pub(super) type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Binds accounts as three arrays.
pub(super) fn bind_accounts<'q>(query: Statement<'q>, accounts: &[Account]) -> Statement<'q> {
    let names = |part: fn(&Account) -> &String| accounts.iter().map(part).cloned().collect::<Vec<String>>();
    query
        .bind(names(|account| &account.tenant))
        .bind(names(|account| &account.provider))
        .bind(names(|account| &account.name))
}

/// A text that `PostgreSQL` can store: it has no character with the number 0.
pub(super) fn storable(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
