//! How a sandbox ends, and what it says when something was not as it should be.

use std::panic::{AssertUnwindSafe, catch_unwind};

use payments_sandbox::{Builder, Sandbox, StartError};

use crate::support::{authority, post, withdrawal};

/// What a panic said.
fn panic_message(of: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(of)).err()?;
    Some(*panic.downcast::<String>().expect("a panic without a text"))
}

fn with_an_unfired_fault() -> Builder {
    Sandbox::builder().seed(99).fault("turbopay.withdraw#2 @after-commit fin").fault("turbopay @accept fin x*")
}

#[tokio::test]
async fn a_fault_that_never_happened_is_complained_of_at_the_end() {
    let sandbox = with_an_unfired_fault().start().await;
    let said = panic_message(|| sandbox.finish()).expect("it did not complain");
    assert!(said.starts_with("a fault never happened: turbopay.withdraw#2 @after-commit fin\n"), "{said}");
    assert!(said.contains("a fault never happened: turbopay @accept fin x*\n"), "{said}");
}

#[tokio::test]
async fn dropping_it_complains_as_ending_it_does() {
    let sandbox = with_an_unfired_fault().start().await;
    let said = panic_message(|| drop(sandbox)).expect("it did not complain");
    assert!(said.contains("a fault never happened: turbopay.withdraw#2 @after-commit fin"), "{said}");
}

#[tokio::test]
async fn dropping_it_while_a_test_fails_says_nothing_of_its_own() {
    let sandbox = with_an_unfired_fault().start().await;
    let said = panic_message(move || {
        let _held = sandbox;
        panic!("{}", "the test's own words")
    });
    assert_eq!(said.as_deref(), Some("the test's own words"));
}

#[tokio::test]
async fn abandoning_it_holds_nothing() {
    let sandbox = with_an_unfired_fault().start().await;
    assert_eq!(panic_message(|| sandbox.abandon()), None);
}

#[tokio::test]
async fn a_story_tells_what_happened_and_how_to_make_it_happen_again() {
    let sandbox = Sandbox::builder().seed(99).fault("turbopay.withdraw#1 @after-commit html=502").start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;

    let said = panic_message(|| sandbox.ledger().order("order-1").never_executed()).expect("it holds");

    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "executions of order \"order-1\": 1, not 0");
    assert_eq!(lines[1], "what happened:");
    assert!(lines[2].ends_with("turbopay.withdraw#1 order-1: request 1"), "{said}");
    assert!(lines[3].ends_with("fault html=502"), "{said}");
    assert!(said.contains("LEDGER") && said.contains("\nthe ledger:\n"), "{said}");
    assert_eq!(lines.last(), Some(&"replay: seed 99, fault \"turbopay.withdraw#1 @after-commit html=502\""));
    for private in [sandbox.turbopay().api_key(), sandbox.turbopay().webhook_key(), "065432123456789"] {
        assert!(!said.contains(private), "{private} is told");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_long_story_tells_its_end() {
    let sandbox = Sandbox::builder().start().await;
    for number in 0..40 {
        post(&sandbox, "withdraw/new", &withdrawal(&format!("order-{number}"))).await.expect(201);
    }
    let said = panic_message(|| sandbox.ledger().order("order-39").executed_times(2)).expect("it holds");
    assert!(said.contains(" earlier lines\n") && !said.contains("withdraw#1 order-0:"), "{said}");
    assert!(said.contains("turbopay.withdraw#40 order-39: request 40"), "{said}");
    sandbox.finish();
}

#[tokio::test]
async fn what_was_executed_once_is_no_double_execution_whatever_else_happened_to_it() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    for _ in 0..5 {
        post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(422);
    }
    sandbox.turbopay().order("order-1").succeed();
    sandbox.turbopay().order("order-1").refund();
    assert_eq!(sandbox.ledger().double_executions(), []);
    assert_eq!(sandbox.ledger().executions("turbopay.withdraw"), 1);
    sandbox.finish();
}

#[tokio::test]
async fn a_ledger_is_a_view_of_a_moment() {
    let sandbox = Sandbox::builder().start().await;
    let before = sandbox.ledger();
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect(201);
    before.order("order-1").never_executed();
    sandbox.ledger().order("order-1").executed_once();
    sandbox.finish();
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = Sandbox::builder().start().await;
    let port: u16 = authority(taken.control_url()).rsplit_once(':').unwrap().1.parse().unwrap();
    let err = Sandbox::builder().port(port).try_start().await.expect_err("two listen on one port");
    assert!(matches!(err, StartError::Listen(_)), "{err:?}");
    assert!(err.to_string().contains(&port.to_string()), "{err}");
    let err = Sandbox::builder().port(65_535).try_start().await.expect_err("there is no port 65536");
    assert!(err.to_string().contains("65535"), "{err}");
    taken.finish();
}

#[tokio::test]
async fn nothing_listens_once_it_has_ended() {
    let sandbox = Sandbox::builder().start().await;
    let (provider, control) = (authority(sandbox.turbopay().base_url()).to_owned(), sandbox.control_url().to_owned());
    sandbox.finish();
    for address in [provider.as_str(), authority(&control)] {
        let patience = async {
            while tokio::net::TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), patience).await.expect("it still listens");
    }
}
