//! Advances the clock until nothing moves any more.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::time::{sleep, timeout};

use super::Walk;
use crate::Failed;

/// What the shop still has to do.
#[derive(Debug, Default)]
struct Agenda {
    /// The next time at which it does anything, in Unix milliseconds.
    next: Option<i64>,
    /// The next time at which it works on what is neither final nor waits for a customer, and the end of each lease: a call or a
    /// lookup may be in progress.
    next_unresolved: Option<i64>,
    /// True if messages or changes are stored, due, and not applied.
    is_behind: bool,
    /// All states and bookings, to see whether anything has changed.
    states: String,
}

impl Walk {
    /// Advances the clock, step by step, until nothing moves any more.
    ///
    /// # Errors
    ///
    /// Returns an error if the shop never comes to rest, or if its database cannot be read.
    pub(super) async fn settle(&self) -> Result<(), Failed> {
        let (mut before, mut unchanged) = (None, 0);
        let mut agenda = Agenda::default();
        for _ in 0..MAX_STEPS {
            agenda = self.rest().await?;
            let wait = |next: Option<i64>| {
                next.map_or_else(|| "never".to_owned(), |next| format!("in {} s", (next - self.now()) / 1000))
            };
            self.note(
                "shop",
                &format!("rests: due {}, unresolved {}", wait(agenda.next), wait(agenda.next_unresolved)),
                "",
            );
            if let Some(next) = agenda.next_unresolved {
                let wait = u64::try_from(next - self.now()).unwrap_or_default();
                self.advance(Duration::from_millis(wait) + Duration::from_secs(1));
                continue;
            }
            let state = (agenda.states.clone(), self.stage.sandbox().ledger().entries().len());
            unchanged = if before.as_ref() == Some(&state) { unchanged + 1 } else { 0 };
            if unchanged == 2 {
                return Ok(());
            }
            before = Some(state);
            self.advance(LONGER_THAN_ANY_WAIT);
        }
        Err(Failed::new(format!("the shop never comes to rest, however far the clock is advanced: {agenda:?}")))
    }

    /// Waits until the shop has done everything that is due now.
    async fn rest(&self) -> Result<Agenda, Failed> {
        let mut last = Agenda::default();
        let resting = async {
            loop {
                // All that is due is sent, also what is sent again after the shop was dead.
                self.stage.sandbox().settle().await;
                let now = self.now();
                last = self.agenda(now).await?;
                if !last.is_behind && last.next.is_none_or(|next| next > now) {
                    return Ok(());
                }
                sleep(STEP).await;
            }
        };
        let rested: Result<Result<(), Failed>, _> = timeout(PATIENCE, resting).await;
        match rested {
            Ok(rested) => rested.map(|()| last),
            Err(_) => Err(Failed::new(format!("the shop does not do what is due: {last:?}"))),
        }
    }

    async fn agenda(&self, now: i64) -> Result<Agenda, Failed> {
        let file = self.stage.folder().join("shop.db");
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(PATIENCE);
        let mut connection = options.connect().await?;
        let agenda = read(&mut connection, now).await;
        connection.close().await?;
        agenda
    }

    /// The sandbox's time in Unix milliseconds, which the shop follows.
    fn now(&self) -> i64 {
        i64::try_from(self.stage.sandbox().clock().now().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
    }
}

async fn read(connection: &mut SqliteConnection, now: i64) -> Result<Agenda, Failed> {
    let mut transaction = connection.begin().await?;
    let (next, next_unresolved, next_change, undue_changes, messages, states) =
        sqlx::query_as::<_, (Option<i64>, Option<i64>, Option<i64>, i64, i64, String)>(AGENDA)
            .bind(now)
            .fetch_one(&mut *transaction)
            .await?;
    let next_unresolved = [next_unresolved, next_change].into_iter().flatten().min();
    Ok(Agenda { next, next_unresolved, is_behind: undue_changes + messages > 0, states })
}

const AGENDA: &str = "SELECT
    (SELECT min(due_at) FROM payments_intents),
    (SELECT min(coalesce(due_at, lease_until)) FROM payments_intents
        WHERE state IN ('intended', 'sending', 'unknown') OR (due_at IS NOT NULL AND lease_until > $1)),
    (SELECT min(next_try) FROM payments_changes WHERE delivered_at IS NULL),
    (SELECT count(*) FROM payments_changes WHERE delivered_at IS NULL AND next_try <= $1),
    (SELECT count(*) FROM payments_inbox WHERE matched = 1 AND applied_at IS NULL),
    (SELECT coalesce(group_concat(reference || ' ' || operation || ' ' || state, ', '), '') FROM payments_intents)
        || (SELECT coalesce(group_concat(amount), '') FROM bookings)";

/// Longer than the longest wait between two lookups, which is one hour.
const LONGER_THAN_ANY_WAIT: Duration = Duration::from_secs(2 * 3600);

/// Far more than the waits of all lookups.
const MAX_STEPS: usize = 200;

/// Far longer than a look at the database, and a call that a fault delays, take.
const PATIENCE: Duration = Duration::from_secs(60);
const STEP: Duration = Duration::from_millis(20);
