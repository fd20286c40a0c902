//! tur.bo's listings: their format, their filters, and the changes of links.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbo_link::{Fee, FeeValue, Settings};
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{Response, control};

/// Sends a request without a `Content-Type`, as the document's Python sample does.
pub(crate) async fn send(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Response {
    crate::support::send(sandbox.turbo_link().base_url(), method, target, &[], body).await
}

/// Requests a listing with the key and these further form fields.
async fn list(sandbox: &Sandbox, target: &str, fields: &str) -> Response {
    send(sandbox, "POST", target, &format!("api_key={}{fields}", sandbox.turbo_link().api_key())).await
}

/// Starts a sandbox without links.
async fn start_without_links() -> Sandbox {
    Sandbox::builder().turbo_link(Settings::default().without_links()).start().await
}

/// Returns the ids in a listing.
#[track_caller]
fn ids(response: &Response) -> Vec<String> {
    let items = response.expect_status(200)["line_items"].clone();
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn check_rejected(response: &Response, status: u16, message: &str) {
    let body = response.expect_status(status);
    assert_eq!(body["error"], true, "{body}");
    assert!(body["msg"].as_str().unwrap().contains(message), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
}

#[tokio::test]
async fn the_documented_sample_request_gets_the_sample_response() {
    let sandbox = Sandbox::builder().start().await;
    let response = list(&sandbox, "/payments/baddef", "").await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(
        response.text(),
        format!(
            "{{\"error\":false,\"msg\":\"OK\",\"period\":[],\"api_path\":\"/payments\",\"total_results\":1,\"limit\":25,\
             \"line_items\":[{{\"id\":\"abc123\",\"amount\":\"$1.00\",\"status\":\"pending\",\
             \"qr\":\"{}/images/abc123.png\",\"created\":\"2023-11-01 11:19:49\",\
             \"convenience_fee\":{{\"setting\":null,\"status\":\"disabled\",\"value\":null}}}}]}}",
            sandbox.turbo_link().base_url()
        )
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_listing_has_the_fields_of_the_documented_table() {
    let sandbox = start_without_links().await;
    let id = sandbox.turbo_link().create("1234.50");
    sandbox.turbo_link().link(&id).set_fee(&Fee::flat("1.5"));
    let base = sandbox.turbo_link().base_url();
    let expected = |filter: &str, period: &str| {
        format!(
            "{{\"error\":false,\"msg\":\"OK\",\"type\":\"payment-detail\",{filter}\"period\":{period},\
             \"api_path\":\"/payments\",\"total_results\":1,\"limit\":25,\"line_items\":[{{\"id\":\"{id}\",\
             \"amount\":\"$1,234.50\",\"status\":\"pending\",\"url\":\"{base}/pay/{id}\",\
             \"qr\":\"{base}/images/{id}.png\",\"created\":\"2026-01-01 12:00:00\",\
             \"convenience_fee\":{{\"setting\":\"flat\",\"status\":\"enabled\",\"value\":1.50}}}}]}}"
        )
    };
    assert_eq!(list(&sandbox, "/payments", "").await.text(), expected("", "[]"));
    assert_eq!(list(&sandbox, &format!("/payments/{id}"), "").await.text(), expected("", "[]"));
    assert_eq!(
        list(&sandbox, "/payments", "&start=12%2F31%2F2025&end=01%2F01%2F2026").await.text(),
        expected(
            "\"start\":\"12/31/2025\",\"end\":\"01/01/2026\",",
            "{\"start\":\"12/31/2025\",\"end\":\"01/01/2026\"}"
        )
    );
    assert_eq!(
        list(&sandbox, "/payments", "&start=12/31/2025").await.text(),
        expected("\"start\":\"12/31/2025\",", "{\"start\":\"12/31/2025\"}")
    );
    assert_eq!(
        list(&sandbox, "/payments", "&interval=this_month").await.text(),
        expected("\"interval\":\"this_month\",", "{\"start\":\"01/01/2026\",\"end\":\"01/31/2026\"}")
    );
    sandbox.finish();
}

#[tokio::test]
async fn a_detail_lists_one_link_and_an_unknown_link_is_an_error() {
    let sandbox = Sandbox::builder().start().await;
    let id = sandbox.turbo_link().create("2.00");
    assert_eq!(ids(&list(&sandbox, &format!("/payments/{id}"), "").await), [id.as_str()]);
    assert_eq!(ids(&list(&sandbox, "/payments/abc123", "").await), ["abc123"]);
    for target in ["/payments/nobody", "/payments/%61bc124", "/payments/..%2Fpayments"] {
        check_rejected(&list(&sandbox, target, "").await, 404, "no such payment");
    }
    assert_eq!(ids(&list(&sandbox, "/payments/%61bc123", "").await), ["abc123"]);
    sandbox.finish();

    let without_links = start_without_links().await;
    check_rejected(&list(&without_links, "/payments/baddef", "").await, 404, "no such payment");
    assert_eq!(list(&without_links, "/payments", "").await.expect_status(200)["total_results"], 0);
    without_links.finish();
}

#[tokio::test]
async fn a_wrong_key_gets_a_401_with_error_true() {
    let sandbox = Sandbox::builder().start().await;
    let key = sandbox.turbo_link().api_key();
    for body in ["", "api_key=", "api_key", "api_key=sandbox_wrong", &format!("key={key}"), &format!("api_key={key}x")]
    {
        for target in ["/payments", "/payments/abc123", "/payments/nobody"] {
            check_rejected(&send(&sandbox, "POST", target, body).await, 401, "api_key");
        }
    }
    check_rejected(&send(&sandbox, "POST", &format!("/payments?api_key={key}"), "").await, 401, "api_key");
    check_rejected(&send(&sandbox, "POST", "/payments", &json!({"api_key": key}).to_string()).await, 401, "api_key");
    let odd = Sandbox::builder().turbo_link(Settings::default().key("sandbox_a b+c")).start().await;
    send(&odd, "POST", "/payments", "api_key=sandbox_a+b%2Bc").await.expect_status(200);
    check_rejected(&send(&odd, "POST", "/payments", "api_key=sandbox_a+b+c").await, 401, "api_key");
    odd.finish();
    let escaped: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
    send(&sandbox, "POST", "/payments", &format!("a=b&api_key={escaped}&&c")).await.expect_status(200);
    sandbox.finish();
}

#[tokio::test]
async fn errors_can_arrive_with_http_200_and_error_true() {
    let unauthorized = Sandbox::builder().turbo_link(Settings::default().unauthorized_under_200()).start().await;
    check_rejected(&send(&unauthorized, "POST", "/payments", "").await, 200, "api_key");
    check_rejected(&list(&unauthorized, "/payments/nobody", "").await, 404, "no such payment");
    unauthorized.finish();

    let all = Sandbox::builder().turbo_link(Settings::default().errors_under_200()).start().await;
    check_rejected(&send(&all, "POST", "/payments", "").await, 200, "api_key");
    check_rejected(&list(&all, "/payments/nobody", "").await, 200, "no such payment");
    check_rejected(&list(&all, "/payments", "&interval=never").await, 200, "interval");
    check_rejected(&send(&all, "GET", "/payments", "").await, 200, "no such endpoint");
    all.finish();
}

#[tokio::test]
async fn an_unknown_address_returns_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, target) in [
        ("GET", "/payments"),
        ("GET", "/payments/abc123"),
        ("POST", "/payments/"),
        ("POST", "/payments/a/b"),
        ("GET", "/"),
    ] {
        check_rejected(&send(&sandbox, method, target, "").await, 404, "no such endpoint");
    }
    sandbox.finish();
}

/// Starts a sandbox with a link created at noon of each of these days, and returns each id with its day.
async fn start_with_links_on(days: &[(u64, &'static str)]) -> (Sandbox, Vec<(String, &'static str)>) {
    let sandbox = start_without_links().await;
    let (mut links, mut today) = (Vec::new(), 0);
    for (day, date) in days {
        sandbox.clock().advance(Duration::from_secs((day - today) * 86_400));
        today = *day;
        links.push((sandbox.turbo_link().create("1.00"), *date));
    }
    (sandbox, links)
}

/// Returns the creation days of the listed links, oldest first.
async fn listed_days(sandbox: &Sandbox, links: &[(String, &'static str)], fields: &str) -> Vec<&'static str> {
    let listed = ids(&list(sandbox, "/payments", fields).await);
    links.iter().filter(|(id, _)| listed.contains(id)).map(|(_, date)| *date).collect()
}

#[tokio::test]
async fn start_and_end_dates_are_inclusive() {
    let (sandbox, links) =
        start_with_links_on(&[(0, "01/01"), (1, "01/02"), (2, "01/03"), (58, "02/28"), (59, "03/01")]).await;
    for (fields, expected) in [
        ("", vec!["01/01", "01/02", "01/03", "02/28", "03/01"]),
        ("&start=01/02/2026", vec!["01/02", "01/03", "02/28", "03/01"]),
        ("&end=01/02/2026", vec!["01/01", "01/02"]),
        ("&start=01/02/2026&end=02/28/2026", vec!["01/02", "01/03", "02/28"]),
        ("&start=01/03/2026&end=01/03/2026", vec!["01/03"]),
        ("&start=01/03/2026&end=01/02/2026", vec![]),
        ("&start=03/02/2026", vec![]),
        ("&start=&end=01/01/2026&interval=", vec!["01/01"]),
        ("&start=01/01/2026&start=03/01/2026", vec!["03/01"]),
    ] {
        assert_eq!(listed_days(&sandbox, &links, fields).await, expected, "{fields}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn intervals_are_relative_to_the_sandbox_clock() {
    let days = [
        (0, "Thu 01/01/2026"),
        (3, "Sun 01/04/2026"),
        (4, "Mon 01/05/2026"),
        (10, "Sun 01/11/2026"),
        (30, "Sat 01/31/2026"),
        (31, "Sun 02/01/2026"),
        (364, "Thu 12/31/2026"),
        (365, "Fri 01/01/2027"),
        (371, "Thu 01/07/2027"),
        (372, "Fri 01/08/2027"),
    ];
    let (sandbox, links) = start_with_links_on(&days).await;
    let days_of = |dates: &[&'static str]| dates.to_vec();
    for (interval, expected) in [
        ("today", days_of(&["Fri 01/08/2027"])),
        ("yesterday", days_of(&["Thu 01/07/2027"])),
        ("this_week", days_of(&["Thu 01/07/2027", "Fri 01/08/2027"])),
        ("last_week", days_of(&["Thu 12/31/2026", "Fri 01/01/2027"])),
        ("this_month", days_of(&["Fri 01/01/2027", "Thu 01/07/2027", "Fri 01/08/2027"])),
        ("last_month", days_of(&["Thu 12/31/2026"])),
        ("this_year", days_of(&["Fri 01/01/2027", "Thu 01/07/2027", "Fri 01/08/2027"])),
    ] {
        assert_eq!(listed_days(&sandbox, &links, &format!("&interval={interval}")).await, expected, "{interval}");
    }
    let last_year = listed_days(&sandbox, &links, "&interval=last_year").await;
    assert_eq!(last_year, days[..7].iter().map(|(_, date)| *date).collect::<Vec<_>>());

    sandbox.clock().advance(Duration::from_secs(43_199));
    assert_eq!(listed_days(&sandbox, &links, "&interval=today").await.len(), 1, "a second before midnight in UTC");
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(listed_days(&sandbox, &links, "&interval=today").await.len(), 0, "midnight in UTC");
    sandbox.finish();
}

#[tokio::test]
async fn invalid_filters_are_errors() {
    let sandbox = Sandbox::builder().start().await;
    for (fields, message) in [
        ("&start=2026-01-01", "start must be a date in the form mm/dd/YYYY"),
        ("&start=1/1/2026", "start must be a date in the form mm/dd/YYYY"),
        ("&start=02/29/2026", "start must be a date in the form mm/dd/YYYY"),
        ("&end=13/01/2026", "end must be a date in the form mm/dd/YYYY"),
        ("&end=01/01/26", "end must be a date in the form mm/dd/YYYY"),
        ("&interval=Today", "interval must be one of today, yesterday"),
        ("&interval=next_week", "interval must be one of today, yesterday"),
        ("&interval=today&start=01/01/2026", "interval cannot be combined with start or end"),
        ("&interval=today&end=01/01/2026", "interval cannot be combined with start or end"),
    ] {
        for target in ["/payments", "/payments/abc123"] {
            check_rejected(&list(&sandbox, target, fields).await, 400, message);
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_listing_has_at_most_25_links_newest_first_and_counts_all() {
    let sandbox = start_without_links().await;
    let mut created = Vec::new();
    for number in 0..30 {
        created.push(sandbox.turbo_link().create("1.00"));
        if number % 3 == 0 {
            sandbox.clock().advance(Duration::from_secs(1));
        }
    }
    created.reverse();
    for (count, links) in [(25, &created[..25]), (30, &created[..25])] {
        let fields = if count == 30 { "" } else { "&end=01/01/2026" };
        let response = list(&sandbox, "/payments", fields).await;
        assert_eq!((&response.json()["total_results"], &response.json()["limit"]), (&json!(30), &json!(25)));
        assert_eq!(ids(&response), links);
    }
    sandbox.finish();
}

/// Returns the fee of the only link in a listing as raw JSON, because the notation of the amount matters.
async fn listed_fee(sandbox: &Sandbox, target: &str) -> String {
    let text = list(sandbox, target, "").await.text();
    let (_, fee) = text.split_once("\"convenience_fee\":").unwrap();
    fee.strip_suffix("}]}").unwrap().to_owned()
}

#[tokio::test]
async fn a_fee_value_is_the_charged_amount_in_dollars() {
    let sandbox = start_without_links().await;
    for (amount, fee, expected) in [
        ("10.00", Fee::flat("0.5"), "{\"setting\":\"flat\",\"status\":\"enabled\",\"value\":0.50}"),
        ("10.00", Fee::percentage("2.5"), "{\"setting\":\"percentage\",\"status\":\"enabled\",\"value\":0.25}"),
        ("0.30", Fee::percentage("5"), "{\"setting\":\"percentage\",\"status\":\"enabled\",\"value\":0.02}"),
        ("0.29", Fee::percentage("5"), "{\"setting\":\"percentage\",\"status\":\"enabled\",\"value\":0.01}"),
        ("10.00", Fee::Disabled, "{\"setting\":null,\"status\":\"disabled\",\"value\":null}"),
    ] {
        let id = sandbox.turbo_link().create(amount);
        sandbox.turbo_link().link(&id).set_fee(&Fee::flat("9"));
        sandbox.turbo_link().link(&id).set_fee(&fee);
        assert_eq!(listed_fee(&sandbox, &format!("/payments/{id}")).await, expected, "{amount} with {fee:?}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_fee_has_the_configured_format() {
    for (form, value) in
        [(FeeValue::Number, "1234.50"), (FeeValue::Text, "\"1234.50\""), (FeeValue::Dollars, "\"$1,234.50\"")]
    {
        let object = format!("{{\"setting\":\"flat\",\"status\":\"enabled\",\"value\":{value}}}");
        let settings = Settings::default().without_links().fee_value(form);
        for (settings, expected) in
            [(settings.clone(), object.clone()), (settings.fees_as_lists(), format!("[{object}]"))]
        {
            let sandbox = Sandbox::builder().turbo_link(settings).start().await;
            let id = sandbox.turbo_link().create("9999.00");
            sandbox.turbo_link().link(&id).set_fee(&Fee::flat("1234.50"));
            assert_eq!(listed_fee(&sandbox, "/payments").await, expected);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn status_changes_appear_in_listings_and_in_the_ledger() {
    let sandbox = start_without_links().await;
    let id = sandbox.turbo_link().create("1234.50");
    let link = sandbox.turbo_link().link(&id);
    link.set_fee(&Fee::percentage("10"));
    let status = async || list(&sandbox, "/payments", "").await.expect_status(200)["line_items"][0]["status"].clone();
    assert_eq!((status().await, link.status().as_deref()), (json!("pending"), Some("pending")));
    link.complete();
    assert_eq!((status().await, link.status().as_deref()), (json!("completed"), Some("completed")));
    link.refund();
    assert_eq!((status().await, link.status().as_deref()), (json!("refunded"), Some("refunded")));

    let ledger = sandbox.ledger();
    let entries: Vec<(&str, &str, EntryKind, i64, &str)> = ledger
        .entries()
        .iter()
        .map(|entry| {
            (entry.operation.as_str(), entry.reference.as_str(), entry.kind, entry.amount, entry.currency.as_str())
        })
        .collect();
    assert_eq!(
        entries,
        [
            ("turbo-link.payment", id.as_str(), EntryKind::Credited, 123_450, "USD"),
            ("turbo-link.payment", id.as_str(), EntryKind::Returned, 123_450, "USD"),
        ]
    );
    sandbox.expect_status(&id, "refunded");
    sandbox.finish();
}

#[tokio::test]
async fn a_link_status_only_moves_forward() {
    let sandbox = start_without_links().await;
    for (steps, action, status) in [
        (0, "refund", "pending"),
        (1, "complete", "completed"),
        (1, "fee", "completed"),
        (2, "complete", "refunded"),
        (2, "refund", "refunded"),
        (2, "fee", "refunded"),
    ] {
        let id = sandbox.turbo_link().create("1.00");
        let link = sandbox.turbo_link().link(&id);
        if steps > 0 {
            link.complete();
        }
        if steps > 1 {
            link.refund();
        }
        let changed = catch_unwind(AssertUnwindSafe(|| match action {
            "complete" => link.complete(),
            "refund" => link.refund(),
            _ => link.set_fee(&Fee::flat("1")),
        }));
        assert!(changed.is_err(), "{action} on a {status} link");
        assert_eq!(link.status().as_deref(), Some(status));
    }
    sandbox.finish();
}

#[tokio::test]
async fn invalid_amounts_and_fees_are_rejected() {
    let sandbox = start_without_links().await;
    for amount in ["", "0", "-1.00", "1.234", "$1.00", "1,000.00", "1e3", "one"] {
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.turbo_link().create(amount))).is_err(), "{amount:?}");
        let id = sandbox.turbo_link().create("1.00");
        let link = sandbox.turbo_link().link(&id);
        for fee in [Fee::flat(amount), Fee::percentage(amount)] {
            assert!(catch_unwind(AssertUnwindSafe(|| link.set_fee(&fee))).is_err(), "{fee:?}");
        }
    }
    assert_eq!(list(&sandbox, "/payments", "").await.expect_status(200)["total_results"], 8);
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "no such link: \"nobody\"")]
async fn an_unknown_link_cannot_be_paid() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbo_link().link("nobody").status(), None);
    sandbox.turbo_link().link("nobody").complete();
}

#[tokio::test]
async fn a_new_sandbox_has_the_sample_link_and_one_link_of_each_status() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::builder().seed(seed).start().await;
        let response = list(&sandbox, "/payments", "").await;
        let items = response.expect_status(200)["line_items"].clone();
        let mut statuses: Vec<&str> =
            items.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["completed", "pending", "pending", "refunded"]);
        let created = items.as_array().unwrap().iter().map(|item| item["created"].as_str().unwrap());
        assert!(created.is_sorted_by(|newer, older| newer > older), "{items}");
        assert_eq!(items[3]["id"], "abc123", "the sample link is the oldest");
        assert_eq!(sandbox.ledger().entries().len(), 0, "the initial links changed before the ledger starts");
        let completed: Vec<&Value> =
            items.as_array().unwrap().iter().filter(|item| item["status"] == "completed").collect();
        assert_eq!(completed[0]["convenience_fee"]["setting"], "flat");
        assert!(completed[0]["amount"].as_str().unwrap().contains(','), "{items}");
        let new = sandbox.turbo_link().create("1.00");
        runs.push((items[0]["id"].clone(), items[0]["amount"].clone(), new, sandbox.turbo_link().api_key().to_owned()));
        sandbox.finish();
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].0 != runs[2].0 && runs[0].1 != runs[2].1 && runs[0].2 != runs[2].2 && runs[0].3 != runs[2].3);
}

#[tokio::test]
async fn faults_apply_to_listings() {
    let sandbox = Sandbox::builder().start().await;
    sandbox.fault("turbo-link.list#1 @query garbage");
    sandbox.fault("turbo-link.detail order=abc123 @query html=502");
    assert_eq!(list(&sandbox, "/payments", "").await.body, b"\xff\xfe{{garbage\x00");
    assert_eq!(list(&sandbox, "/payments", "").await.status, 200);
    assert_eq!(list(&sandbox, "/payments/baddef", "").await.status, 200);
    assert_eq!(list(&sandbox, "/payments/abc123", "").await.status, 502);
    assert_eq!(list(&sandbox, "/payments/abc123", "").await.status, 200);
    sandbox.finish();
}

#[tokio::test]
async fn the_control_api_creates_and_changes_links() {
    let sandbox = start_without_links().await;
    let act = async |path: &str, body: &str| control(&sandbox, "POST", &format!("/turbo-link/{path}"), body).await;
    let created = act("links", "{\"amount\": \"1.00\"}").await.expect_status(200);
    let id = created["id"].as_str().unwrap();
    let base = sandbox.turbo_link().base_url();
    assert_eq!(created, json!({"id": id, "url": format!("{base}/pay/{id}"), "qr": format!("{base}/images/{id}.png")}));
    for (fee, setting) in [
        ("{\"setting\": \"percentage\", \"value\": \"2.5\"}", json!("percentage")),
        ("{\"setting\": \"disabled\"}", json!(null)),
        ("{\"setting\": \"flat\", \"value\": \"0.50\"}", json!("flat")),
    ] {
        assert_eq!(
            act(&format!("links/{id}/fee"), fee).await.expect_status(200),
            json!({"id": id, "status": "pending"})
        );
        let response = list(&sandbox, "/payments", "").await.expect_status(200);
        assert_eq!(response["line_items"][0]["convenience_fee"]["setting"], setting);
    }
    assert_eq!(
        act(&format!("links/{id}/complete"), "").await.expect_status(200),
        json!({"id": id, "status": "completed"})
    );
    assert_eq!(
        act(&format!("links/{id}/refund"), "").await.expect_status(200),
        json!({"id": id, "status": "refunded"})
    );
    assert_eq!(sandbox.ledger().order(id).entries().len(), 2);
    let body = "{\"amount\": \"2.00\", \"fee\": {\"setting\": \"flat\", \"value\": \"0.50\"}}";
    let other = act("links", body).await.expect_status(200);
    let response = list(&sandbox, &format!("/payments/{}", other["id"].as_str().unwrap()), "").await;
    assert!(response.text().contains("\"setting\":\"flat\""), "{}", response.text());

    for (path, body, status, problem) in [
        ("links", "", 422, "invalid body: "),
        ("links", "{\"amount\": 1.00}", 422, "invalid body: "),
        ("links", "{\"amount\": \"1.234\"}", 422, "\"1.234\" must be a decimal above zero"),
        (
            "links",
            "{\"amount\": \"1.00\", \"fee\": {\"setting\": \"flat\", \"value\": \"x\"}}",
            422,
            "the fee \"x\" must be a decimal",
        ),
        ("links/nobody/complete", "", 404, "no such link: \"nobody\""),
        (&format!("links/{id}/explode"), "", 404, "\"explode\" is not an action"),
        (&format!("links/{id}/complete"), "", 409, "a link cannot change from refunded to completed"),
        (&format!("links/{id}/fee"), "{\"setting\": \"much\"}", 422, "`setting` must be flat, percentage or disabled"),
        (&format!("links/{id}/fee"), "{\"setting\": \"flat\"}", 422, "`value` is required"),
        ("links", "{\"amount\": \"1.00\", \"fee\": [\"flat\", \"0.50\"]}", 422, "invalid body: "),
    ] {
        let response = act(path, body).await.expect_status(status);
        assert!(response["error"].as_str().unwrap().contains(problem), "{path} {body}: {response}");
    }
    assert_eq!(
        list(&sandbox, "/payments", "").await.expect_status(200)["total_results"],
        2,
        "a rejected command creates no link"
    );
    control(&sandbox, "POST", "/turbo-link/nothing", "").await.expect_status(404);
    let page = control(&sandbox, "GET", "/api", "").await.text().replace("<wbr>", "");
    assert!(page.contains("POST /turbo-link/links") && page.contains("POST /turbo-link/links/{id}/fee"));
    for behaviour in payments_sandbox::turbo_link::BEHAVIOURS {
        assert!(page.contains(&behaviour.text.replace('\'', "&#39;")), "{}", behaviour.text);
    }
    sandbox.finish();
}
