//! `Sandbox::finish`, `drop` and `abandon`, and the report of a failed check.

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_sandbox::{Builder, Sandbox, StartError};

use crate::support::{authority, post, withdrawal};

/// Returns the message of a panic, or `None` if the closure does not panic.
fn panic_message(action: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(action)).err()?;
    Some(*panic.downcast::<String>().expect("a panic without a message"))
}

fn builder_with_unfired_faults() -> Builder {
    Sandbox::builder().seed(99).fault("turbopay.withdraw#2 @after-commit fin").fault("turbopay @accept fin x*")
}

#[tokio::test]
async fn finish_reports_faults_that_never_fired() {
    let sandbox = builder_with_unfired_faults().start().await;
    let message = panic_message(|| sandbox.finish()).expect("finish did not panic");
    assert!(message.starts_with("a fault never occurred: turbopay.withdraw#2 @after-commit fin\n"), "{message}");
    assert!(message.contains("a fault never occurred: turbopay @accept fin x*\n"), "{message}");
}

#[tokio::test]
async fn drop_reports_faults_that_never_fired() {
    let sandbox = builder_with_unfired_faults().start().await;
    let message = panic_message(|| drop(sandbox)).expect("drop did not panic");
    assert!(message.contains("a fault never occurred: turbopay.withdraw#2 @after-commit fin"), "{message}");
}

#[tokio::test]
async fn drop_during_a_panic_does_not_panic_again() {
    let sandbox = builder_with_unfired_faults().start().await;
    let message = panic_message(move || {
        let _sandbox = sandbox;
        panic!("{}", "the test's own failure")
    });
    assert_eq!(message.as_deref(), Some("the test's own failure"));
}

#[tokio::test]
async fn abandon_checks_nothing() {
    let sandbox = builder_with_unfired_faults().start().await;
    assert_eq!(panic_message(|| sandbox.abandon()), None);
}

#[tokio::test]
async fn a_failed_check_reports_the_timeline_the_ledger_and_how_to_replay_it() {
    let sandbox = Sandbox::builder().seed(99).fault("turbopay.withdraw#1 @after-commit html=502").start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    let message = panic_message(|| sandbox.ledger().order("order-1").never_executed()).expect("the check passed");

    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "executions of order \"order-1\": expected 0, found 1");
    assert_eq!(lines[1], "timeline:");
    assert!(lines[2].ends_with("turbopay.withdraw#1 order-1: request 1"), "{message}");
    assert!(lines[3].ends_with("fault html=502"), "{message}");
    assert!(message.contains("LEDGER") && message.contains("\nledger:\n"), "{message}");
    assert_eq!(lines.last(), Some(&"replay: seed 99, fault \"turbopay.withdraw#1 @after-commit html=502\""));
    for private in [sandbox.turbopay().api_key(), sandbox.turbopay().webhook_key(), "065432123456789"] {
        assert!(!message.contains(private), "the report shows {private}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_long_timeline_is_reported_from_its_end() {
    let sandbox = Sandbox::builder().start().await;
    for number in 0..40 {
        post(&sandbox, "withdraw/new", &withdrawal(&format!("order-{number}"))).await.expect_status(201);
    }
    let message = panic_message(|| sandbox.ledger().order("order-39").executed_times(2)).expect("the check passed");
    assert!(message.contains(" earlier lines\n") && !message.contains("withdraw#1 order-0:"), "{message}");
    assert!(message.contains("turbopay.withdraw#40 order-39: request 40"), "{message}");
    sandbox.finish();
}

#[tokio::test]
async fn refused_repeats_and_later_changes_are_no_double_execution() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    for _ in 0..5 {
        post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(422);
    }
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").refund();
    assert_eq!(sandbox.ledger().double_executions(), []);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_ledger_is_a_snapshot() {
    let sandbox = Sandbox::builder().start().await;
    let before = sandbox.ledger();
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    before.order("order-1").never_executed();
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn the_error_for_an_unavailable_port_names_the_port() {
    let taken = Sandbox::builder().start().await;
    let port: u16 = authority(taken.control_url()).rsplit_once(':').unwrap().1.parse().unwrap();
    let err = Sandbox::builder().port(port).try_start().await.expect_err("two sandboxes share a port");
    assert!(matches!(err, StartError::Listen(_)), "{err:?}");
    assert!(err.to_string().contains(&port.to_string()), "{err}");
    let err = Sandbox::builder().port(65_535).try_start().await.expect_err("there is no port 65536");
    assert!(err.to_string().contains("65535"), "{err}");
    taken.finish();
}

#[tokio::test]
async fn no_port_is_open_after_finish() {
    let sandbox = Sandbox::builder().start().await;
    let (provider, control) = (authority(sandbox.turbopay().base_url()).to_owned(), sandbox.control_url().to_owned());
    sandbox.finish();
    for address in [provider.as_str(), authority(&control)] {
        let until_closed = async {
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), until_closed).await.expect("the port is still open");
    }
}
