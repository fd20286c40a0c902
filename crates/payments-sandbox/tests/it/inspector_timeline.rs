//! The inspector's timeline and the details of a record, as the server makes them.

use payments_sandbox::{Record, RecordKind, Sandbox};
use serde_json::json;

use crate::support::{Merchant, control, deposit, post, post_until_closed, wait_until, with, withdrawal};

/// A row: its position, its record's number, and its HTML.
type Row = (u64, u64, String);

/// Returns the attributes of the list, and the rows.
async fn rows(sandbox: &Sandbox, query: &str) -> ([u64; 4], Vec<Row>) {
    let response = control(sandbox, "GET", &format!("/inspector/timeline/rows{query}"), "").await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(response.header("cache-control"), Some("no-store"));
    parse(&response.text())
}

fn parse(html: &str) -> ([u64; 4], Vec<Row>) {
    let list = html.split_once("id=\"rows\"").unwrap().1;
    let number = |html: &str, name: &str| attribute(html, name).parse().unwrap();
    let attributes = ["data-first", "data-end", "data-from", "data-last-number"].map(|name| number(list, name));
    let rows = list.split("<div role=\"row\"").skip(1);
    let rows = rows.map(|row| (number(row, "data-position"), number(row, "data-number"), row.to_owned()));
    (attributes, rows.collect())
}

fn attribute<'a>(html: &'a str, name: &str) -> &'a str {
    html.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap()
}

fn numbers(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|(_, number, _)| *number).collect()
}

#[tokio::test]
async fn the_page_has_the_last_rows_and_the_list_is_read_in_parts() {
    let sandbox = Sandbox::builder().start().await;
    for number in 1..=1000 {
        sandbox.note(number);
    }
    let page = control(&sandbox, "GET", "/inspector/timeline", "").await;
    let (attributes, last) = parse(&page.text());
    assert_eq!((page.status, attributes), (200, [0, 1000, 700, 1000]));
    assert_eq!(numbers(&last), (701..=1000).collect::<Vec<_>>());
    assert!(page.text().contains("aria-rowcount=\"1001\""));
    assert_eq!(attribute(&last[0].2, "aria-rowindex"), "702", "the head is the first row");

    let (attributes, middle) = rows(&sandbox, "?from=500&count=3").await;
    assert_eq!((attributes, numbers(&middle)), ([0, 1000, 500, 1000], vec![501, 502, 503]));
    assert_eq!(middle[0].0, 500);
    assert_eq!(numbers(&rows(&sandbox, "?number=999").await.1), [999, 1000]);
    assert_eq!(rows(&sandbox, "").await.1.len(), 300);
    assert_eq!(rows(&sandbox, "?from=2000&count=3").await, ([0, 1000, 1000, 1000], vec![]));
    assert_eq!(rows(&sandbox, "?count=0").await.1, []);
    for (query, problem) in [
        ("?count=301", "`count` must be from 0 to 300"),
        ("?from=x", "`from` must be a whole number"),
        ("?kind=nothing", "`kind` must be one of"),
    ] {
        let refused = control(&sandbox, "GET", &format!("/inspector/timeline/rows{query}"), "").await;
        let refused = refused.expect_status(422);
        assert!(refused["error"].as_str().unwrap().starts_with(problem), "{query}: {refused}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn filters_are_applied_by_the_server_as_a_form_sends_them() {
    let sandbox = Sandbox::builder().start().await;
    for order in ["order-1", "order 2", "order-1"] {
        let _ = post(&sandbox, "withdraw/new", &withdrawal(order)).await;
    }
    wait_until("the ends are recorded", || {
        sandbox.records().iter().filter(|record| record.kind == RecordKind::Told).count() == 3
    })
    .await;
    let all = rows(&sandbox, "?kind=&order=&provider=").await;
    assert_eq!(all.1.len(), sandbox.records().len(), "an empty field selects everything");
    let (attributes, ledger) = rows(&sandbox, "?kind=ledger&order=&provider=turbopay").await;
    assert_eq!((attributes[1], ledger.len()), (2, 2));
    let (attributes, one) = rows(&sandbox, "?kind=request&order=order-1&from=1").await;
    assert_eq!((attributes[..3].to_vec(), one.len(), one[0].0), (vec![0, 2, 1], 1, 1));
    assert_eq!(rows(&sandbox, "?order=order+2&kind=request").await.1.len(), 1);
    assert_eq!(rows(&sandbox, "?provider=card3ds").await, ([0, 0, 0, all.0[3]], vec![]));
    let page = control(&sandbox, "GET", "/inspector/timeline?provider=card3ds", "").await.text();
    assert!(page.contains("No record matches."), "{page}");
    sandbox.finish();
}

#[tokio::test]
async fn a_row_shows_what_was_sent_and_what_moved_money() {
    let sandbox = Sandbox::builder().record_contents().start().await;
    sandbox.fault("turbopay.withdraw @after-commit truncate=20");
    post_until_closed(&sandbox, "withdraw/new", &withdrawal("<order>")).await;
    wait_until("the end is recorded", || sandbox.records().iter().any(|record| record.told.is_some())).await;
    let (_, rows) = rows(&sandbox, "").await;
    let row = |kind: &str| {
        let start = format!(" class=\"event {kind}");
        let row = rows.iter().find(|(.., row)| row.starts_with(&start)).unwrap();
        row.2.clone()
    };
    let told = row("told");
    assert!(told.starts_with(" class=\"event told broken"), "{told}");
    assert!(told.contains(" bytes, then fin · request 1"), "{told}");
    let ledger = row("ledger");
    assert!(ledger.starts_with(" class=\"event ledger money"), "{ledger}");
    assert!(ledger.contains("<i>500.00 INR</i>"), "{ledger}");
    assert!(row("request").contains("POST /api/withdraw/new"));
    assert!(rows.iter().all(|(.., row)| !row.contains("<order>")), "a reference is escaped");
    sandbox.finish();
}

#[tokio::test]
async fn a_record_is_shown_with_its_whole_story() {
    let (sandbox, merchant) = (Sandbox::builder().record_contents().start().await, Merchant::start().await);
    sandbox.fault("turbopay.withdraw @after-commit fin");
    let body = with(withdrawal("order-1"), "status_url", merchant.url.as_str());
    post_until_closed(&sandbox, "withdraw/new", &body).await;
    post(&sandbox, "deposit/new", &deposit("order-2")).await.expect_status(201);
    sandbox.settle().await;
    wait_until("the attempt and the ends are recorded", || {
        let count = |kind| sandbox.records().iter().filter(|record| record.kind == kind).count();
        (count(RecordKind::Told), count(RecordKind::Attempt)) == (2, 1)
    })
    .await;
    let story = async |number: u64| {
        let page = control(&sandbox, "GET", &format!("/inspector/records/{number}"), "").await;
        let html = page.text();
        let (before, story) = html.split_once("Related records").unwrap();
        let links = story.split("<a href=\"/inspector/records/").skip(1);
        let numbers: Vec<u64> = links.map(|link| link.split('"').next().unwrap().parse().unwrap()).collect();
        (before.to_owned(), numbers)
    };
    let records = sandbox.records();
    let numbers = |belongs: fn(&Record) -> bool| {
        records.iter().filter(|record| belongs(record)).map(|record| record.number).collect::<Vec<_>>()
    };
    let of_the_request = numbers(|record| record.request == Some(1) || record.cause == Some(1));
    // The clock causes the message later.
    let messages = numbers(|record| record.delivery.is_some() && record.reference.as_deref() == Some("order-1"));
    assert_eq!((messages.len(), of_the_request.len()), (2, 6), "{records:?}");
    for number in &of_the_request {
        let (html, numbers) = story(*number).await;
        assert_eq!(numbers, of_the_request);
        assert!(html.contains("<strong>Nothing of the response (201) was sent</strong>: sent 0 of "), "{html}");
        assert!(html.contains("<p class=\"entry money\">turbopay.withdraw executed 500.00 INR"), "{html}");
        assert!(html.contains("<code>@after-commit fin</code>"), "{html}");
    }
    for number in &messages {
        assert_eq!(story(*number).await.1, messages);
    }
    let request = control(&sandbox, "GET", "/inspector/records/1", "").await.text();
    assert!(
        request.contains("<pre id=\"body\" tabindex=\"0\">{\n  &quot;amount&quot;: 500,\n  &quot;bank_code&quot;"),
        "{request}"
    );
    assert!(request.contains("authorization: &#39;&quot;$TURBOPAY_API_KEY&quot;"), "{request}");
    assert!(!request.contains(sandbox.turbopay().api_key()));
    sandbox.finish();
}

#[tokio::test]
async fn an_unknown_record_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.note("1");
    for number in ["0", "2", "x", "-1", "18446744073709551615", "99999999999999999999999"] {
        let refused = control(&sandbox, "GET", &format!("/inspector/records/{number}"), "").await.expect_status(404);
        assert!(refused["error"].as_str().unwrap().contains("no such record"), "{refused}");
    }
    sandbox.finish();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_misses_no_record_that_arrives_while_it_is_made() {
    let sandbox = std::sync::Arc::new(Sandbox::builder().start().await);
    let noting = std::sync::Arc::clone(&sandbox);
    let is_done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let done = std::sync::Arc::clone(&is_done);
    let notes = std::thread::spawn(move || {
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            noting.note("while a page is made");
            std::thread::sleep(std::time::Duration::from_micros(20));
        }
    });
    for _ in 0..20 {
        let page = control(&sandbox, "GET", "/inspector/timeline", "").await.text();
        let shown: u64 = attribute(&page, "data-last-number").parse().unwrap();
        let position: u64 = attribute(&page, "data-position").rsplit_once('-').unwrap().1.parse().unwrap();
        assert!(position <= shown, "the stream goes on after {position}, and the page ends with {shown}");
    }
    is_done.store(true, std::sync::atomic::Ordering::Relaxed);
    notes.join().unwrap();
    std::sync::Arc::into_inner(sandbox).unwrap().finish();
}

#[tokio::test]
async fn an_amount_has_its_providers_unit() {
    let sandbox = Sandbox::builder().start().await;
    let payment = json!({"amount": 500, "currency": "jpy", "payment_method": "pm_card_visa"});
    crate::turratech_support::post(&sandbox, "payments", &payment).await.expect_status(201);
    let _ = post(&sandbox, "withdraw/new", &withdrawal("order-1")).await;
    let text: String = rows(&sandbox, "?kind=ledger").await.1.into_iter().map(|(.., html)| html).collect();
    assert!(text.contains("500 JPY (smallest unit)") && text.contains("500.00 INR"), "{text}");
    assert!(!text.contains("5.00 JPY"), "{text}");
    sandbox.finish();
}
