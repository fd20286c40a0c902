//! Commits without a journal, which write as much to the log as the journal's.

use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

/// A table on one connection.
pub struct Bare {
    connection: PgConnection,
    content: Vec<u8>,
}

impl Bare {
    /// Prepares commits that write so many bytes to the write-ahead log.
    pub async fn new(mut connection: PgConnection, bytes_per_commit: usize) -> Self {
        sqlx::raw_sql(TABLE).execute(&mut connection).await.unwrap();
        let mut bare = Self { connection, content: Vec::new() };
        let empty = bare.bytes_per_commit().await;
        bare.content = vec![7; bytes_per_commit.saturating_sub(empty)];
        let (wanted, written) = (bytes_per_commit, bare.bytes_per_commit().await);
        assert!(written.abs_diff(wanted) < wanted / 5, "{written} bytes instead of {wanted}");
        bare
    }

    async fn bytes_per_commit(&mut self) -> usize {
        // Without the first change of a page after a checkpoint, which writes the whole page.
        self.commit().await;
        let before = written(&mut self.connection).await;
        for _ in 0..SAMPLES {
            self.commit().await;
        }
        (written(&mut self.connection).await - before) / SAMPLES
    }

    /// Commits one statement.
    pub async fn commit(&mut self) {
        let mut transaction = self.connection.begin().await.unwrap();
        let insert = sqlx::query("INSERT INTO bare (content) VALUES ($1)").bind(&self.content);
        insert.execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

/// The number of bytes that were written to the write-ahead log so far.
pub async fn written(connection: &mut PgConnection) -> usize {
    let bytes = sqlx::query_scalar::<_, i64>("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint");
    usize::try_from(bytes.fetch_one(connection).await.unwrap()).unwrap()
}

pub const SAMPLES: usize = 50;

/// As a part of a row, the content is neither compressed nor stored elsewhere.
const TABLE: &str = "\
    CREATE TABLE bare (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, content BYTEA NOT NULL); \
    ALTER TABLE bare ALTER COLUMN content SET STORAGE PLAIN";
