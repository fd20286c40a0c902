//! The fault matrix: a part of a run, and faulty clients that it must detect.

use std::sync::Arc;

use payments_core::http::{HeaderMap, Method};
use payments_core::transport::reqwest::ReqwestTransport;
use payments_core::transport::{Request, Response, Transport, TransportError, async_trait};
use payments_tests::matrix::{self, ConnectionSettings, Options, Report, TestClient};

async fn run(options: Options) -> Report {
    matrix::run(options).await.unwrap()
}

/// Runs one cell with a faulty client.
async fn run_faulty(client: TestClient, cell: &str) -> Report {
    run(Options::new(3, 1).cell(cell).unwrap().client(client)).await
}

/// Runs the same cell with the unmodified SDK, to show that the client fails and not the cell.
async fn run_unmodified(cell: &str) -> Report {
    run(Options::new(3, 1).cell(cell).unwrap()).await
}

/// Reports every failure as not sent.
#[derive(Debug)]
struct ClaimsNotSent(ReqwestTransport);

#[async_trait]
impl Transport for ClaimsNotSent {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.send(request).await.map_err(|_| TransportError::not_sent("a false claim"))
    }
}

fn claims_not_sent() -> TestClient {
    TestClient::new("claims not sent", |settings| Ok(Arc::new(ClaimsNotSent(settings.transport()?))))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_a_provider_passes_and_both_controls_are_detected() {
    let report = run(Options::new(5, 1).provider("turbo-txn").unwrap().controls()).await;

    assert!(report.passed(), "{report}");
    assert!(report.runs() > 100, "{report}");
    let (provably_unsent, recognised) = report.provably_unsent();
    assert!(provably_unsent > 0 && recognised == provably_unsent, "{report}");
}

#[tokio::test]
async fn a_client_that_sends_an_unknown_request_again_is_detected() {
    #[derive(Debug)]
    struct SendsTwice(ReqwestTransport);

    #[async_trait]
    impl Transport for SendsTwice {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            match self.0.send(request.clone()).await {
                Err(_) => self.0.send(request).await,
                result => result,
            }
        }
    }
    let sends_twice = TestClient::new("sends twice", |settings| Ok(Arc::new(SendsTwice(settings.transport()?))));
    let cell = "turbo-txn.initiate @after-commit fin x1, fresh, plain";
    let report = run_faulty(sends_twice, cell).await;
    assert_eq!((report.passed(), report.double_executions(), report.false_not_sent()), (false, 1, 0), "{report}");
    assert!(run_unmodified(cell).await.passed());

    // Before the commit the second request does no harm, but the matrix reports it.
    let report = run_faulty(sends_twice, "turbo-txn.initiate @before-commit fin x1, fresh, plain").await;
    assert_eq!((report.passed(), report.double_executions()), (false, 0), "{report}");
    assert!(
        report.to_string().contains("sent 2 times, although the provider does not prevent a second execution"),
        "{report}"
    );
}

#[tokio::test]
async fn a_client_that_reports_a_sent_request_as_not_sent_is_detected() {
    for cell in [
        "card3ds.payment @after-commit rst x*, reused, tls",
        "card3ds.payment @first-byte fin x*, reused, plain",
        "card3ds.payment @head fin x*, fresh, tls",
    ] {
        let report = run_faulty(claims_not_sent(), cell).await;
        assert_eq!((report.passed(), report.false_not_sent()), (false, 1), "{report}");
        assert!(run_unmodified(cell).await.passed());
    }
    // The SDK trusts its transport, and sends a request again that was reported as not sent.
    assert_eq!(
        run_faulty(claims_not_sent(), "card3ds.payment @after-commit rst x*, reused, tls").await.double_executions(),
        1
    );
}

#[tokio::test]
async fn a_client_that_never_reports_not_sent_is_detected() {
    #[derive(Debug)]
    struct ClaimsUnknown(ReqwestTransport);

    #[async_trait]
    impl Transport for ClaimsUnknown {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            self.0.send(request).await.map_err(|_| TransportError::unknown("no detail"))
        }
    }
    let claims_unknown =
        TestClient::new("claims unknown", |settings| Ok(Arc::new(ClaimsUnknown(settings.transport()?))));
    for conditions in ["refused x1, fresh, plain", "unresolvable x1, fresh, tls", "untrusted x1, fresh, tls"] {
        let cell = format!("turbopay.withdraw {conditions}");
        let report = run_faulty(claims_unknown, &cell).await;
        assert_eq!((report.passed(), report.provably_unsent()), (false, (1, 0)), "{report}");
        assert_eq!((report.double_executions(), report.false_not_sent()), (0, 0), "{report}");
        assert_eq!(run_unmodified(&cell).await.provably_unsent(), (1, 1));
    }
}

#[tokio::test]
async fn a_client_that_reads_only_documented_bodies_is_detected() {
    #[derive(Debug)]
    struct ReadsNoNote(ReqwestTransport);

    #[async_trait]
    impl Transport for ReadsNoNote {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            let response = self.0.send(request).await?;
            if !response.body().windows(6).any(|part| part == b"\"note\"") {
                return Ok(response);
            }
            Err(TransportError::unreadable(response.status(), response.headers().clone(), "not as documented"))
        }
    }
    let reads_no_note = TestClient::new("reads no note", |settings| Ok(Arc::new(ReadsNoNote(settings.transport()?))));
    for cell in [
        "turbopay.withdraw @after-commit imperfect=bom x1, fresh, plain",
        "card3ds.payment @before-commit imperfect=bytes x*, reused, tls",
        "turbo-txn.initiate @before-commit imperfect=object x1, fresh, plain",
    ] {
        let report = run_faulty(reads_no_note, cell).await;
        assert_eq!((report.passed(), report.plain_responses()), (false, (1, 1)), "{report}");
        assert_eq!((report.double_executions(), report.false_not_sent()), (0, 0), "{report}");
        let report = run_unmodified(cell).await;
        assert_eq!((report.passed(), report.plain_responses()), (true, (1, 0)), "{report}");
    }
}

#[tokio::test]
async fn a_client_that_follows_a_redirect_is_detected() {
    #[derive(Debug)]
    struct FollowsRedirects(ReqwestTransport, reqwest::Client);

    #[async_trait]
    impl Transport for FollowsRedirects {
        async fn send(&self, request: Request) -> Result<Response, TransportError> {
            let response = self.0.send(request).await?;
            if let Some(location) = response.headers().get("location").and_then(|value| value.to_str().ok()) {
                let _ = self.1.get(location).send().await;
            }
            Ok(response)
        }
    }
    let follows_redirects = TestClient::new("follows redirects", |settings: &ConnectionSettings| {
        let other_client = reqwest::Client::builder().no_proxy().build().unwrap();
        Ok(Arc::new(FollowsRedirects(settings.transport()?, other_client)) as Arc<dyn Transport>)
    });
    let cell = "turratech.create-refund @after-commit redirect=307 x1, reused, tls";

    let report = run_faulty(follows_redirects, cell).await;

    assert_eq!((report.passed(), report.misdirected()), (false, 1), "{report}");
    assert_eq!((run_unmodified(cell).await.passed(), run_unmodified(cell).await.misdirected()), (true, 0));
}

/// Forges responses: to every lookup, and to every other request that fails.
#[derive(Debug)]
struct ForgesResponses {
    inner: ReqwestTransport,
    lookup: Option<u16>,
    failure: Option<(u16, &'static str)>,
}

#[async_trait]
impl Transport for ForgesResponses {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let response =
            |status: u16, body: &str| Response::new(status.try_into().unwrap(), HeaderMap::new(), body.into());
        if let Some(status) = self.lookup.filter(|_| request.method() == Method::GET) {
            return Ok(response(status, r#"{"message": "not found"}"#));
        }
        match (self.inner.send(request).await, self.failure) {
            (Err(_), Some((status, body))) => Ok(response(status, body)),
            (result, _) => result,
        }
    }
}

#[tokio::test]
async fn a_client_that_reports_a_lost_response_as_a_success_is_detected() {
    let forges_responses = TestClient::new("forges responses", |settings| {
        let failure = Some((201, r#"{"order_id": "11111111-1111-4111-8111-111111111111", "status": "new"}"#));
        Ok(Arc::new(ForgesResponses { inner: settings.transport()?, lookup: None, failure }))
    });
    for (phase, passes) in [("before-commit", false), ("after-commit", true)] {
        let report = run_faulty(forges_responses, &format!("turbopay.withdraw @{phase} fin x1, fresh, plain")).await;
        // After the commit the forged success happens to be true.
        assert_eq!(report.passed(), passes, "{report}");
    }
}

#[tokio::test]
async fn a_client_that_reports_a_lost_response_as_a_refusal_is_detected() {
    let forges_responses = TestClient::new("forges responses", |settings| {
        let failure = Some((422, r#"{"message": "no"}"#));
        Ok(Arc::new(ForgesResponses { inner: settings.transport()?, lookup: None, failure }))
    });
    for (phase, passes) in [("before-commit", true), ("after-commit", false)] {
        let report = run_faulty(forges_responses, &format!("card3ds.payment @{phase} fin x1, fresh, tls")).await;
        assert_eq!(report.passed(), passes, "{report}");
    }
    let late = run_faulty(forges_responses, "card3ds.payment @before-commit late-commit=90s x1, fresh, plain").await;
    assert!(late.to_string().contains("reported as refused, but the ledger has an execution"), "{late}");
}

#[tokio::test]
async fn a_lookup_that_contradicts_the_ledger_is_detected() {
    let forges_responses = TestClient::new("forges responses", |settings| {
        Ok(Arc::new(ForgesResponses { inner: settings.transport()?, lookup: Some(404), failure: None }))
    });
    let report = run_faulty(forges_responses, "turbo-txn.initiate @after-commit fin x1, reused, plain").await;
    assert!(report.to_string().contains("the resolution of the unknown outcome disagrees with the ledger"), "{report}");
}

#[tokio::test]
async fn a_run_in_which_nothing_was_sent_is_a_failure() {
    #[derive(Debug)]
    struct NeverSends;

    #[async_trait]
    impl Transport for NeverSends {
        async fn send(&self, _: Request) -> Result<Response, TransportError> {
            Err(TransportError::unknown("not attempted"))
        }
    }
    let never_sends = TestClient::new("never sends", |_| Ok(Arc::new(NeverSends)));
    let report = run_faulty(never_sends, "card3ds.payment @after-commit fin x1, fresh, plain").await.to_string();
    assert!(report.contains("the fault did not happen"), "{report}");
    let report = run_faulty(never_sends, "card3ds.payment none x1, fresh, plain").await.to_string();
    assert!(report.contains("the provider's response is plain, but the client reports something else"), "{report}");
}

#[tokio::test]
async fn the_printed_command_replays_a_failure() {
    let cell = "turratech.delete-customer @after-commit stall x*, reused, plain";
    let first = run(Options::new(3, 4).cell(cell).unwrap().client(claims_not_sent())).await;
    // After a stall even this client reports a timeout, which is unknown.
    assert!(first.replays().is_empty(), "{first}");

    let cell = "turratech.delete-customer @after-commit fin x*, reused, plain";
    let first = run(Options::new(3, 4).cell(cell).unwrap().client(claims_not_sent())).await;
    let command = first.replays().pop().unwrap();
    assert!(first.to_string().contains(&command), "{first}");

    let (seed, cell) = command.strip_prefix("cargo xtask matrix --seed ").unwrap().split_once(" --cell ").unwrap();
    let options = Options::new(seed.parse().unwrap(), 1).cell(cell.trim_matches('\'')).unwrap();
    let replayed = run(options.client(claims_not_sent())).await;

    assert_eq!((replayed.passed(), replayed.runs(), replayed.replays()), (false, 1, vec![command]), "{replayed}");
    let text = replayed.to_string();
    assert!(text.contains("client: NotSent") && text.contains("LEDGER") && text.contains(": request "), "{text}");
}

#[test]
fn the_seed_decides_which_cells_run_and_their_seeds() {
    let planned = |seed| Options::new(seed, 2000).planned();
    assert_eq!(planned(1), planned(1));
    assert_ne!(planned(1), planned(2));
    assert_eq!(planned(1).len(), 2000);
}

#[test]
fn the_shortest_matrix_has_every_fault_at_every_provider_and_a_long_one_has_every_cell() {
    let cell = |line: &(String, u64)| line.0.clone();
    let shortest: Vec<String> = Options::new(1, 0).planned().iter().map(cell).collect();
    for provider in ["turratech", "turbo-txn", "turbo-link", "card3ds", "turbopay"] {
        for fault in ["none", "refused", "proxy=407", "@accept tls-alert", "@idle fin", "@first-byte rst", "@body eof"]
        {
            let is_planned =
                shortest.iter().any(|cell| cell.starts_with(provider) && cell.contains(&format!(" {fault} x")));
            assert!(is_planned, "{fault} at {provider}");
        }
    }
    // No cell is planned twice before every cell is planned once, apart from how often the fault fires.
    let without_count = |line: &(String, u64)| line.0.replace(" x1,", "").replace(" x2,", "").replace(" x*,", "");
    let all: Vec<String> = Options::new(1, 30_000).planned().iter().map(without_count).collect();
    let distinct: std::collections::BTreeSet<&String> = all.iter().collect();
    let first: std::collections::BTreeSet<&String> = all[..distinct.len()].iter().collect();
    assert!(distinct.len() > 8_000, "{}", distinct.len());
    assert_eq!(first, distinct);
}

#[test]
fn every_fault_after_the_commit_has_a_counterpart_before_it() {
    assert_eq!(matrix::unpaired_faults(), Vec::<String>::new());
}

#[test]
fn an_invalid_cell_is_rejected() {
    let error = |text: &str| Options::new(1, 1).cell(text).unwrap_err();
    assert!(error("turbopay.withdraw").contains("example: "));
    assert!(error("turbopay.payout none x1, fresh, tls").contains("unknown operation"));
    assert!(error("turbopay.withdraw @after-lunch fin x1, fresh, tls").contains("unknown fault `@after-lunch fin`"));
    assert!(error("turbopay.withdraw refused x1, reused, tls").contains("cannot happen"));
    assert!(error("turbopay.balance @after-commit fin x1, reused, tls").contains("cannot happen"));
    assert!(Options::new(1, 1).provider("paypal").unwrap_err().contains("the providers are turratech"));
}
