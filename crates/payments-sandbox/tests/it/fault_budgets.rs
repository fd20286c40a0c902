//! How often a fault fires, and on which calls.

use payments_sandbox::Sandbox;

use crate::support::{get, post, withdrawal};

/// Sends this many withdrawals one after the other and returns their statuses.
async fn statuses(sandbox: &Sandbox, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for call in 1..=calls {
        statuses.push(post(sandbox, "withdraw/new", &withdrawal(&format!("order-{call}"))).await.status);
    }
    statuses
}

async fn check_statuses(fault: &str, expected: &[u16]) {
    let sandbox = Sandbox::builder().fault(fault).start().await;
    assert_eq!(statuses(&sandbox, expected.len()).await, expected, "{fault}");
    sandbox.finish();
}

#[tokio::test]
async fn a_fault_fires_as_often_as_its_budget_allows() {
    check_statuses("turbopay.withdraw @after-commit html=502", &[502, 201, 201]).await;
    check_statuses("turbopay.withdraw @after-commit html=502 x2", &[502, 502, 201]).await;
    check_statuses("turbopay.withdraw @after-commit html=502 x*", &[502, 502, 502, 502]).await;
    check_statuses("turbopay.withdraw#* @after-commit html=502", &[502, 502, 502]).await;
    check_statuses("turbopay.withdraw#* @after-commit html=502 x2", &[502, 502, 201]).await;
}

#[tokio::test]
async fn a_fault_fires_on_the_calls_it_names() {
    check_statuses("turbopay.withdraw#1 @after-commit html=502", &[502, 201, 201]).await;
    check_statuses("turbopay.withdraw#3 @after-commit html=502", &[201, 201, 502, 201]).await;
    check_statuses("turbopay.withdraw#2-4 @after-commit html=502", &[201, 502, 502, 502, 201]).await;
    check_statuses("turbopay.withdraw#2-4 @after-commit html=502 x1", &[201, 502, 201, 201]).await;
    check_statuses("turbopay.withdraw#2-2 @after-commit html=502", &[201, 502, 201]).await;
}

#[tokio::test]
async fn a_fault_can_be_limited_to_one_reference() {
    check_statuses("turbopay.withdraw order=order-2 @after-commit html=502", &[201, 502, 201]).await;
    check_statuses("turbopay order=order-3 @before-commit json=500", &[201, 201, 500]).await;
}

#[tokio::test]
async fn calls_are_counted_per_operation() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw#2 @after-commit html=502").start().await;
    for _ in 0..3 {
        assert_eq!(get(&sandbox, "balance").await.status, 200);
    }
    assert_eq!(statuses(&sandbox, 3).await, [201, 502, 201]);
    sandbox.finish();
}

#[tokio::test]
async fn faults_fire_in_the_order_in_which_they_were_added() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbopay.withdraw @after-commit html=502");
    sandbox.fault("turbopay.withdraw @after-commit json=429");
    assert_eq!(statuses(&sandbox, 3).await, [502, 429, 201]);
    sandbox.finish();
}

#[tokio::test]
async fn the_seed_decides_when_a_random_fault_fires() {
    async fn run(seed: u64) -> Vec<u16> {
        let sandbox =
            Sandbox::builder().seed(seed).fault("turbopay.withdraw p=40% @after-commit html=502 x*").start().await;
        let statuses = statuses(&sandbox, 40).await;
        sandbox.finish();
        statuses
    }

    let seven = run(7).await;

    assert_eq!(seven, run(7).await, "the same seed, the same faults");
    assert_ne!(seven, run(8).await, "another seed, other faults");
    let hits = seven.iter().filter(|status| **status == 502).count();
    assert!((6..=26).contains(&hits), "{hits} of 40 at 40%");
}

#[tokio::test]
async fn a_random_fault_may_never_fire_but_one_at_100_percent_always_fires() {
    let sandbox = Sandbox::builder().fault("turbopay.withdraw p=1% @after-commit html=502").start().await;
    sandbox.finish();
    check_statuses("turbopay.withdraw p=100% @after-commit html=502 x*", &[502, 502, 502]).await;
}

#[tokio::test]
async fn all_random_values_come_from_the_seed() {
    async fn ids(seed: u64) -> (String, String, String) {
        let sandbox = Sandbox::builder().seed(seed).start().await;
        let order = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
        let turbopay = sandbox.turbopay();
        let values = (turbopay.api_key().to_owned(), turbopay.webhook_key().to_owned(), order["order_id"].to_string());
        sandbox.finish();
        values
    }

    assert_eq!(ids(7).await, ids(7).await);
    assert_ne!(ids(7).await, ids(8).await);
}
