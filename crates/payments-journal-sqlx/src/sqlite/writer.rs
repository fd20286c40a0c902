//! The connection that changes intents.

use payments_journal::StoreError;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::MutexGuard;

use super::SqliteStore;

/// The turn to write, and the connection for it.
///
/// The pool checks a connection after each use, and hands out another one next time, which has to read the pages again. So the
/// store keeps one for itself. As nobody else can change its settings, they are checked once.
#[derive(Debug, Default)]
pub(super) struct Turn(Option<SqliteConnection>);

/// The connection during one change. It is closed when it is dropped, unless it was [released](Writer::release).
pub(super) struct Writer<'a> {
    connection: SqliteConnection,
    turn: MutexGuard<'a, Turn>,
}

impl<'a> Writer<'a> {
    pub(super) async fn new(store: &SqliteStore, mut turn: MutexGuard<'a, Turn>) -> Result<Self, StoreError> {
        let kept = turn.0.take().filter(|_| !store.pool.is_closed());
        let connection = match kept {
            Some(connection) => connection,
            // From the pool, so that it is set up like the others.
            None => store.connection().await?.detach(),
        };
        Ok(Self { connection, turn })
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Keeps the connection for the next change, after its transaction was committed or rolled back.
    pub(super) fn release(mut self) {
        self.turn.0 = Some(self.connection);
    }
}
