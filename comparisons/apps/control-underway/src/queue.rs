//! The job, and its queue in a PostgreSQL database.

use std::time::Duration;

use control::Provider;
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};
use underway::task::{Result as TaskResult, RetryPolicy, ToTaskResult as _};
use underway::{Queue, Task};

/// The job: charge the card of an order.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    pub order: String,
}

/// How the job is done.
pub struct Charge {
    /// `None` where jobs are only added.
    pub provider: Option<Provider>,
    pub max_attempts: Option<usize>,
}

impl Task for Charge {
    type Input = Order;
    type Output = ();

    async fn execute(&self, _: Transaction<'_, Postgres>, Order { order }: Order) -> TaskResult<()> {
        self.provider.as_ref().unwrap().charge(&order).await.retryable()
    }

    fn retry_policy(&self) -> RetryPolicy {
        match self.max_attempts {
            Some(attempts) => RetryPolicy::builder().max_attempts(attempts.try_into().unwrap()).build(),
            None => RetryPolicy::default(),
        }
    }

    /// A task without a heartbeat for so long is stalled. The default is 30 seconds.
    fn heartbeat(&self) -> Span {
        1.second()
    }
}

/// The queue, and how its jobs are added.
pub struct Charges {
    pub queue: Queue<Charge>,
    pub pool: PgPool,
    pub charge: Charge,
}

impl control::Queue for Charges {
    async fn push(&mut self, order: &str) {
        let order = Order { order: order.to_owned() };
        self.queue.enqueue(&self.pool, &self.charge, &order).await.unwrap();
    }

    async fn is_finished(&self) -> bool {
        sqlx::query_scalar::<_, i64>(UNFINISHED).fetch_one(&self.pool).await.unwrap() == 0
    }
}

/// A stalled task whose attempts are used up stays `in_progress`.
const UNFINISHED: &str = "\
    SELECT count(*) FROM underway.task AS t WHERE state = 'pending' OR (state = 'in_progress' AND ( \
        last_heartbeat_at >= now() - heartbeat OR (retry_policy).max_attempts > ( \
            SELECT count(*) FROM underway.task_attempt AS a WHERE a.task_queue_name = t.task_queue_name AND a.task_id = t.id)))";

/// Opens the queue, which is created if necessary.
pub async fn open<T: Task>(pool: &PgPool) -> Queue<T> {
    underway::run_migrations(pool).await.unwrap();
    Queue::builder().name("charges").pool(pool.clone()).build().await.unwrap()
}

pub async fn pool(directory: &str, database: &str, connections: u32) -> PgPool {
    let options = PgConnectOptions::new_without_pgpass().socket(directory).username("postgres").database(database);
    PgPoolOptions::new().max_connections(connections).test_before_acquire(false).connect_with(options).await.unwrap()
}

/// The default is a minute.
pub const POLL_INTERVAL: Duration = Duration::from_millis(200);
