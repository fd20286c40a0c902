//! Commits without a journal: as many as the journal makes, with as many pages.

use std::path::Path;

use payments_journal::{Journal, State};
use payments_journal_sqlx::SqliteStore;
use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnection;
use turbopay::Client;

use super::wal::pages_per_commit;
use super::{journal, record};

/// The pages that the journal's commits write: the intent, the claim, the result.
#[derive(Debug, Clone, Copy)]
pub struct Pages(pub [usize; 3]);

impl Pages {
    /// Reads them from the log of journaled payouts, and checks that there are no other commits.
    pub async fn of_a_call(client: &Client) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pages.db");
        let journal: Journal<SqliteStore> = journal(&path, client).await;
        let before = pages_per_commit(&path).len();
        for number in 0..SAMPLES {
            let ticket = record(&journal, &format!("pages-{number}")).await;
            assert_eq!(journal.execute(ticket).await.unwrap().state, State::Pending);
        }
        let commits = &pages_per_commit(&path)[before..];
        assert_eq!(commits.len(), 3 * SAMPLES);
        Self([0, 1, 2].map(|which| {
            let mut pages: Vec<_> = commits.iter().copied().skip(which).step_by(3).collect();
            pages.sort_unstable();
            pages[SAMPLES / 2]
        }))
    }
}

/// A database with the journal's settings.
pub struct Bare {
    connection: SqliteConnection,
    commits: usize,
}

impl Bare {
    pub async fn open(path: &Path) -> Self {
        let mut connection = SqliteConnection::connect_with(&SqliteStore::options(path)).await.unwrap();
        sqlx::raw_sql(TABLE).execute(&mut connection).await.unwrap();
        let mut bare = Self { connection, commits: 0 };
        let before = pages_per_commit(path).len();
        for pages in [1, MOST_PAGES] {
            bare.commit(pages).await;
        }
        assert_eq!(pages_per_commit(path)[before..], [1, MOST_PAGES]);
        bare
    }

    /// Commits a change of so many pages, with one statement.
    pub async fn commit(&mut self, pages: usize) {
        assert!(pages <= MOST_PAGES);
        self.commits += 1;
        // SQLite does not write a page that stays the same.
        let mut content = vec![7; CONTENT];
        content[..size_of::<usize>()].copy_from_slice(&self.commits.to_le_bytes());
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let update = sqlx::query("UPDATE bare SET content = ?1 WHERE id <= ?2");
        let update = update.bind(content).bind(i64::try_from(pages).unwrap());
        update.execute(&mut *transaction).await.unwrap();
        transaction.commit().await.unwrap();
    }
}

const SAMPLES: usize = 30;
const MOST_PAGES: usize = 16;

/// More than half a page of 4 KiB, so that each row has a page of its own.
const CONTENT: usize = 3_000;
const TABLE: &str = "\
    CREATE TABLE bare (id INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; \
    INSERT INTO bare WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 16) \
        SELECT n, zeroblob(3000) FROM n";
