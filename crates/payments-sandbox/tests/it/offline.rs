//! The sandbox without sockets: the same providers and the same wire-level results.

use std::time::Duration;

use payments_sandbox::{
    Clock, DeliveryState, Offline, Progress, Sandbox, StartError, WireEnd, WireRequest, WireResponse, turbo_txn,
};

fn offline(fault: &str) -> Offline {
    let offline = Sandbox::builder().seed(7).offline();
    offline.fault(fault);
    offline
}

fn request(offline: &Offline, method: &str, path: &str, body: &str) -> WireRequest {
    WireRequest {
        method: method.to_owned(),
        url: format!("{}{path}", offline.turbopay().base_url()),
        headers: vec![
            ("Authorization".to_owned(), offline.turbopay().api_key().to_owned()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ],
        body: body.as_bytes().to_vec(),
    }
}

fn withdrawal(offline: &Offline, order: &str) -> WireRequest {
    let body = format!(
        r#"{{"method":"bank_transfer","amount":500,"currency":"INR","traffic":"std","merchant_order_id":"{order}",
            "merchant_customer_id":"customer-9","customer_bank_account":"065432123456789","bank_code":"HDFC0000053",
            "status_url":"http://127.0.0.1:9/status"}}"#
    );
    request(offline, "POST", "/withdraw/new", &body)
}

fn lookup(offline: &Offline, order: &str) -> WireRequest {
    request(offline, "GET", &format!("/merchantorder/status/{order}"), "")
}

/// Sends a withdrawal, and returns how the exchange ends, or `None` if it does not end within a minute.
fn send_withdrawal(offline: &Offline, order: &str) -> Option<WireEnd> {
    let mut sending = Box::pin(offline.send(withdrawal(offline, order)));
    let mut timeout = Box::pin(offline.clock().sleep(Duration::from_secs(60)));
    offline.run(std::future::poll_fn(move |context| match sending.as_mut().poll(context) {
        std::task::Poll::Ready(end) => std::task::Poll::Ready(Some(end)),
        std::task::Poll::Pending => timeout.as_mut().poll(context).map(|()| None),
    }))
}

fn whole_response(end: WireEnd) -> WireResponse {
    let WireEnd::Whole(response) = end else { panic!("{end:?}") };
    response
}

#[test]
fn a_request_gets_a_response_and_is_recorded_in_the_ledger() {
    let offline = Sandbox::builder().seed(7).offline();

    let response = whole_response(offline.run(offline.send(withdrawal(&offline, "order-1"))));

    assert_eq!(response.status, 201);
    assert!(response.headers.iter().any(|(name, value)| name == "Content-Type" && value == "application/json"));
    offline.ledger().order("order-1").executed_once();
    assert_eq!(whole_response(offline.run(offline.send(lookup(&offline, "order-1")))).status, 200);
    offline.finish();
}

#[test]
fn a_fault_ends_an_exchange_as_it_would_on_a_socket() {
    let closed_after_request = Some(WireEnd::Closed(Progress::Whole));
    for (fault, end, executions) in [
        ("turbopay#1 @accept fin", Some(WireEnd::Closed(Progress::Accepted)), 0),
        ("turbopay.withdraw @head rst", Some(WireEnd::Closed(Progress::InPart)), 0),
        ("turbopay.withdraw @body fin", Some(WireEnd::Closed(Progress::InPart)), 0),
        ("turbopay.withdraw @before-commit fin", closed_after_request.clone(), 0),
        ("turbopay.withdraw @after-commit rst", closed_after_request.clone(), 1),
        ("turbopay.withdraw @after-commit mid-status", closed_after_request.clone(), 1),
        ("turbopay.withdraw @after-commit mid-headers", closed_after_request.clone(), 1),
        ("turbopay.withdraw @after-commit continue", closed_after_request, 1),
        ("turbopay#1 @accept stall", None, 0),
        ("turbopay.withdraw @after-commit stall", None, 1),
    ] {
        let offline = offline(fault);
        assert_eq!(send_withdrawal(&offline, "order-1"), end, "{fault}");
        offline.ledger().order("order-1").executed_times(executions);
        offline.finish();
    }
}

#[test]
fn a_response_that_is_cut_off_keeps_its_head() {
    for effect in ["truncate", "bad-chunk", "endless"] {
        let offline = offline(&format!("turbopay.withdraw @after-commit {effect}"));
        let end = send_withdrawal(&offline, "order-1");
        assert!(matches!(&end, Some(WireEnd::CutOff(response)) if response.status == 201), "{effect}: {end:?}");
        offline.finish();
    }
}

#[test]
fn a_delay_advances_the_clock_instead_of_waiting() {
    let offline = offline("turbopay.withdraw @after-commit delay=40s");
    assert_eq!(whole_response(send_withdrawal(&offline, "order-1").unwrap()).status, 201);
    assert_eq!(offline.clock().elapsed(), Duration::from_secs(40));

    offline.fault("turbopay.withdraw @after-commit slow");
    assert_eq!(whole_response(send_withdrawal(&offline, "order-2").unwrap()).status, 201);
    // One byte every 100 ms, for more than a hundred bytes.
    assert!(offline.clock().elapsed() > Duration::from_secs(50));
    offline.finish();
}

#[test]
fn an_abandoned_request_is_still_executed() {
    let offline = offline("turbopay.withdraw @before-commit delay=90s");

    assert_eq!(send_withdrawal(&offline, "order-1"), None);
    offline.ledger().order("order-1").never_executed();
    offline.clock().advance(Duration::from_secs(30));

    offline.ledger().order("order-1").executed_once();
    offline.finish();
}

#[test]
fn a_connection_is_reused_unless_it_broke() {
    let offline = offline("turbopay#2 @accept fin");
    for order in ["order-1", "order-2"] {
        assert_eq!(whole_response(send_withdrawal(&offline, order).unwrap()).status, 201);
    }
    offline.fault("turbopay.withdraw#3 @after-commit fin");
    assert_eq!(send_withdrawal(&offline, "order-3"), Some(WireEnd::Closed(Progress::Whole)));
    assert_eq!(
        send_withdrawal(&offline, "order-4"),
        Some(WireEnd::Closed(Progress::Accepted)),
        "the second connection"
    );
    offline.finish();
}

#[test]
fn webhooks_are_returned_as_values_until_they_are_accepted() {
    let offline = Sandbox::builder().seed(7).offline();
    offline.run(offline.send(withdrawal(&offline, "order-1")));

    let message = offline.next_message().unwrap();
    assert_eq!(message.url, "http://127.0.0.1:9/status");
    assert!(message.headers.iter().any(|(name, _)| name == "x-pay-signature"));
    assert_eq!(offline.next_message().unwrap().number, message.number, "the same webhook until the test responds");
    offline.respond_to(&message, 500, b"");
    assert!(offline.next_message().is_none());
    assert!(offline.next_due().is_some());

    offline.clock().advance(Duration::from_secs(60));
    let mut bodies = Vec::new();
    while let Some(message) = offline.next_message() {
        bodies.push(message.body.clone());
        offline.respond_to(&message, 200, b"");
    }
    assert!(bodies.contains(&message.body));
    assert!(offline.deliveries().iter().all(|delivery| delivery.state == DeliveryState::Delivered));
    offline.finish();
}

#[test]
fn turbo_txn_accepts_a_callback_response_only_with_the_body_ok() {
    let settings = turbo_txn::Settings::default().callback_url("http://127.0.0.1:9/callback");
    let offline = Sandbox::builder().turbo_txn(settings).offline();
    let turbo_txn = offline.turbo_txn();
    let initiate = WireRequest {
        method: "POST".to_owned(),
        url: format!("{}/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s", turbo_txn.base_url()),
        headers: vec![
            ("client-id".to_owned(), turbo_txn.client_id().to_owned()),
            ("secret-key".to_owned(), turbo_txn.secret_key().to_owned()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ],
        body: br#"{"orderId":"order-1","amount":300,"returnUrl":"https://shop.example/"}"#.to_vec(),
    };
    assert_eq!(whole_response(offline.run(offline.send(initiate))).status, 200);
    turbo_txn.order("order-1").approve();

    let message = offline.next_message().unwrap();
    offline.respond_to(&message, 200, b"thanks");
    assert!(offline.next_message().is_none());
    offline.clock().advance(Duration::from_secs(60));
    let message = offline.next_message().unwrap();
    offline.respond_to(&message, 200, b"OK");

    assert_eq!(offline.deliveries()[0].state, DeliveryState::Delivered);
    offline.finish();
}

#[test]
fn an_idempotency_key_is_checked_when_the_request_arrives() {
    let offline = Sandbox::builder().seed(7).offline();
    let turratech = offline.turratech();
    let create = || WireRequest {
        method: "POST".to_owned(),
        url: format!("{}/payments", turratech.base_url()),
        headers: vec![
            ("authorization".to_owned(), format!("Bearer {}", turratech.api_key())),
            ("content-type".to_owned(), "application/json".to_owned()),
            ("idempotency-key".to_owned(), "key-1".to_owned()),
        ],
        body: br#"{"amount":2000,"currency":"gbp","payment_method":"pm_card_visa","confirm":true,
            "metadata":{"order_id":"order-1"}}"#
            .to_vec(),
    };
    assert_eq!(whole_response(offline.run(offline.send(create()))).status, 201);
    offline.clock().advance(Duration::from_secs(24 * 60 * 60 - 60));
    offline.fault("turratech.create-payment @before-commit late-commit=600s");
    assert_eq!(offline.run(offline.send(create())), WireEnd::Closed(Progress::Whole));

    offline.clock().advance(Duration::from_secs(600));

    offline.ledger().order("order-1").executed_once();
    assert_eq!(whole_response(offline.run(offline.send(create()))).status, 201);
    offline.ledger().order("order-1").executed_times(2);
    offline.abandon();
}

#[test]
fn the_same_seed_and_steps_give_the_same_timeline() {
    let timeline = |seed| {
        let offline = Sandbox::builder().seed(seed).offline();
        offline.fault("turbopay.withdraw p=50% @after-commit fin x*");
        for order in 0..20 {
            offline.note(format!("order {order}"));
            send_withdrawal(&offline, &format!("order-{order}"));
        }
        offline.timeline().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(timeline(7), timeline(7));
    assert_ne!(timeline(7), timeline(8));
    assert!(timeline(7).iter().any(|line| line.ends_with("order 19")));
}

#[test]
fn without_a_timeline_requests_are_still_executed() {
    let offline = Sandbox::builder().without_timeline().offline();
    send_withdrawal(&offline, "order-1");
    offline.note("order 1");
    assert_eq!(offline.timeline(), []);
    offline.ledger().order("order-1").executed_once();
    offline.finish();
}

#[test]
fn an_unknown_address_gets_no_connection() {
    let offline = Sandbox::builder().offline();
    for url in
        ["http://localhost:7/api/balance", "https://localhost:1/v1/payments", "localhost:1/v1", "http://localhost:1"]
    {
        let request = WireRequest { url: url.to_owned(), ..request(&offline, "GET", "/balance", "") };
        assert_eq!(offline.run(offline.send(request)), WireEnd::NoConnection, "{url}");
    }
    offline.finish();
}

#[test]
#[should_panic(expected = "followed a redirect")]
fn finish_reports_a_followed_redirect() {
    let offline = offline("turbopay.withdraw @after-commit redirect=307");
    let response = whole_response(send_withdrawal(&offline, "order-1").unwrap());
    let (_, location) = response.headers.into_iter().find(|(name, _)| name == "Location").unwrap();
    offline.run(offline.send(WireRequest { url: location, ..withdrawal(&offline, "order-1") }));
    offline.finish();
}

#[test]
#[should_panic(expected = "advancing the clock cannot wake it")]
fn a_wait_that_nothing_can_end_panics() {
    let offline = offline("turbopay.withdraw @after-commit stall");
    offline.run(offline.send(withdrawal(&offline, "order-1")));
}

#[test]
fn a_running_clock_is_rejected() {
    let result = Sandbox::builder().clock(Clock::running()).try_offline();
    assert!(matches!(result, Err(StartError::RunningClock)));
}
