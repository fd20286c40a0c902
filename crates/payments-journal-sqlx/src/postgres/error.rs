use payments_journal::StoreError;

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
            _ => Self::Database(error),
        }
    }
}

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
            Self::Setting { .. } | Self::NotMigrated { .. } | Self::TooNew { .. } => true,
            Self::Conflict(_) | Self::Commit(_) => false,
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

/// True if the transaction was rolled back because of another one, so that it can be repeated.
pub(super) fn is_conflict(error: &StoreError) -> bool {
    let StoreError::Unavailable(source) = error else { return false };
    matches!(source.downcast_ref(), Some(PostgresError::Conflict(_)))
}
