//! The fault matrix itself: a part of it, and clients that it must catch.

use std::sync::Arc;

use payments_core::http::{HeaderMap, Method};
use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_tests::matrix::{self, Options, Report, Rig, Wiring};

async fn run(options: Options) -> Report {
    matrix::run(options).await.unwrap()
}

/// A client that is rigged, in one cell.
async fn rigged(rig: Rig, cell: &str) -> Report {
    run(Options::new(3, 1).cell(cell).unwrap().rig(rig)).await
}

/// What the SDK as it is makes of the same cell: it must be the client that is caught, and not the cell.
async fn honest(cell: &str) -> Report {
    run(Options::new(3, 1).cell(cell).unwrap()).await
}

/// Says of whatever fails that it was not sent.
#[derive(Debug)]
struct Liar(ReqwestTransport);

#[async_trait]
impl Transport for Liar {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.send(request).await.map_err(|_| TransportError::not_sent("so it says"))
    }
}

fn liar() -> Rig {
    Rig::new("lies", |wiring| Ok(Arc::new(Liar(wiring.transport()?))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_a_provider_comes_out_as_it_must_and_both_controls_are_caught() {
    let report = run(Options::new(5, 1).provider("turbo-txn").unwrap().controls()).await;

    assert!(report.holds(), "{report}");
    assert!(report.runs() > 100, "{report}");
    let (provable, recognised) = report.provable();
    assert!(provable > 0 && recognised == provable, "{report}");
}

#[tokio::test]
async fn a_client_that_sends_again_what_may_have_been_done_is_caught() {
    #[derive(Debug)]
    struct Twice(ReqwestTransport);

    #[async_trait]
    impl Transport for Twice {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            match self.0.send(request.clone()).await {
                Err(_) => self.0.send(request).await,
                answered => answered,
            }
        }
    }
    let twice = Rig::new("sends twice", |wiring| Ok(Arc::new(Twice(wiring.transport()?))));
    let cell = "turbo-txn.initiate @after-commit fin x1, fresh, plain";
    let report = rigged(twice, cell).await;
    assert_eq!((report.holds(), report.double_executions(), report.false_not_sent()), (false, 1, 0), "{report}");
    assert!(honest(cell).await.holds());

    // Without a commit before it, guessing does no harm; that it was a guess is seen all the same.
    let report = rigged(twice, "turbo-txn.initiate @before-commit fin x1, fresh, plain").await;
    assert_eq!((report.holds(), report.double_executions()), (false, 0), "{report}");
    assert!(report.to_string().contains("sent 2 times without the provider's protection"), "{report}");
}

#[tokio::test]
async fn a_client_that_says_not_sent_of_what_was_is_caught() {
    for cell in [
        "card3ds.payment @after-commit rst x*, reused, tls",
        "card3ds.payment @first-byte fin x*, reused, plain",
        "card3ds.payment @head fin x*, fresh, tls",
    ] {
        let report = rigged(liar(), cell).await;
        assert_eq!((report.holds(), report.false_not_sent()), (false, 1), "{report}");
        assert!(honest(cell).await.holds());
    }
    // The SDK believes its transport, and sends again what it is told was not sent.
    assert_eq!(rigged(liar(), "card3ds.payment @after-commit rst x*, reused, tls").await.double_executions(), 1);
}

#[tokio::test]
async fn a_client_that_never_says_not_sent_is_caught() {
    #[derive(Debug)]
    struct Coward(ReqwestTransport);

    #[async_trait]
    impl Transport for Coward {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            self.0.send(request).await.map_err(|_| TransportError::unknown("who knows"))
        }
    }
    let coward = Rig::new("proves nothing", |wiring| Ok(Arc::new(Coward(wiring.transport()?))));
    for way in ["refused x1, fresh, plain", "unresolvable x1, fresh, tls", "untrusted x1, fresh, tls"] {
        let cell = format!("turbopay.withdraw {way}");
        let report = rigged(coward, &cell).await;
        assert_eq!((report.holds(), report.provable()), (false, (1, 0)), "{report}");
        assert_eq!((report.double_executions(), report.false_not_sent()), (0, 0), "{report}");
        assert_eq!(honest(&cell).await.provable(), (1, 1));
    }
}

#[tokio::test]
async fn a_client_that_asks_elsewhere_is_caught() {
    #[derive(Debug)]
    struct Wanderer(ReqwestTransport, reqwest::Client);

    #[async_trait]
    impl Transport for Wanderer {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            let response = self.0.send(request).await?;
            if let Some(elsewhere) = response.headers().get("location").and_then(|to| to.to_str().ok()) {
                let _ = self.1.get(elsewhere).send().await;
            }
            Ok(response)
        }
    }
    let wanderer = Rig::new("wanders off", |wiring: &Wiring| {
        let elsewhere = reqwest::Client::builder().no_proxy().build().unwrap();
        Ok(Arc::new(Wanderer(wiring.transport()?, elsewhere)) as Arc<dyn Transport>)
    });
    let cell = "turratech.create-refund @after-commit redirect=307 x1, reused, tls";

    let report = rigged(wanderer, cell).await;

    assert_eq!((report.holds(), report.astray()), (false, 1), "{report}");
    assert_eq!((honest(cell).await.holds(), honest(cell).await.astray()), (true, 0));
}

/// Answers by itself, whatever came of it: so to a question, and so to what should have been done.
#[derive(Debug)]
struct Forger {
    inner: ReqwestTransport,
    question: Option<u16>,
    failure: Option<(u16, &'static str)>,
}

#[async_trait]
impl Transport for Forger {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let response =
            |status: u16, body: &str| Response::new(status.try_into().unwrap(), HeaderMap::new(), body.into());
        if let Some(status) = self.question.filter(|_| request.method() == Method::GET) {
            return Ok(response(status, r#"{"message": "not found"}"#));
        }
        match (self.inner.send(request).await, self.failure) {
            (Err(_), Some((status, body))) => Ok(response(status, body)),
            (answered, _) => answered,
        }
    }
}

#[tokio::test]
async fn a_client_that_takes_a_loss_for_a_success_is_caught() {
    let forger = Rig::new("forges", |wiring| {
        let failure = Some((201, r#"{"order_id": "11111111-1111-4111-8111-111111111111", "status": "new"}"#));
        Ok(Arc::new(Forger { inner: wiring.transport()?, question: None, failure }))
    });
    for (phase, holds) in [("before-commit", false), ("after-commit", true)] {
        let report = rigged(forger, &format!("turbopay.withdraw @{phase} fin x1, fresh, plain")).await;
        // Where it was done, the guess is right.
        assert_eq!(report.holds(), holds, "{report}");
    }
}

#[tokio::test]
async fn a_client_that_takes_a_loss_for_a_refusal_is_caught() {
    let forger = Rig::new("forges", |wiring| {
        let failure = Some((422, r#"{"message": "no"}"#));
        Ok(Arc::new(Forger { inner: wiring.transport()?, question: None, failure }))
    });
    for (phase, holds) in [("before-commit", true), ("after-commit", false)] {
        let report = rigged(forger, &format!("card3ds.payment @{phase} fin x1, fresh, tls")).await;
        assert_eq!(report.holds(), holds, "{report}");
    }
    let late = rigged(forger, "card3ds.payment @before-commit late-commit=90s x1, fresh, plain").await;
    assert!(late.to_string().contains("said to be refused, and it was done"), "{late}");
}

#[tokio::test]
async fn a_look_up_that_does_not_lead_to_the_truth_is_caught() {
    let forger = Rig::new("forges", |wiring| {
        Ok(Arc::new(Forger { inner: wiring.transport()?, question: Some(404), failure: None }))
    });
    let report = rigged(forger, "turbo-txn.initiate @after-commit fin x1, reused, plain").await;
    assert!(report.to_string().contains("what it left does not lead to the truth"), "{report}");
}

#[tokio::test]
async fn a_run_in_which_nothing_happened_shows_nothing() {
    #[derive(Debug)]
    struct Silent;

    #[async_trait]
    impl Transport for Silent {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            Err(TransportError::unknown("it did not try"))
        }
    }
    let silent = Rig::new("does not try", |_| Ok(Arc::new(Silent)));
    let told = rigged(silent, "card3ds.payment @after-commit fin x1, fresh, plain").await.to_string();
    assert!(told.contains("the fault never happened"), "{told}");
    let told = rigged(silent, "card3ds.payment none x1, fresh, plain").await.to_string();
    assert!(told.contains("failed, and nothing had gone wrong"), "{told}");
}

#[tokio::test]
async fn a_failure_is_replayed_by_the_command_that_it_prints() {
    let cell = "turratech.delete-customer @after-commit stall x*, reused, plain";
    let first = run(Options::new(3, 4).cell(cell).unwrap().rig(liar())).await;
    // The liar waits for its answer as any other does, and gives up as unknown.
    assert!(first.replays().is_empty(), "{first}");

    let cell = "turratech.delete-customer @after-commit fin x*, reused, plain";
    let first = run(Options::new(3, 4).cell(cell).unwrap().rig(liar())).await;
    let command = first.replays().pop().unwrap();
    assert!(first.to_string().contains(&command), "{first}");

    let (seed, cell) = command.strip_prefix("cargo xtask matrix --seed ").unwrap().split_once(" --cell ").unwrap();
    let alone = Options::new(seed.parse().unwrap(), 1).cell(cell.trim_matches('\'')).unwrap();
    let again = run(alone.rig(liar())).await;

    assert_eq!((again.holds(), again.runs(), again.replays()), (false, 1, vec![command]), "{again}");
    let story = again.to_string();
    assert!(story.contains("client: NotSent") && story.contains("LEDGER") && story.contains(": request "), "{story}");
}

#[test]
fn a_seed_decides_what_is_run_and_under_which_seeds() {
    let planned = |seed| Options::new(seed, 2000).planned();
    assert_eq!(planned(1), planned(1));
    assert_ne!(planned(1), planned(2));
    assert_eq!(planned(1).len(), 2000);
}

#[test]
fn the_shortest_matrix_has_every_fault_at_every_provider_and_a_long_one_every_cell() {
    let cell = |line: &(String, u64)| line.0.clone();
    let shortest: Vec<String> = Options::new(1, 0).planned().iter().map(cell).collect();
    for provider in ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"] {
        for fault in ["none", "refused", "proxy=407", "@accept tls-alert", "@idle fin", "@first-byte rst", "@body eof"]
        {
            let met = shortest.iter().any(|cell| cell.starts_with(provider) && cell.contains(&format!(" {fault} x")));
            assert!(met, "{fault} at {provider}");
        }
    }
    // Apart from how often a fault happens, none stands there twice before all stand there once.
    let place = |line: &(String, u64)| line.0.replace(" x1,", "").replace(" x2,", "").replace(" x*,", "");
    let all: Vec<String> = Options::new(1, 30_000).planned().iter().map(place).collect();
    let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
    let first: std::collections::BTreeSet<&String> = all[..distinct.len()].iter().collect();
    assert!(distinct.len() > 8_000, "{}", distinct.len());
    assert_eq!(first, distinct);
}

#[test]
fn every_fault_after_the_commit_has_a_twin_without_one() {
    assert_eq!(matrix::unpaired(), Vec::<String>::new());
}

#[test]
fn what_is_no_cell_is_refused() {
    let refused = |text: &str| Options::new(1, 1).cell(text).unwrap_err();
    assert!(refused("turbopay.withdraw").contains("one looks like"));
    assert!(refused("turbopay.payout none x1, fresh, tls").contains("no such operation"));
    assert!(refused("turbopay.withdraw @after-lunch fin x1, fresh, tls").contains("no fault"));
    assert!(refused("turbopay.withdraw refused x1, reused, tls").contains("cannot happen"));
    assert!(refused("turbopay.balance @after-commit fin x1, reused, tls").contains("cannot happen"));
    assert!(Options::new(1, 1).provider("paypal").unwrap_err().contains("there are turratech"));
}
