//! The records: what happened, what caused it, and what the client was told.

use payments_sandbox::{Party, Record, RecordKind, Sandbox, ToldEnd, WireRequest};
use serde_json::{Value, json};

use crate::support::{Merchant, connect, control, deposit, get, post, request, wait_until, with, withdrawal};

async fn recording() -> Sandbox {
    Sandbox::builder().record_contents().start().await
}

/// Waits until the ends of this many exchanges are recorded, which is after the client has seen them.
pub(crate) async fn wait_for_ends(sandbox: &Sandbox, count: usize) {
    let ends = || sandbox.records().iter().filter(|record| record.kind == RecordKind::Told).count();
    wait_until("the ends are recorded", || ends() == count).await;
}

fn only(sandbox: &Sandbox, kind: RecordKind) -> Record {
    let records: Vec<Record> = sandbox.records().into_iter().filter(|record| record.kind == kind).collect();
    assert_eq!(records.len(), 1, "{records:?}");
    records[0].clone()
}

#[tokio::test]
async fn a_lost_response_is_recorded_beside_what_was_done() {
    let sandbox = recording().await;
    sandbox.fault("turbopay.withdraw @after-commit fin");
    let body = withdrawal("order-1");
    crate::support::post_until_closed(&sandbox, "withdraw/new", &body).await;
    wait_for_ends(&sandbox, 1).await;

    let is_other = |record: &Record| matches!(record.kind, RecordKind::Message | RecordKind::Status);
    let records = sandbox.records().into_iter().filter(|record| !is_other(record));
    let [request, fault, ledger, response, told] = records.collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(request.kind, RecordKind::Request);
    assert_eq!((request.provider, request.operation), (Some("turbopay"), Some("withdraw")));
    assert_eq!((request.reference.as_deref(), request.request, request.cause), (Some("order-1"), Some(1), None));
    assert_eq!(request.party, Party::Client);
    let content = request.content.unwrap();
    assert_eq!(content.start, "POST /api/withdraw/new");
    assert_eq!(serde_json::from_str::<Value>(content.body.as_ref().unwrap()).unwrap(), body);

    assert_eq!((fault.kind, fault.fault.as_deref()), (RecordKind::Fault, Some("@after-commit fin")));
    assert_eq!((ledger.kind, ledger.cause), (RecordKind::Ledger, Some(request.number)));
    assert_eq!((response.kind, response.cause), (RecordKind::Response, Some(request.number)));
    assert_eq!(response.content.unwrap().start, "201");

    assert_eq!((told.kind, told.cause, told.party), (RecordKind::Told, Some(request.number), Party::Provider));
    let told = told.told.unwrap();
    assert_eq!((told.bytes, told.end), (0, ToldEnd::Fin));
    assert!(told.of.unwrap() > 100, "the client was told nothing of a whole response");
    sandbox.finish();
}

#[tokio::test]
async fn what_a_client_is_told_is_recorded_for_each_end() {
    for (effect, end, is_part) in [
        ("truncate=3", ToldEnd::Fin, true),
        ("mid-status", ToldEnd::Fin, true),
        ("rst", ToldEnd::Rst, false),
        ("stall", ToldEnd::Stall, false),
    ] {
        let sandbox = recording().await;
        sandbox.fault(&format!("turbopay.withdraw @after-commit {effect}"));
        let mut connection = connect(&sandbox).await;
        connection.write(&request(&sandbox, "POST", "withdraw/new", Some(&withdrawal("order-1")))).await;
        wait_for_ends(&sandbox, 1).await;
        let told = only(&sandbox, RecordKind::Told).told.unwrap();
        assert_eq!((told.end, told.bytes > 0), (end, is_part), "{effect}");
        assert!(told.bytes < told.of.unwrap(), "{effect}");
        sandbox.finish();
    }
}

#[tokio::test]
async fn a_whole_response_and_a_replaced_one_are_told_with_their_own_content() {
    let sandbox = recording().await;
    sandbox.fault("turbopay.balance#2 @query json=503");
    let whole = get(&sandbox, "balance").await;
    assert_eq!(get(&sandbox, "balance").await.status, 503);
    wait_for_ends(&sandbox, 2).await;

    let of_kind = |kind: RecordKind| sandbox.records().into_iter().filter(move |record| record.kind == kind);
    let told: Vec<Record> = of_kind(RecordKind::Told).collect();
    let starts: Vec<String> = told.iter().map(|record| record.content.as_ref().unwrap().start.clone()).collect();
    assert_eq!(starts, ["200", "503"]);
    let first = told[0].told.unwrap();
    assert_eq!(first.bytes, u64::try_from(whole.head.len() + whole.body.len()).unwrap());
    assert_eq!((first.of, first.end), (Some(first.bytes), ToldEnd::Whole));
    let made: Vec<String> =
        of_kind(RecordKind::Response).map(|record| record.content.as_ref().unwrap().start.clone()).collect();
    assert_eq!(made, ["200", "200"], "the provider made a response that the fault replaced");
    sandbox.finish();
}

#[tokio::test]
async fn a_message_and_its_attempts_name_what_caused_them() {
    let (sandbox, merchant) = (recording().await, Merchant::start().await);
    let body = with(deposit("order-1"), "status_url", merchant.url.as_str());
    post(&sandbox, "deposit/new", &body).await.expect_status(201);
    control(&sandbox, "POST", "/turbopay/orders/order-1/success", "").await.expect_status(200);
    sandbox.settle().await;

    let (action, message) = (only(&sandbox, RecordKind::Action), only(&sandbox, RecordKind::Message));
    assert_eq!(action.text, "POST /turbopay/orders/order-1/success");
    assert_eq!((action.reference.as_deref(), action.party), (Some("order-1"), Party::World));
    assert_eq!((message.cause, message.delivery), (Some(action.number), Some(1)));
    assert!(message.content.unwrap().body.as_ref().unwrap().contains("\"status\":\"success\""));
    let attempt = only(&sandbox, RecordKind::Attempt);
    assert_eq!(
        (attempt.cause, attempt.provider, attempt.party),
        (Some(message.number), Some("turbopay"), Party::Merchant)
    );
    sandbox.finish();
}

#[tokio::test]
async fn the_timeline_is_a_rendering_of_the_records() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.note("the client is content");
    wait_for_ends(&sandbox, 1).await;
    let lines: Vec<String> = sandbox.timeline().iter().map(ToString::to_string).collect();
    let records: Vec<String> = sandbox
        .records()
        .iter()
        .filter(|record| !matches!(record.kind, RecordKind::Told | RecordKind::Action | RecordKind::Status))
        .map(ToString::to_string)
        .collect();
    assert_eq!(lines, records);
    assert_eq!(lines.len() + 3, sandbox.records().len());
    sandbox.finish();
}

#[tokio::test]
async fn contents_are_recorded_only_if_the_builder_says_so() {
    let sandbox = Sandbox::builder().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    assert!(sandbox.records().len() >= 3);
    assert!(sandbox.records().iter().all(|record| record.content.is_none()));
    sandbox.finish();
    let sandbox = Sandbox::builder().without_timeline().start().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    assert_eq!(sandbox.records(), []);
    sandbox.finish();
}

#[tokio::test]
async fn records_are_listed_by_number_kind_order_and_provider() {
    let sandbox = recording().await;
    for order in ["order-1", "order 2"] {
        post(&sandbox, "withdraw/new", &withdrawal(order)).await.expect_status(201);
    }
    wait_for_ends(&sandbox, 2).await;
    let numbers = async |query: &str| {
        let page = control(&sandbox, "GET", &format!("/records{query}"), "").await.expect_status(200);
        assert_eq!((&page["first"], &page["last"]), (&json!(1), &json!(14)));
        page["records"].as_array().unwrap().iter().map(|record| record["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("").await, (1..=14).collect::<Vec<_>>());
    assert_eq!(numbers("?after=12").await, [13, 14]);
    assert_eq!(numbers("?after=2&limit=2").await, [3, 4]);
    assert_eq!(numbers("?kind=ledger").await.len(), 2);
    assert_eq!(numbers("?order=order+2&kind=request").await.len(), 1);
    assert_eq!(numbers("?provider=card3ds").await, [] as [u64; 0]);

    for (query, problem) in [
        ("?after=x", "`after` must be a whole number from 0"),
        ("?limit=0", "`limit` must be from 1 to 1000"),
        ("?limit=1001", "`limit` must be from 1 to 1000"),
        ("?kind=nothing", "`kind` must be one of request, page, fault"),
    ] {
        let error = control(&sandbox, "GET", &format!("/records{query}"), "").await.expect_status(422);
        assert!(error["error"].as_str().unwrap().starts_with(problem), "{query}: {error}");
    }
    let page = control(&sandbox, "GET", "/records?kind=told&limit=1", "").await.expect_status(200);
    let told = &page["records"][0];
    assert_eq!(
        (&told["told"]["end"], &told["cause"], &told["content"]["start"]),
        (&json!("whole"), &json!(1), &json!("201"))
    );
    sandbox.finish();
}

#[test]
fn a_sandbox_without_sockets_records_what_its_clients_are_told() {
    let offline = Sandbox::builder().record_contents().offline();
    offline.fault("turbopay.balance @query truncate=1");
    let balance = || WireRequest {
        method: "GET".to_owned(),
        url: format!("{}/balance", offline.turbopay().base_url()),
        headers: vec![("authorization".to_owned(), offline.turbopay().api_key().to_owned())],
        body: Vec::new(),
    };
    offline.run(offline.send(balance()));
    offline.run(offline.send(balance()));
    let told: Vec<ToldEnd> = offline.records().iter().filter_map(|record| record.told).map(|told| told.end).collect();
    assert_eq!(told, [ToldEnd::Fin, ToldEnd::Whole]);
    offline.finish();
}
