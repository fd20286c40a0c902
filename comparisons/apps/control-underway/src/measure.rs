//! underway's side of the comparisons.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::{Postgres, Transaction};
use tokio::task::JoinSet;
use underway::task::Result as TaskResult;
use underway::{Task, Worker};

use crate::queue;

/// A job that does nothing, and succeeds.
struct AtOnce;

impl Task for AtOnce {
    type Input = String;
    type Output = ();

    async fn execute(&self, _: Transaction<'_, Postgres>, _: String) -> TaskResult<()> {
        Ok(())
    }
}

/// Returns the time from the start of the workers until all jobs are stored as done.
///
/// A worker's own loop starts one more job at a time for each notification only. So this starts as many loops as jobs at a
/// time.
pub async fn claims(jobs: usize, at_a_time: usize, directory: &str, database: &str) -> Duration {
    // The task's own transaction, the claim of the next one, and the heartbeat.
    let pool = queue::pool(directory, database, u32::try_from(3 * at_a_time).unwrap() + 2).await;
    let queue = Arc::new(queue::open::<AtOnce>(&pool).await);
    let inputs: Vec<_> = (0..jobs).map(|number| format!("underway-{number}")).collect();
    queue.enqueue_multi(&pool, &AtOnce, &inputs).await.unwrap();
    let worker = Worker::new(queue, AtOnce);
    let start = Instant::now();
    let mut loops = JoinSet::new();
    for _ in 0..at_a_time {
        let worker = worker.clone();
        loops.spawn(async move { while worker.process_next_task().await.unwrap().is_some() {} });
    }
    while let Some(ended) = loops.join_next().await {
        ended.unwrap();
    }
    let time = start.elapsed();
    let unfinished = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM underway.task WHERE state <> 'succeeded'");
    assert_eq!(unfinished.fetch_one(&pool).await.unwrap(), 0);
    time
}

/// Works with the default settings, until the program that started it ends.
pub async fn idle(directory: &str, database: &str) {
    control::end_with_parent();
    let pool = queue::pool(directory, database, 10).await;
    let worker = Worker::new(Arc::new(queue::open::<AtOnce>(&pool).await), AtOnce);
    worker.run().await.unwrap();
}
