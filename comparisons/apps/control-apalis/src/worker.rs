//! The worker. Each job is a request to card3ds.

use std::time::Duration;

use apalis::prelude::*;
use control::Provider;

use crate::queue::{self, Charge};

/// Works until the process is killed, or until the harness has ended.
pub async fn run(database: &str, provider: Provider) {
    control::end_with_parent();
    let queue = queue::open(database).await.poll_with_interval(Duration::from_millis(50));
    // Each process has its own name, as in a cluster.
    let name = format!("worker-{}", std::process::id());
    let worker = WorkerBuilder::new(name).backend(queue).data(provider).build(charge);
    worker.run().await.unwrap();
}

async fn charge(job: Charge, provider: Data<Provider>) -> Result<(), BoxDynError> {
    provider.charge(&job.order).await?;
    Ok(())
}
