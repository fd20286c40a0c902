//! tur.bo's list, with the document's sample.

use payments_core::decimal;
use payments_core::test_util::{Reply, Script};
use turbo_link::{ApiKey, Client, Currency, LinkStatus, ListLinks, Money};

use super::exchange::{Exchange, Facts, Reading, clock, now};

pub(super) const EXCHANGES: &[&Exchange] = &[&LIST];

pub(super) const LIST: Exchange = Exchange {
    name: "tur.bo, list",
    status: 200,
    // The members up to `interval` are in the document's table and not in its sample.
    sample: r#"{"type":"payment-detail","start":"11/01/2023","end":"11/30/2023","interval":"30","error":false,"msg":"OK",
        "period":[],"api_path":"/payments","total_results":1,"limit":25,"line_items":[{"id":"abc123","amount":"$1.00",
        "status":"completed","url":"https://tur.bo/abc123","qr":"https://api.tur.bo/images/abc123.png",
        "created":"2023-11-01 11:19:49","convenience_fee":{"setting":"flat","status":"disabled","value":1.50}}]}"#,
    deciding: &["error", "total_results", "line_items", "line_items[0]", "line_items[0].id", "line_items[0].status"],
    compared: &["line_items[0].amount", "line_items[0].convenience_fee", "line_items[0].convenience_fee.value"],
    any_shape: &["period"],
    read: |status, body| {
        let sent = now(client(Reply::new(status, body)).list_links(ListLinks::new()).send());
        Reading::of(sent, |list| {
            let links = list.line_items.iter().map(|item| match item {
                Ok(link) => (link.id.as_str(), link.status.as_str()),
                Err(item) => (item.id.as_deref().unwrap_or("?"), "unreadable"),
            });
            let (ids, statuses): (Vec<_>, Vec<_>) = links.unzip();
            let dollars = |cents| Ok(Money::from_minor(cents, Currency::USD));
            let passes = list.line_items.iter().all(|item| {
                item.as_ref().is_ok_and(|link| {
                    let fees_pass =
                        link.convenience_fees.iter().all(|fee| fee.value() == Ok(decimal::parse("1.50").ok()));
                    link.status == LinkStatus::Completed && link.amount() == dollars(100) && fees_pass
                })
            });
            let identity = format!("{} of {}", ids.join("+"), list.total_results);
            Facts::new(identity, statuses.join("+"), list.unreadable_members()).passes(passes)
        })
    },
};

pub(super) fn client(reply: Reply) -> Client {
    let clock = clock();
    let builder = Client::builder(ApiKey::new("key").unwrap()).transport(Script::new([reply]));
    builder.clock(clock.clone()).timer(clock).retry(turbo_link::RetryPolicy::none()).build().unwrap()
}
