//! tur.bo's listings: what they say, of which links, and how they change.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use payments_sandbox::turbo_link::{Fee, FeeValue, Settings};
use payments_sandbox::{EntryKind, Sandbox};
use serde_json::{Value, json};

use crate::support::{Response, control};

/// A request with a body that says nothing of its type, as the document's Python sample sends it.
pub(crate) async fn send(sandbox: &Sandbox, method: &str, target: &str, body: &str) -> Response {
    crate::support::send(sandbox.turbo_link().base_url(), method, target, &[], body).await
}

/// A listing, with more fields than the key.
async fn list(sandbox: &Sandbox, target: &str, fields: &str) -> Response {
    send(sandbox, "POST", target, &format!("api_key={}{fields}", sandbox.turbo_link().api_key())).await
}

/// A sandbox that has no links yet.
async fn empty() -> Sandbox {
    Sandbox::builder().turbo_link(Settings::default().without_links()).start().await
}

/// The ids that a listing has.
#[track_caller]
fn ids(response: &Response) -> Vec<String> {
    let items = response.expect(200)["line_items"].clone();
    items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn check_rejected(response: &Response, status: u16, message: &str) {
    let found = response.expect(status);
    assert_eq!(found["error"], true, "{found}");
    assert!(found["msg"].as_str().unwrap().contains(message), "{found}");
    assert_eq!(found.as_object().unwrap().len(), 2, "{found}");
}

#[tokio::test]
async fn the_sample_s_request_is_answered_as_the_sample_is() {
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
async fn a_listing_has_the_members_of_the_table_too() {
    let sandbox = empty().await;
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
async fn a_detail_lists_the_one_link_and_an_unknown_one_is_an_error() {
    let sandbox = Sandbox::builder().start().await;
    let id = sandbox.turbo_link().create("2.00");
    assert_eq!(ids(&list(&sandbox, &format!("/payments/{id}"), "").await), [id.as_str()]);
    assert_eq!(ids(&list(&sandbox, "/payments/abc123", "").await), ["abc123"]);
    for target in ["/payments/nobody", "/payments/%61bc124", "/payments/..%2Fpayments"] {
        check_rejected(&list(&sandbox, target, "").await, 404, "no such payment");
    }
    assert_eq!(ids(&list(&sandbox, "/payments/%61bc123", "").await), ["abc123"]);
    sandbox.finish();

    let none = empty().await;
    check_rejected(&list(&none, "/payments/baddef", "").await, 404, "no such payment");
    assert_eq!(list(&none, "/payments", "").await.expect(200)["total_results"], 0);
    none.finish();
}

#[tokio::test]
async fn a_wrong_key_is_answered_401_with_error_true() {
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
    send(&odd, "POST", "/payments", "api_key=sandbox_a+b%2Bc").await.expect(200);
    check_rejected(&send(&odd, "POST", "/payments", "api_key=sandbox_a+b+c").await, 401, "api_key");
    odd.finish();
    let escaped: String = key.bytes().map(|byte| format!("%{byte:02x}")).collect();
    send(&sandbox, "POST", "/payments", &format!("a=b&api_key={escaped}&&c")).await.expect(200);
    sandbox.finish();
}

#[tokio::test]
async fn errors_can_come_under_http_200_with_error_true() {
    let unauthorized = Sandbox::builder().turbo_link(Settings::default().unauthorized_under_200()).start().await;
    check_rejected(&send(&unauthorized, "POST", "/payments", "").await, 200, "api_key");
    check_rejected(&list(&unauthorized, "/payments/nobody", "").await, 404, "no such payment");
    unauthorized.finish();

    let all = Sandbox::builder().turbo_link(Settings::default().errors_under_200()).start().await;
    check_rejected(&send(&all, "POST", "/payments", "").await, 200, "api_key");
    check_rejected(&list(&all, "/payments/nobody", "").await, 200, "no such payment");
    check_rejected(&list(&all, "/payments", "&interval=never").await, 200, "interval");
    check_rejected(&send(&all, "GET", "/payments", "").await, 200, "nothing at this address");
    all.finish();
}

#[tokio::test]
async fn an_address_that_there_is_not_is_answered_404() {
    let sandbox = Sandbox::builder().start().await;
    for (method, target) in [
        ("GET", "/payments"),
        ("GET", "/payments/abc123"),
        ("POST", "/payments/"),
        ("POST", "/payments/a/b"),
        ("GET", "/"),
    ] {
        check_rejected(&send(&sandbox, method, target, "").await, 404, "nothing at this address");
    }
    sandbox.finish();
}

/// A sandbox with a link on each of these days, at noon: the ids with their days.
async fn with_days(days: &[(u64, &'static str)]) -> (Sandbox, Vec<(String, &'static str)>) {
    let sandbox = empty().await;
    let (mut links, mut today) = (Vec::new(), 0);
    for (day, date) in days {
        sandbox.clock().advance(Duration::from_secs((day - today) * 86_400));
        today = *day;
        links.push((sandbox.turbo_link().create("1.00"), *date));
    }
    (sandbox, links)
}

/// The days of the links that a listing has, the first made first.
async fn days_listed(sandbox: &Sandbox, links: &[(String, &'static str)], fields: &str) -> Vec<&'static str> {
    let found = ids(&list(sandbox, "/payments", fields).await);
    links.iter().filter(|(id, _)| found.contains(id)).map(|(_, date)| *date).collect()
}

#[tokio::test]
async fn dates_choose_from_the_first_day_to_the_last_both_among_them() {
    let (sandbox, links) = with_days(&[(0, "01/01"), (1, "01/02"), (2, "01/03"), (58, "02/28"), (59, "03/01")]).await;
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
        assert_eq!(days_listed(&sandbox, &links, fields).await, expected, "{fields}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn an_interval_chooses_by_the_sandbox_s_clock() {
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
    let (sandbox, links) = with_days(&days).await;
    let at = |dates: &[&'static str]| dates.to_vec();
    for (interval, expected) in [
        ("today", at(&["Fri 01/08/2027"])),
        ("yesterday", at(&["Thu 01/07/2027"])),
        ("this_week", at(&["Thu 01/07/2027", "Fri 01/08/2027"])),
        ("last_week", at(&["Thu 12/31/2026", "Fri 01/01/2027"])),
        ("this_month", at(&["Fri 01/01/2027", "Thu 01/07/2027", "Fri 01/08/2027"])),
        ("last_month", at(&["Thu 12/31/2026"])),
        ("this_year", at(&["Fri 01/01/2027", "Thu 01/07/2027", "Fri 01/08/2027"])),
    ] {
        assert_eq!(days_listed(&sandbox, &links, &format!("&interval={interval}")).await, expected, "{interval}");
    }
    let last_year = days_listed(&sandbox, &links, "&interval=last_year").await;
    assert_eq!(last_year, days[..7].iter().map(|(_, date)| *date).collect::<Vec<_>>());

    sandbox.clock().advance(Duration::from_secs(43_199));
    assert_eq!(days_listed(&sandbox, &links, "&interval=today").await.len(), 1, "a second before midnight in UTC");
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(days_listed(&sandbox, &links, "&interval=today").await.len(), 0, "midnight in UTC");
    sandbox.finish();
}

#[tokio::test]
async fn filters_that_say_nothing_are_errors() {
    let sandbox = Sandbox::builder().start().await;
    for (fields, message) in [
        ("&start=2026-01-01", "start must be a date in the form mm/dd/YYYY"),
        ("&start=1/1/2026", "start must be a date in the form mm/dd/YYYY"),
        ("&start=02/29/2026", "start must be a date in the form mm/dd/YYYY"),
        ("&end=13/01/2026", "end must be a date in the form mm/dd/YYYY"),
        ("&end=01/01/26", "end must be a date in the form mm/dd/YYYY"),
        ("&interval=Today", "interval must be one of today, yesterday"),
        ("&interval=next_week", "interval must be one of today, yesterday"),
        ("&interval=today&start=01/01/2026", "interval excludes start and end"),
        ("&interval=today&end=01/01/2026", "interval excludes start and end"),
    ] {
        for target in ["/payments", "/payments/abc123"] {
            check_rejected(&list(&sandbox, target, fields).await, 400, message);
        }
    }
    sandbox.finish();
}

#[tokio::test]
async fn at_most_25_are_listed_the_newest_first_and_all_are_counted() {
    let sandbox = empty().await;
    let mut made = Vec::new();
    for number in 0..30 {
        made.push(sandbox.turbo_link().create("1.00"));
        if number % 3 == 0 {
            sandbox.clock().advance(Duration::from_secs(1));
        }
    }
    made.reverse();
    for (count, links) in [(25, &made[..25]), (30, &made[..25])] {
        let fields = if count == 30 { "" } else { "&end=01/01/2026" };
        let response = list(&sandbox, "/payments", fields).await;
        assert_eq!((&response.json()["total_results"], &response.json()["limit"]), (&json!(30), &json!(25)));
        assert_eq!(ids(&response), links);
    }
    sandbox.finish();
}

/// What a listing says of the fee of its only link, to the letter: an amount's spelling counts.
async fn fee_listed(sandbox: &Sandbox, target: &str) -> String {
    let text = list(sandbox, target, "").await.text();
    let (_, fee) = text.split_once("\"convenience_fee\":").unwrap();
    fee.strip_suffix("}]}").unwrap().to_owned()
}

#[tokio::test]
async fn a_fee_s_value_is_the_dollars_charged() {
    let sandbox = empty().await;
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
        assert_eq!(fee_listed(&sandbox, &format!("/payments/{id}")).await, expected, "{amount} with {fee:?}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn a_fee_comes_in_the_form_that_was_set() {
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
            assert_eq!(fee_listed(&sandbox, "/payments").await, expected);
            sandbox.finish();
        }
    }
}

#[tokio::test]
async fn links_change_between_two_listings_and_the_ledger_has_what_moved() {
    let sandbox = empty().await;
    let id = sandbox.turbo_link().create("1234.50");
    let link = sandbox.turbo_link().link(&id);
    link.set_fee(&Fee::percentage("10"));
    let status = async || list(&sandbox, "/payments", "").await.expect(200)["line_items"][0]["status"].clone();
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
    sandbox.believes(&id, "refunded");
    sandbox.finish();
}

#[tokio::test]
async fn a_link_changes_forward_and_in_no_other_way() {
    let sandbox = empty().await;
    for (steps, last, status) in [
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
        let changed = catch_unwind(AssertUnwindSafe(|| match last {
            "complete" => link.complete(),
            "refund" => link.refund(),
            _ => link.set_fee(&Fee::flat("1")),
        }));
        assert!(changed.is_err(), "{last} of a link that is {status}");
        assert_eq!(link.status().as_deref(), Some(status));
    }
    sandbox.finish();
}

#[tokio::test]
async fn amounts_and_fees_that_are_none_are_refused() {
    let sandbox = empty().await;
    for amount in ["", "0", "-1.00", "1.234", "$1.00", "1,000.00", "1e3", "one"] {
        assert!(catch_unwind(AssertUnwindSafe(|| sandbox.turbo_link().create(amount))).is_err(), "{amount:?}");
        let id = sandbox.turbo_link().create("1.00");
        let link = sandbox.turbo_link().link(&id);
        for fee in [Fee::flat(amount), Fee::percentage(amount)] {
            assert!(catch_unwind(AssertUnwindSafe(|| link.set_fee(&fee))).is_err(), "{fee:?}");
        }
    }
    assert_eq!(list(&sandbox, "/payments", "").await.expect(200)["total_results"], 8);
    sandbox.finish();
}

#[tokio::test]
#[should_panic(expected = "there is no link \"nobody\"")]
async fn a_link_that_there_is_not_cannot_be_paid() {
    let sandbox = Sandbox::builder().start().await;
    assert_eq!(sandbox.turbo_link().link("nobody").status(), None);
    sandbox.turbo_link().link("nobody").complete();
}

#[tokio::test]
async fn the_seed_gives_a_link_of_each_status_besides_the_sample_s() {
    let mut seen = Vec::new();
    for seed in [7, 7, 8] {
        let sandbox = Sandbox::builder().seed(seed).start().await;
        let response = list(&sandbox, "/payments", "").await;
        let items = response.expect(200)["line_items"].clone();
        let mut statuses: Vec<&str> =
            items.as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, ["completed", "pending", "pending", "refunded"]);
        let created = items.as_array().unwrap().iter().map(|item| item["created"].as_str().unwrap());
        assert!(created.is_sorted_by(|newer, older| newer > older), "{items}");
        assert_eq!(items[3]["id"], "abc123", "the oldest");
        assert_eq!(sandbox.ledger().entries().len(), 0, "what became of them did so before");
        let completed: Vec<&Value> =
            items.as_array().unwrap().iter().filter(|item| item["status"] == "completed").collect();
        assert_eq!(completed[0]["convenience_fee"]["setting"], "flat");
        assert!(completed[0]["amount"].as_str().unwrap().contains(','), "{items}");
        let new = sandbox.turbo_link().create("1.00");
        seen.push((items[0]["id"].clone(), items[0]["amount"].clone(), new, sandbox.turbo_link().api_key().to_owned()));
        sandbox.finish();
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].0 != seen[2].0 && seen[0].1 != seen[2].1 && seen[0].2 != seen[2].2 && seen[0].3 != seen[2].3);
}

#[tokio::test]
async fn listings_suffer_the_faults_of_reads() {
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
async fn the_control_api_makes_and_changes_links_too() {
    let sandbox = empty().await;
    let act = async |path: &str, body: &str| control(&sandbox, "POST", &format!("/turbo-link/{path}"), body).await;
    let made = act("links", "{\"amount\": \"1.00\"}").await.expect(200);
    let id = made["id"].as_str().unwrap();
    let base = sandbox.turbo_link().base_url();
    assert_eq!(made, json!({"id": id, "url": format!("{base}/pay/{id}"), "qr": format!("{base}/images/{id}.png")}));
    for (fee, setting) in [
        ("{\"setting\": \"percentage\", \"value\": \"2.5\"}", json!("percentage")),
        ("{\"setting\": \"disabled\"}", json!(null)),
        ("{\"setting\": \"flat\", \"value\": \"0.50\"}", json!("flat")),
    ] {
        assert_eq!(act(&format!("links/{id}/fee"), fee).await.expect(200), json!({"id": id, "status": "pending"}));
        let found = list(&sandbox, "/payments", "").await.expect(200);
        assert_eq!(found["line_items"][0]["convenience_fee"]["setting"], setting);
    }
    assert_eq!(act(&format!("links/{id}/complete"), "").await.expect(200), json!({"id": id, "status": "completed"}));
    assert_eq!(act(&format!("links/{id}/refund"), "").await.expect(200), json!({"id": id, "status": "refunded"}));
    assert_eq!(sandbox.ledger().order(id).entries().len(), 2);
    let with_fee = "{\"amount\": \"2.00\", \"fee\": {\"setting\": \"flat\", \"value\": \"0.50\"}}";
    let other = act("links", with_fee).await.expect(200);
    let found = list(&sandbox, &format!("/payments/{}", other["id"].as_str().unwrap()), "").await;
    assert!(found.text().contains("\"setting\":\"flat\""), "{}", found.text());

    for (path, body, problem) in [
        ("links", "", "the body is not what is expected here"),
        ("links", "{\"amount\": 1.00}", "the body is not what is expected here"),
        ("links", "{\"amount\": \"1.234\"}", "\"1.234\" is no decimal above zero"),
        ("links", "{\"amount\": \"1.00\", \"fee\": {\"setting\": \"flat\", \"value\": \"x\"}}", "a fee of \"x\""),
        ("links/nobody/complete", "", "there is no link \"nobody\""),
        (&format!("links/{id}/explode"), "", "\"explode\" is no action"),
        (&format!("links/{id}/complete"), "", "a link that is refunded does not become completed"),
        (&format!("links/{id}/fee"), "{\"setting\": \"much\"}", "the body is not what is expected here"),
    ] {
        let found = act(path, body).await.expect(422);
        assert!(found["error"].as_str().unwrap().contains(problem), "{path} {body}: {found}");
    }
    assert_eq!(list(&sandbox, "/payments", "").await.expect(200)["total_results"], 2, "nothing was half made");
    control(&sandbox, "POST", "/turbo-link/nothing", "").await.expect(404);
    let page = control(&sandbox, "GET", "/", "").await.text();
    assert!(page.contains("POST /turbo-link/links") && page.contains("POST /turbo-link/links/{id}/fee"));
    for behaviour in payments_sandbox::turbo_link::BEHAVIOURS {
        assert!(page.contains(&behaviour.what.replace('\'', "&#39;")), "{}", behaviour.what);
    }
    sandbox.finish();
}
