//! The fault matrix itself: a part of it, and clients that it must catch.

use std::sync::Arc;

use payments_core::Error;
use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::transport::{Answer, Request, Transport, TransportError, async_trait};
use payments_tests::matrix::{self, Options, Report, Rig, Wiring};

async fn run(options: Options) -> Report {
    matrix::run(options).await.unwrap()
}

/// A client that is rigged, at one provider, under every fault.
async fn rigged(name: &'static str, transport: fn(&Wiring) -> Result<Arc<dyn Transport>, Error>) -> Report {
    run(Options::new(3, 1).provider("turbo-txn").unwrap().rig(Rig::new(name, transport))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_a_provider_comes_out_as_it_must_and_both_controls_are_caught() {
    let report = run(Options::new(5, 1).provider("turbo-txn").unwrap().controls()).await;

    assert!(report.holds(), "{report}");
    assert!(report.runs() > 100, "{report}");
    let (provable, recognised) = report.provable();
    assert!(provable > 0 && recognised == provable, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_sends_again_what_may_have_been_done_is_caught() {
    #[derive(Debug)]
    struct Twice(ReqwestTransport);

    #[async_trait]
    impl Transport for Twice {
        async fn send(&self, request: Request) -> Result<Answer, TransportError> {
            match self.0.send(request.clone()).await {
                Err(_) => self.0.send(request).await,
                answered => answered,
            }
        }
    }
    let report = rigged("sends twice", |wiring| Ok(Arc::new(Twice(wiring.transport()?)))).await;

    assert!(!report.holds());
    assert!(report.double_executions() > 0, "{report}");
    assert_eq!((report.false_not_sent(), report.astray()), (0, 0), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_says_not_sent_of_what_was_is_caught() {
    #[derive(Debug)]
    struct Liar(ReqwestTransport);

    #[async_trait]
    impl Transport for Liar {
        async fn send(&self, request: Request) -> Result<Answer, TransportError> {
            self.0.send(request).await.map_err(|_| TransportError::not_sent("so it says"))
        }
    }
    let report = rigged("lies", |wiring| Ok(Arc::new(Liar(wiring.transport()?)))).await;

    assert!(!report.holds());
    assert!(report.false_not_sent() > 0, "{report}");
    // The SDK believes its transport, and sends what it is told was not sent.
    assert!(report.double_executions() > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_says_not_sent_is_caught() {
    #[derive(Debug)]
    struct Coward(ReqwestTransport);

    #[async_trait]
    impl Transport for Coward {
        async fn send(&self, request: Request) -> Result<Answer, TransportError> {
            self.0.send(request).await.map_err(|_| TransportError::unknown("who knows"))
        }
    }
    let report = rigged("proves nothing", |wiring| Ok(Arc::new(Coward(wiring.transport()?)))).await;

    let (provable, recognised) = report.provable();
    assert!(!report.holds());
    assert!(recognised < provable, "{report}");
    assert_eq!((report.double_executions(), report.false_not_sent()), (0, 0), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asks_elsewhere_is_caught() {
    #[derive(Debug)]
    struct Wanderer(ReqwestTransport, reqwest::Client);

    #[async_trait]
    impl Transport for Wanderer {
        async fn send(&self, request: Request) -> Result<Answer, TransportError> {
            let answer = self.0.send(request).await?;
            if let Some(elsewhere) = answer.headers().get("location").and_then(|to| to.to_str().ok()) {
                let _ = self.1.get(elsewhere).send().await;
            }
            Ok(answer)
        }
    }
    let make: fn(&Wiring) -> Result<Arc<dyn Transport>, Error> = |wiring| {
        let elsewhere = reqwest::Client::builder().no_proxy().build().unwrap();
        Ok(Arc::new(Wanderer(wiring.transport()?, elsewhere)))
    };
    let report = rigged("wanders off", make).await;

    assert!(!report.holds());
    assert!(report.astray() > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_is_replayed_by_the_command_that_it_prints() {
    #[derive(Debug)]
    struct Liar(ReqwestTransport);

    #[async_trait]
    impl Transport for Liar {
        async fn send(&self, request: Request) -> Result<Answer, TransportError> {
            self.0.send(request).await.map_err(|_| TransportError::not_sent("so it says"))
        }
    }
    let liar = Rig::new("lies", |wiring| Ok(Arc::new(Liar(wiring.transport()?))));
    let first = run(Options::new(3, 1).provider("card3ds").unwrap().rig(liar)).await;
    let command = first.replays().into_iter().next().unwrap();
    assert!(first.to_string().contains(&command), "{first}");

    let rest = command.strip_prefix("cargo xtask matrix --seed ").unwrap();
    let (seed, cell) = rest.split_once(" --cell ").unwrap();
    let alone = Options::new(seed.parse().unwrap(), 1).cell(cell.trim_matches('\'')).unwrap();
    let again = run(alone.clone().rig(liar)).await;

    assert_eq!((again.holds(), again.runs(), again.replays()), (false, 1, vec![command]), "{again}");
    let story = again.to_string();
    assert!(story.contains("client: ") && story.contains(": request "), "{story}");
    assert!(run(alone).await.holds(), "with the SDK as it is, the same comes out as it must");
}

#[tokio::test]
async fn the_same_seed_runs_the_same_cells() {
    let of = |seed| run(Options::new(seed, 1).provider("turbo-link").unwrap());
    let cells = |report: &Report| {
        let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
        let faults = json["sdk"]["faults"].as_object().unwrap().iter();
        faults.map(|(fault, figures)| (fault.clone(), figures["runs"].as_u64().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(cells(&of(1).await), cells(&of(1).await));
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
