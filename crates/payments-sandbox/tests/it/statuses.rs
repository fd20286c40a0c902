//! Status histories, documented changes of status, and one order in the control API.

use std::time::Duration;

use payments_sandbox::{Record, RecordKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{self, control, deposit, post, withdrawal};
use crate::{card3ds, turbo_txn, turratech_support as turratech};

async fn recording() -> Sandbox {
    Sandbox::builder().record_contents().start().await
}

async fn get(sandbox: &Sandbox, path: &str) -> Value {
    control(sandbox, "GET", path, "").await.expect_status(200)
}

/// Returns the text of each change of an order's status, with the kind of the record that caused it.
fn changes(sandbox: &Sandbox, reference: &str) -> Vec<String> {
    let _ticks = sandbox.ledger();
    let records = sandbox.records();
    let cause = |record: &Record| match record.cause {
        None => "time".to_owned(),
        Some(number) => records.iter().find(|cause| cause.number == number).unwrap().kind.as_str().to_owned(),
    };
    let changes = records.iter().filter(|record| record.reference.as_deref() == Some(reference));
    changes
        .filter(|record| record.kind == RecordKind::Status)
        .map(|record| format!("{}, by {}", record.text, cause(record)))
        .collect()
}

/// Posts a form to a customer's page.
async fn browse(base_url: &str, target: &str, form: &str) {
    assert!(support::browse(base_url, "POST", target, form).await.status < 400, "{target}");
}

#[tokio::test]
async fn a_turbopay_order_records_each_status_with_its_cause() {
    let sandbox = recording().await;
    let form = post(&sandbox, "deposit/new", &deposit("paid")).await.expect_status(201)["form_url"].clone();
    let page = form.as_str().unwrap().split_once("/deposit").unwrap().1.to_owned();
    browse(sandbox.turbopay().base_url(), &format!("/deposit{page}"), "action=pay").await;
    sandbox.clock().advance(Duration::from_secs(2));
    control(&sandbox, "POST", "/turbopay/orders/paid/chargeback", "").await.expect_status(200);
    assert_eq!(
        changes(&sandbox, "paid"),
        [
            "paid is new, by request",
            "paid is pending, was new, by page",
            "paid is success, was pending, by time",
            "paid is chargeback, was success, by action",
        ]
    );
    post(&sandbox, "deposit/new", &deposit("late")).await.expect_status(201);
    sandbox.clock().advance(Duration::from_secs(600));
    assert_eq!(changes(&sandbox, "late"), ["late is new, by request", "late is expired, was new, by time"]);
    sandbox.turbopay().order("late").resend();
    assert_eq!(changes(&sandbox, "late").len(), 2, "a callback that is sent again changes no status");
    sandbox.finish();
}

#[tokio::test]
async fn a_status_record_has_the_change_the_operation_and_the_id_and_is_in_no_timeline() {
    let sandbox = recording().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    sandbox.turbopay().order("order-1").succeed();
    let page = get(&sandbox, "/records?kind=status").await;
    let facts = ["provider", "operation", "party", "reference", "id", "status"];
    let record = |number: usize| facts.map(|name| page["records"][number][name].clone());
    let of = |from: Value, to: &str| {
        let change = json!({"from": from, "to": to});
        ["turbopay".into(), "withdraw".into(), "provider".into(), "order-1".into(), "order-1".into(), change]
    };
    assert_eq!([record(0), record(1)], [of(Value::Null, "new"), of("new".into(), "pending")]);
    assert!(sandbox.timeline().iter().all(|entry| !entry.text.contains("was new")));
    sandbox.finish();
}

#[tokio::test]
async fn a_turbo_txn_order_records_each_status() {
    let sandbox = recording().await;
    turbo_txn::initiate(&sandbox, "order-1", 300).await.expect_status(200);
    sandbox.turbo_txn().order("order-1").pay();
    sandbox.clock().advance(Duration::from_secs(2));
    assert_eq!(
        changes(&sandbox, "order-1"),
        [
            "order-1 is Initiated, by request",
            "order-1 is Pending, was Initiated, by action",
            "order-1 is Approved, was Pending, by time",
        ]
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_turbo_link_records_each_status() {
    let sandbox = recording().await;
    let id = sandbox.turbo_link().create("1.00");
    browse(sandbox.turbo_link().base_url(), &format!("/pay/{id}"), "action=pay").await;
    sandbox.turbo_link().link(&id).refund();
    let expected = [
        format!("{id} is pending, by action"),
        format!("{id} is completed, was pending, by page"),
        format!("{id} is refunded, was completed, by action"),
    ];
    assert_eq!(changes(&sandbox, &id), expected);
    sandbox.finish();
}

#[tokio::test]
async fn payments_of_card3ds_record_their_statuses_under_the_ids_that_actions_use() {
    let sandbox = recording().await;
    let back = "http://127.0.0.1:9/back";
    let started = card3ds::post(&sandbox, "/api/3ds", &card3ds::three_ds_payment("order-1", back)).await;
    let payment = started.expect_status(200)["paymentId"].as_str().unwrap().to_owned();
    sandbox.card3ds().challenge(&payment).reject();
    let checkout = card3ds::post(&sandbox, "/api/checkout", &card3ds::checkout("order-1", back)).await;
    let checkout = checkout.expect_status(200)["checkoutId"].as_str().unwrap().to_owned();
    let pay = json!({"card": "visa"}).to_string();
    control(&sandbox, "POST", &format!("/card3ds/checkouts/{checkout}/pay"), &pay).await.expect_status(200);

    assert_eq!(
        changes(&sandbox, "order-1"),
        [
            "order-1 is ENROLLED, by request",
            "order-1 is FAILED, was ENROLLED, by action",
            "order-1 is ENROLLED, by request",
            "order-1 is SUCCESS, was ENROLLED, by action",
        ]
    );
    let ids: Vec<String> = sandbox.records().into_iter().filter_map(|record| record.id).collect();
    assert_eq!(ids, [&payment, &payment, &checkout, &checkout].map(String::as_str));
    for (id, statuses) in [(&payment, ["ENROLLED", "FAILED"]), (&checkout, ["ENROLLED", "SUCCESS"])] {
        let order = get(&sandbox, &format!("/orders/card3ds/{id}")).await;
        let history: Vec<_> = order["history"].as_array().unwrap().iter().map(|change| &change["to"]).collect();
        assert_eq!(history, statuses);
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_checkout_is_paid_with_the_number_or_the_name_of_one_test_card() {
    let sandbox = recording().await;
    let checkout = card3ds::post(&sandbox, "/api/checkout", &card3ds::checkout("order-1", "http://127.0.0.1:9/")).await;
    let checkout = checkout.expect_status(200)["checkoutId"].as_str().unwrap().to_owned();
    let path = format!("/card3ds/checkouts/{checkout}/pay");
    for body in ["{}", r#"{"card": "nobody"}"#, r#"{"card": "visa", "pan": "4111111111111111"}"#] {
        control(&sandbox, "POST", &path, body).await.expect_status(422);
    }
    control(&sandbox, "POST", &path, r#"{"card": "visa"}"#).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn payments_and_subscriptions_of_turratech_record_their_statuses() {
    let sandbox = recording().await;
    let manual = support::with(turratech::payment("order-1"), "capture_method", "manual");
    let payment = turratech::id(&turratech::post(&sandbox, "payments", &manual).await.expect_status(201));
    turratech::post(&sandbox, &format!("payments/{payment}/capture"), &json!({})).await.expect_status(200);
    assert_eq!(
        changes(&sandbox, "order-1"),
        ["order-1 is requires_capture, by request", "order-1 is succeeded, was requires_capture, by request"]
    );
    let declined = turratech::payment_with_method("pm_card_chargeDeclined", "order-2");
    assert_eq!(turratech::post(&sandbox, "payments", &declined).await.status, 402);
    assert_eq!(changes(&sandbox, "order-2"), ["order-2 is failed, by request"]);
    let unconfirmed = support::with(turratech::payment("order-3"), "confirm", false);
    let unconfirmed = turratech::id(&turratech::post(&sandbox, "payments", &unconfirmed).await.expect_status(201));
    turratech::post(&sandbox, &format!("payments/{unconfirmed}/cancel"), &json!({})).await.expect_status(200);
    assert_eq!(
        changes(&sandbox, "order-3"),
        ["order-3 is requires_confirmation, by request", "order-3 is canceled, was requires_confirmation, by request"]
    );
    let ids: Vec<String> = sandbox.records().into_iter().filter_map(|record| record.id).collect();
    assert_eq!(ids.iter().filter(|id| **id == payment).count(), 2);
    sandbox.finish();
}

#[tokio::test]
async fn an_order_shows_what_was_done_beside_what_the_client_was_told() {
    let sandbox = recording().await;
    sandbox.fault("turbopay.withdraw#1 @after-commit fin");
    sandbox.fault("turbopay.withdraw#3 @before-commit fin");
    support::post_until_closed(&sandbox, "withdraw/new", &withdrawal("order 1/2")).await;
    post(&sandbox, "withdraw/new", &withdrawal("order-2")).await.expect_status(201);
    support::post_until_closed(&sandbox, "withdraw/new", &withdrawal("order-3")).await;
    crate::records::wait_for_ends(&sandbox, 3).await;

    let order = get(&sandbox, "/orders/turbopay/order%201%2F2").await;
    assert_eq!((&order["reference"], &order["operation"]), (&json!("order 1/2"), &json!("withdraw")));
    assert_eq!(order["disagreements"], json!(["executed; the client was sent no response"]));
    assert_eq!(order["entries"][0]["kind"], "executed");
    let request = &order["requests"][0];
    assert_eq!((&request["executed"], &request["faults"]), (&json!(true), &json!(["@after-commit fin"])));
    assert_eq!((&request["told"]["bytes"], &request["told"]["end"]), (&json!(0), &json!("fin")));
    assert_eq!(order["history"][0]["cause_text"], "turbopay.withdraw#1 order 1/2: request 1");

    let whole = get(&sandbox, "/orders/turbopay/order-2").await;
    assert_eq!((&whole["disagreements"], &whole["requests"][0]["told"]["status"]), (&json!([]), &json!(201)));
    for path in ["/orders/turbopay/order-3", "/orders/nobody/order-2", "/orders/turratech/order-2"] {
        control(&sandbox, "GET", path, "").await.expect_status(404);
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_order_lists_exactly_the_actions_that_its_status_allows() {
    let sandbox = recording().await;
    post(&sandbox, "deposit/new", &deposit("order-1")).await.expect_status(201);
    post(&sandbox, "withdraw/new", &withdrawal("order-2")).await.expect_status(201);
    sandbox.turbopay().order("order-2").succeed();
    turbo_txn::initiate(&sandbox, "order-3", 300).await.expect_status(200);
    let link = sandbox.turbo_link().create("1.00");
    let back = "http://127.0.0.1:9/back";
    let started = card3ds::post(&sandbox, "/api/3ds", &card3ds::three_ds_payment("order-4", back)).await;
    let payment = started.expect_status(200)["paymentId"].as_str().unwrap().to_owned();
    let checkout = card3ds::post(&sandbox, "/api/checkout", &card3ds::checkout("order-5", back)).await;
    let checkout = checkout.expect_status(200)["checkoutId"].as_str().unwrap().to_owned();
    let paid = turratech::post(&sandbox, "payments", &turratech::payment("order-6")).await.expect_status(201);
    for (provider, id, expected) in [
        ("turbopay", "order-1", "pay pending success fail cancel expire resend amount"),
        ("turbopay", "order-2", "fail refund resend"),
        ("turbo-txn", "order-3", "pay pending approve reject"),
        ("turbo-link", &link, "complete"),
        ("card3ds", &payment, "approve reject abandon"),
        ("card3ds", &checkout, "pay cancel"),
        ("turratech", &turratech::id(&paid), "dispute"),
    ] {
        let order = get(&sandbox, &format!("/orders/{provider}/{id}")).await;
        let paths: Vec<&str> =
            order["actions"].as_array().unwrap().iter().map(|action| action["path"].as_str().unwrap()).collect();
        let names: Vec<&str> = paths.iter().map(|path| path.rsplit('/').next().unwrap()).collect();
        assert_eq!(names.join(" "), expected, "{provider}");
        // What is listed is possible.
        let body = match names[0] {
            "pay" if provider == "card3ds" => r#"{"card": "visa"}"#,
            _ => "",
        };
        control(&sandbox, "POST", paths[0], body).await.expect_status(200);
    }
    sandbox.finish();
}

#[tokio::test]
async fn only_turbopay_documents_the_changes_of_a_status() {
    let sandbox = recording().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    turbo_txn::initiate(&sandbox, "order-2", 300).await.expect_status(200);
    let all = get(&sandbox, "/transitions").await;
    assert!(all.as_array().unwrap().iter().all(|transition| transition["provider"] == "turbopay"), "{all}");
    let order = get(&sandbox, "/orders/turbopay/order-1").await;
    let known: Vec<String> = order["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} -> {}", row["from"].as_str().unwrap(), row["to"].as_str().unwrap()))
        .collect();
    assert_eq!(known.len(), 7);
    assert!(!known.contains(&"new -> expired".to_owned()), "a withdrawal does not expire");
    assert_eq!(get(&sandbox, "/orders/turbo-txn/order-2").await["transitions"], json!([]));
    sandbox.finish();
}

#[tokio::test]
async fn the_ledger_is_summed_by_provider_currency_and_kind_and_exported_as_csv() {
    let sandbox = recording().await;
    post(&sandbox, "withdraw/new", &withdrawal("=1+1")).await.expect_status(201);
    post(&sandbox, "withdraw/new", &withdrawal("a,\"b\"")).await.expect_status(201);
    sandbox.turbopay().order("=1+1").fail("");
    turratech::post(&sandbox, "payments", &turratech::payment("order-3")).await.expect_status(201);
    let row = |provider: &str, currency: &str, unit: &str, kind: &str, entries: u32, amount: &str| json!({"provider": provider, "currency": currency, "unit": unit, "kind": kind, "entries": entries, "amount": amount});
    assert_eq!(
        get(&sandbox, "/ledger/totals").await,
        json!([
            row("turratech", "GBP", "the currency's smallest unit", "executed", 1, "2000"),
            row("turbopay", "INR", "1/100 of the currency's unit", "executed", 2, "100000"),
            row("turbopay", "INR", "1/100 of the currency's unit", "returned", 1, "50000"),
        ])
    );
    let response = control(&sandbox, "GET", "/ledger.csv", "").await;
    assert_eq!(response.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let text = response.text();
    let rows: Vec<&str> = text.split("\r\n").collect();
    let at = sandbox.ledger().entries()[0].at;
    assert_eq!(
        rows,
        [
            "number,at,operation,reference,kind,amount,currency,moves_money,request",
            &format!("1,{at},turbopay.withdraw,'=1+1,executed,50000,INR,true,1"),
            &format!("2,{at},turbopay.withdraw,\"a,\"\"b\"\"\",executed,50000,INR,true,2"),
            &format!("3,{at},turbopay.withdraw,'=1+1,returned,50000,INR,true,"),
            &format!("4,{at},turratech.create-payment,order-3,executed,2000,GBP,true,3"),
            "",
        ]
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_request_that_changes_nothing_is_never_called_not_executed() {
    let sandbox = recording().await;
    post(&sandbox, "withdraw/new", &withdrawal("order-1")).await.expect_status(201);
    for fault in ["@before-commit json=200", "@query json=200", "@query json=500", "@query delay=0s"] {
        sandbox.fault(&format!("turbopay.merchant-order-status {fault}"));
        support::get(&sandbox, "merchantorder/status/order-1").await;
    }
    let order = get(&sandbox, "/orders/turbopay/order-1").await;
    let changed = "the client was sent a response (200) that a fault changed";
    assert_eq!(order["disagreements"], json!([changed, changed]), "{order}");
    sandbox.finish();
}
