//! The journal's tables, from the comments of the migrations.

use std::fmt::Write as _;

use payments_journal_sqlx::{postgres, sqlite};

/// The page.
pub(crate) fn page() -> String {
    let sqlite = sqlite::INSERT_INTENT.trim_end();
    let postgres = postgres::INSERT_INTENT.trim_end();
    format!(
        "{INTRODUCTION}\n```sql\n-- SQLite\n{sqlite}\n```\n\n```sql\n-- PostgreSQL\n{postgres}\n```\n\n{TABLES}\n{}",
        tables(sqlite::MIGRATIONS),
    )
}

/// The tables of these migrations: both databases must have the same.
pub(crate) fn tables(migrations: &[&str]) -> String {
    let mut page = String::new();
    let mut comment = String::new();
    for line in migrations.iter().flat_map(|migration| migration.lines()).map(str::trim) {
        if let Some(text) = line.strip_prefix("-- ") {
            if !comment.is_empty() {
                comment.push(' ');
            }
            comment.push_str(text);
            continue;
        }
        let text = std::mem::take(&mut comment);
        let mut words = line.split([' ', ',']);
        match (words.next(), words.next()) {
            (Some("CREATE"), Some("TABLE")) => {
                let name = words.next().unwrap_or_default();
                let _ = write!(page, "\n## `{name}`\n\n{text}\n\n| column | type | meaning |\n|---|---|---|\n");
            }
            (Some(column), Some(kind @ ("INTEGER" | "TEXT" | "BLOB" | "BIGINT" | "BYTEA"))) => {
                let kind = match kind {
                    "BIGINT" => "INTEGER",
                    "BYTEA" => "BLOB",
                    kind => kind,
                };
                let kind = if line.contains("NOT NULL") || line.contains("PRIMARY KEY") {
                    kind.to_lowercase()
                } else {
                    format!("{} or `NULL`", kind.to_lowercase())
                };
                let _ = writeln!(page, "| `{column}` | {kind} | {text} |");
            }
            _ => {}
        }
    }
    page
}

const INTRODUCTION: &str = "\
# The journal's tables

`SqliteStore::migrate` and `PostgresStore::migrate` create these tables, and `payments_schema`, which has the version of the tables.
Both databases have the same tables and columns. The migrations are plain SQL, in `crates/payments-journal-sqlx/migrations`.

| type on this page | SQLite | PostgreSQL |
|---|---|---|
| integer | `INTEGER` | `BIGINT` |
| text | `TEXT` | `TEXT COLLATE \"C\"` |
| blob | `BLOB` | `BYTEA` |

`cargo run -p payments-journal-sqlx --features sqlite,postgres --example schema` generates this page from the comments of the migrations.
A test checks that it is up to date, and that both databases have these columns.

## Record an intent with another library

`Intent::row` returns a new intent with the sealed parameters and their MAC, and `IntentRow::columns` returns the values in the
order of this statement. The statement is public: it stays valid within a major version. Run it in your own transaction. Times are Unix
time in milliseconds. Amounts are integers in the currency's smallest unit.

* SQLite: use a connection with the settings of `SqliteStore::options`. The tables need SQLite 3.38 or later, in each library that
  writes.
* PostgreSQL: a `NULL` has the type of its column: `currency` is a text, and the other columns that can be `NULL` are integers.
";

const TABLES: &str = "\
An intent that exists already violates `UNIQUE (tenant, provider, account, operation, reference)`. Then compare its `key_id` and its
`mac` with yours. If the `mac` differs under the same `key_id`, the reference was used for something else. If the `key_id` differs, the
key was changed since, and only `Journal::record` can compare the two.

In PostgreSQL, the violation also ends your transaction. Append `ON CONFLICT DO NOTHING` to the statement, and it inserts no row instead. If
you then find no intent with this key, a payment has the reference of your payout, or the reverse: use another one.

Two complete merchants record intents in this way: [`journal-rusqlite`](../../tests/consumers/journal-rusqlite/src/main.rs) on SQLite, and
[`journal-tokio-postgres`](../../tests/consumers/journal-tokio-postgres/src/main.rs) on PostgreSQL.

All other columns and tables are the journal's own. Read them as you like, and never write to them. Their names and meanings can
change with each minor version.";
