//! The samples of the documentation, member by member.

use payments_core::test_util::Reply;
use turbo_link::{Currency, FeeSetting, FeeStatus, Interval, LinkId, LinkStatus, ListLinks, Money};

use crate::support::{KEY, SAMPLE, last_body, list_from, sample_with, scripted};

#[tokio::test]
async fn a_request_for_one_link_is_sent_as_documented() {
    let (client, script) = scripted([Reply::json(200, SAMPLE)]);

    client.list_links(ListLinks::new().only("baddef")).send().await.unwrap();

    let request = &script.requests()[0];
    assert_eq!(request.method(), "POST");
    assert_eq!(request.url(), "https://api.tur.bo/payments/baddef");
    assert_eq!(last_body(&script), format!("api_key={KEY}"));
    assert_eq!(request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(request.headers()["accept"], "application/json");
    assert_eq!(request.headers()["accept-encoding"], "identity");
    assert!(request.headers()["user-agent"].to_str().unwrap().starts_with("turbo-link/"));
    assert_eq!(request.headers().len(), 4, "{:?}", request.headers().keys());
}

#[tokio::test]
async fn a_list_is_requested_at_the_api_path_of_the_sample() {
    let (client, script) = scripted([Reply::json(200, SAMPLE)]);
    client.list_links(ListLinks::new()).send().await.unwrap();
    let request = &script.requests()[0];
    assert_eq!((request.method().as_str(), request.url()), ("POST", "https://api.tur.bo/payments"));
    assert_eq!(last_body(&script), format!("api_key={KEY}"));
}

#[tokio::test]
async fn every_member_of_the_documented_response_is_decoded() {
    let (client, _) = scripted([Reply::json(200, SAMPLE)]);
    let requested: LinkId = "baddef".parse().unwrap();

    let list = client.list_links(ListLinks::new().only(requested.clone())).send().await.unwrap();

    assert_eq!((list.total_results, list.limit, list.not_shown()), (1, Some(25), 0));
    assert_eq!((list.msg.as_deref(), list.api_path.as_deref()), (Some("OK"), Some("/payments")));
    assert_eq!(list.period.as_ref().unwrap().as_str(), "[]");
    assert_eq!((&list.kind, &list.start, &list.end, &list.interval), (&None, &None, &None, &None));
    // The sample is the response for `baddef`, but contains another link.
    assert_eq!(list.find(&requested).unwrap(), None);
    let link = list.find(&"abc123".parse().unwrap()).unwrap().unwrap();
    assert_eq!(list.line_items.len(), 1);
    assert_eq!((link.id.as_str(), &link.status), ("abc123", &LinkStatus::Pending));
    assert_eq!(link.amount().unwrap(), Money::from_minor(100, Currency::USD));
    assert_eq!(link.url, None);
    assert_eq!(link.qr.as_ref().unwrap().href(), Some("https://api.tur.bo/images/abc123.png"));
    assert_eq!(link.created, Some(time::macros::datetime!(2023-11-01 11:19:49)));
    assert!(list.unreadable_members().is_empty() && link.unreadable_members().is_empty());
    let [fee] = &link.convenience_fees[..] else { panic!("expected one fee") };
    assert_eq!((&fee.status, &fee.setting, fee.value()), (&Some(FeeStatus::Disabled), &None, Ok(None)));
    assert_eq!(fee.amount(), Ok(None));
}

#[test]
fn members_that_are_only_in_the_table_are_decoded() {
    let list = list_from(&sample_with(
        r#""error":false"#,
        r#""error":false,"type":"payment-detail","start":"11/01/2023","end":"02/29/2024","interval":"last_month""#,
    ))
    .unwrap();
    assert_eq!(list.kind.as_deref(), Some("payment-detail"));
    assert_eq!(list.start, Some(time::macros::date!(2023 - 11 - 01)));
    assert_eq!(list.end, Some(time::macros::date!(2024 - 02 - 29)));
    assert_eq!(list.interval, Some(Interval::LastMonth));

    let list =
        list_from(&sample_with(r#""status":"pending""#, r#""status":"completed","url":"https://tur.bo/abc123""#))
            .unwrap();
    let link = &list.line_items[0].as_ref().unwrap();
    assert_eq!((&link.status, link.url.as_ref().unwrap().as_str()), (&LinkStatus::Completed, "https://tur.bo/abc123"));
}

#[test]
fn every_documented_label_and_status_is_known() {
    let labels = Interval::KNOWN.iter().map(Interval::as_str).collect::<Vec<_>>();
    assert_eq!(
        labels,
        ["today", "yesterday", "this_week", "this_month", "this_year", "last_week", "last_month", "last_year"]
    );
    let statuses = LinkStatus::KNOWN.iter().map(LinkStatus::as_str).collect::<Vec<_>>();
    assert_eq!(statuses, ["pending", "completed", "refunded"]);
    assert_eq!(FeeSetting::KNOWN.iter().map(FeeSetting::as_str).collect::<Vec<_>>(), ["flat", "percentage"]);
    assert_eq!(FeeStatus::KNOWN.iter().map(FeeStatus::as_str).collect::<Vec<_>>(), ["enabled", "disabled"]);
}

#[test]
fn a_list_is_serialized_with_exact_amounts_and_unchanged_times() {
    let list = list_from(&sample_with(r#""period": []"#, r#""period": [],"start":"11/01/2023""#)).unwrap();
    assert_eq!(
        serde_json::to_string(&list).unwrap(),
        r#"{"line_items":[{"stored":"turbo-link.payment_link/1","id":"abc123","amount":"1.00","status":"pending","url":null,"qr":"https://api.tur.bo/images/abc123.png","created":"2023-11-01 11:19:49","convenience_fees":[{"status":"disabled","setting":null,"value":null,"is_unreadable":false}],"unreadable":[]}],"total_results":1,"limit":25,"msg":"OK","type":null,"start":"2023-11-01","end":null,"interval":null,"period":[],"api_path":"/payments"}"#
    );
}
