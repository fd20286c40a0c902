//! Rows of `SQLite`.

use payments_journal::StoreError;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::columns::Columns;
use crate::values::unreadable;

impl Columns for SqliteRow {
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
