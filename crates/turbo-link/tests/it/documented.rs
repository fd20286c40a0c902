//! The document's own samples, member for member.

use payments_core::test_util::Reply;
use turbo_link::{Currency, FeeSetting, FeeStatus, Interval, LinkId, LinkStatus, ListLinks, Money};

use crate::support::{KEY, SAMPLE, answered, body_of, scripted, with};

#[tokio::test]
async fn a_links_detail_is_asked_for_as_documented() {
    let (client, script) = scripted([Reply::json(200, SAMPLE)]);

    client.list_links(ListLinks::new().only("baddef".parse().unwrap())).send().await.unwrap();

    let sent = &script.requests()[0];
    assert_eq!(sent.method(), "POST");
    assert_eq!(sent.url(), "https://api.tur.bo/payments/baddef");
    assert_eq!(body_of(&script), format!("api_key={KEY}"));
    assert_eq!(sent.headers()["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(sent.headers()["accept"], "application/json");
    assert_eq!(sent.headers()["accept-encoding"], "identity");
    assert!(sent.headers()["user-agent"].to_str().unwrap().starts_with("turbo-link/"));
    assert_eq!(sent.headers().len(), 4, "{:?}", sent.headers().keys());
}

#[tokio::test]
async fn a_list_is_asked_for_at_the_samples_own_path() {
    let (client, script) = scripted([Reply::json(200, SAMPLE)]);
    client.list_links(ListLinks::new()).send().await.unwrap();
    let sent = &script.requests()[0];
    assert_eq!((sent.method().as_str(), sent.url()), ("POST", "https://api.tur.bo/payments"));
    assert_eq!(body_of(&script), format!("api_key={KEY}"));
}

#[tokio::test]
async fn the_documented_answer_is_read_member_for_member() {
    let (client, _) = scripted([Reply::json(200, SAMPLE)]);
    let asked: LinkId = "baddef".parse().unwrap();

    let list = client.list_links(ListLinks::new().only(asked.clone())).send().await.unwrap();

    assert_eq!((list.total_results, list.limit, list.not_shown()), (1, 25, 0));
    assert_eq!((list.msg.as_deref(), list.api_path.as_deref()), (Some("OK"), Some("/payments")));
    assert_eq!(list.period.as_ref().unwrap().as_str(), "[]");
    assert_eq!((&list.kind, &list.start, &list.end, &list.interval), (&None, &None, &None, &None));
    // The sample answers for `baddef` with another link.
    assert_eq!(list.find(&asked), None);
    let link = list.find(&"abc123".parse().unwrap()).unwrap();
    assert_eq!(list.line_items.len(), 1);
    assert_eq!((link.id.as_str(), &link.status), ("abc123", &LinkStatus::Pending));
    assert_eq!(link.amount, Money::from_minor(100, Currency::USD));
    assert_eq!(link.url, None);
    assert_eq!(link.qr.as_ref().unwrap().href(), Some("https://api.tur.bo/images/abc123.png"));
    assert_eq!(link.created, time::macros::datetime!(2023-11-01 11:19:49));
    let [fee] = &link.convenience_fees[..] else { panic!("one fee") };
    assert_eq!((&fee.status, &fee.setting, fee.value), (&FeeStatus::Disabled, &None, None));
    assert_eq!(fee.amount(), Ok(None));
}

#[test]
fn what_only_the_table_has_is_read_too() {
    let list = answered(&with(
        r#""error":false"#,
        r#""error":false,"type":"payment-detail","start":"11/01/2023","end":"02/29/2024","interval":"last_month""#,
    ))
    .unwrap();
    assert_eq!(list.kind.as_deref(), Some("payment-detail"));
    assert_eq!(list.start, Some(time::macros::date!(2023 - 11 - 01)));
    assert_eq!(list.end, Some(time::macros::date!(2024 - 02 - 29)));
    assert_eq!(list.interval, Some(Interval::LastMonth));

    let list =
        answered(&with(r#""status":"pending""#, r#""status":"completed","url":"https://tur.bo/abc123""#)).unwrap();
    let link = &list.line_items[0];
    assert_eq!((&link.status, link.url.as_ref().unwrap().as_str()), (&LinkStatus::Completed, "https://tur.bo/abc123"));
}

#[test]
fn each_documented_label_and_status_has_its_name() {
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
fn a_list_is_stored_with_exact_amounts_and_its_times_as_they_came() {
    let list = answered(&with(r#""period": []"#, r#""period": [],"start":"11/01/2023""#)).unwrap();
    assert_eq!(
        serde_json::to_string(&list).unwrap(),
        r#"{"line_items":[{"id":"abc123","amount":{"minor":100,"currency":"USD"},"status":"pending","url":null,"qr":"https://api.tur.bo/images/abc123.png","created":"2023-11-01 11:19:49","convenience_fees":[{"status":"disabled","setting":null,"value":null}]}],"total_results":1,"limit":25,"msg":"OK","type":null,"start":"2023-11-01","end":null,"interval":null,"period":[],"api_path":"/payments"}"#
    );
}
