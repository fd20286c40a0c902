use payments_journal::StoreError;
use sqlx::error::ErrorKind;

/// What is wrong with the database. The source of a [`StoreError::Rejected`] or a [`StoreError::Unavailable`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqliteError {
    /// A setting of the connection would lose what is committed.
    #[error(
        "the setting `{name}` is {found}, and the journal requires {required}: open connections with `SqliteStore::options`"
    )]
    Setting {
        /// The setting.
        name: &'static str,
        /// The value on this connection.
        found: String,
        /// The required value.
        required: &'static str,
    },
    /// The tables do not exist, or are older than this version.
    #[error(
        "the database is at version {found} of the journal's tables, and {required} is required: run `SqliteStore::migrate`"
    )]
    NotMigrated {
        /// The version of the database; 0 if it has no tables.
        found: i64,
        /// The version that the code requires.
        required: i64,
    },
    /// A newer version of this crate has migrated the database.
    #[error(
        "the database is at version {found} of the journal's tables, and this code knows {known} only: deploy the newer version of \
         `payments-journal-sqlx`"
    )]
    TooNew {
        /// The version of the database.
        found: i64,
        /// The latest version that the code knows.
        known: i64,
    },
    /// The database was restored again while its history was acknowledged.
    #[error("the database has got another history meanwhile: call `Journal::acknowledge_history` again")]
    HistoryChanged,
    /// The transaction read before it wrote, and another one has written in between. Nothing was written.
    #[error("another transaction has written since this one read: begin it with `BEGIN IMMEDIATE`, and repeat it")]
    ReadBeforeWrite(#[source] sqlx::Error),
    /// Any other error of the database.
    #[error(transparent)]
    Database(sqlx::Error),
}

/// `SQLITE_BUSY_SNAPSHOT`.
const BUSY_SNAPSHOT: &str = "517";

impl From<sqlx::Error> for SqliteError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.code()) {
            Some(code) if code == BUSY_SNAPSHOT => Self::ReadBeforeWrite(error),
            _ => Self::Database(error),
        }
    }
}

impl SqliteError {
    /// True if trying again does not help: a person must migrate the database, change a setting, or correct the application.
    ///
    /// Nothing was written then.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Setting { .. } | Self::NotMigrated { .. } | Self::TooNew { .. } | Self::ReadBeforeWrite(_) => true,
            Self::HistoryChanged => false,
            // A constraint of the tables, such as a foreign key.
            Self::Database(error) => error.as_database_error().is_some_and(|error| error.kind() != ErrorKind::Other),
        }
    }
}

impl From<SqliteError> for StoreError {
    fn from(error: SqliteError) -> Self {
        if error.is_permanent() { Self::Rejected(Box::new(error)) } else { Self::Unavailable(Box::new(error)) }
    }
}

/// An error of sqlx, as the journal reports it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    SqliteError::from(error).into()
}
