use payments_journal::StoreError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// What is wrong with the database. The source of a [`StoreError::Rejected`] or a [`StoreError::Unavailable`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// A setting of the server or of the connection can lose what is committed.
    #[error(
        "the setting `{name}` is {found}, and the journal requires {required}: change it, or accept it with \
         `PostgresStore::accept`"
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
        "the database is at version {found} of the journal's tables, and {required} is required: run `PostgresStore::migrate`"
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
    /// The role may not read the database's history, so a restore would not be noticed.
    #[error(
        "the role may not read the database's history: GRANT EXECUTE ON FUNCTION pg_control_system(), pg_walfile_name(pg_lsn), \
         pg_current_wal_lsn() TO the role"
    )]
    NoHistory(#[source] sqlx::Error),
    /// The database was restored again while its history was acknowledged.
    #[error("the database has got another history meanwhile: call `Journal::acknowledge_history` again")]
    HistoryChanged,
    /// The server is a standby, or the transaction is read-only.
    #[error("the server is a standby, or the transaction is read-only: connect to the primary server")]
    ReadOnly(#[source] sqlx::Error),
    /// Another transaction was in the way: a deadlock, or a change of the same rows. Nothing was written.
    #[error("another transaction was in the way: roll back, and repeat the transaction from its beginning")]
    Conflict(#[source] sqlx::Error),
    /// The commit failed. The transaction may be committed all the same.
    #[error("the commit failed, and the transaction may be committed all the same")]
    Commit(#[source] sqlx::Error),
    /// Any other error of the database.
    #[error(transparent)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for PostgresError {
    fn from(error: sqlx::Error) -> Self {
        match code(&error).as_deref() {
            Some(SERIALIZATION_FAILURE | DEADLOCK) => Self::Conflict(error),
            Some(INSUFFICIENT_PRIVILEGE) if is_about_history(&error) => Self::NoHistory(error),
            Some(READ_ONLY | NOT_ON_A_STANDBY) => Self::ReadOnly(error),
            _ => Self::Database(error),
        }
    }
}

/// True if the error names a function that reads the database's history.
fn is_about_history(error: &sqlx::Error) -> bool {
    let functions = ["pg_control_system", "pg_walfile_name", "pg_current_wal_lsn"];
    error.as_database_error().is_some_and(|error| functions.iter().any(|name| error.message().contains(name)))
}

const INSUFFICIENT_PRIVILEGE: &str = "42501";
const READ_ONLY: &str = "25006";
/// Of the functions that read the history, on a standby server.
const NOT_ON_A_STANDBY: &str = "55000";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";

/// The database's code of an error: five characters, of which the first two are the class.
pub(super) fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(Into::into)
}

impl PostgresError {
    /// True if trying again does not help: a person must migrate the database, change a setting, or correct the application.
    ///
    /// Nothing was written then.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Setting { .. } | Self::NotMigrated { .. } | Self::TooNew { .. } | Self::NoHistory(_) => true,
            Self::Conflict(_) | Self::Commit(_) | Self::ReadOnly(_) | Self::HistoryChanged => false,
            Self::Database(error) => {
                code(error).is_some_and(|code| PERMANENT.contains(&code.get(..2).unwrap_or_default()))
            }
        }
    }
}

/// Invalid data, violated constraints, and missing tables or rights.
const PERMANENT: [&str; 3] = ["22", "23", "42"];

impl From<PostgresError> for StoreError {
    fn from(error: PostgresError) -> Self {
        if error.is_permanent() { Self::Rejected(Box::new(error)) } else { Self::Unavailable(Box::new(error)) }
    }
}

/// An error of sqlx, as the journal reports it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    PostgresError::from(error).into()
}

/// True if this error of a statement, which is a transaction of its own, proves that it was rolled back.
///
/// An administrator's command or a failure of the system can come after the commit. So can whatever ends the session.
pub(super) fn is_rolled_back(error: &sqlx::Error) -> bool {
    let severity = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
    let ends_statement = severity.is_some_and(|error| error.severity() == PgSeverity::Error);
    let code = code(error).unwrap_or_default();
    ends_statement && code != COMPLETION_UNKNOWN && ROLLED_BACK.contains(&code.get(..2).unwrap_or_default())
}

const COMPLETION_UNKNOWN: &str = "40003";

/// Invalid data, violated constraints, invalid states, conflicts, missing tables or rights, and locks.
const ROLLED_BACK: [&str; 6] = ["22", "23", "25", "40", "42", "55"];

/// True if the transaction was rolled back because of another one, so that it can be repeated.
pub(super) fn is_conflict(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    matches!(source.downcast_ref(), Some(PostgresError::Conflict(_)))
}
