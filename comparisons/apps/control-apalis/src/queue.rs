//! The job, and its queue in an SQLite file.

use std::time::Duration;

use apalis::prelude::*;
use apalis_sqlite::{Config, SqlitePool, SqliteStorage};
use control::Queue;
use serde::{Deserialize, Serialize};

/// The job: charge the card of an order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Charge {
    pub order: String,
}

/// Opens the queue, which is created if necessary, with apalis's default settings, except for a shorter heartbeat.
///
/// A worker without a heartbeat for two seconds is considered dead, and its jobs are re-enqueued. The default is a
/// minute.
pub async fn open(database: &str) -> SqliteStorage<Charge> {
    let pool = SqlitePool::connect(&format!("sqlite://{database}?mode=rwc")).await.unwrap();
    let config = Config::default().queue("charges").heartbeat_interval(HEARTBEAT);
    SqliteStorage::setup(&pool).await.unwrap();
    SqliteStorage::new(&pool).with_config(config)
}

/// The queue, and how often apalis tries a job.
pub struct Charges {
    pub queue: SqliteStorage<Charge>,
    pub max_attempts: Option<usize>,
}

impl Queue for Charges {
    async fn push(&mut self, order: &str) {
        let task = TaskBuilder::new(Charge { order: order.to_owned() });
        let task = match self.max_attempts {
            Some(attempts) => task.max_attempts(attempts),
            None => task,
        };
        self.queue.push_task(task.build()).await.unwrap();
    }

    async fn is_finished(&self) -> bool {
        let unfinished = "SELECT count(*) FROM Jobs WHERE status NOT IN ('Done', 'Killed')
                          AND NOT (status = 'Failed' AND attempts >= max_attempts)";
        sqlx::query_scalar::<_, i64>(unfinished).fetch_one(self.queue.pool()).await.unwrap() == 0
    }
}

const HEARTBEAT: Duration = Duration::from_secs(1);
