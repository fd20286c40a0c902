//! The client against the sandbox, which is implemented independently from the same documentation.

use payments_sandbox::Sandbox;
use payments_sandbox::turbo_link::Fee;
use turbo_link::{ApiKey, Client, Currency, Interval, LinkStatus, ListLinks, Money, WebAddress};

fn client_for(sandbox: &Sandbox) -> Client {
    let provider = sandbox.turbo_link();
    Client::builder(ApiKey::new(provider.api_key()).unwrap())
        .base_url(provider.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .build()
        .unwrap()
}

#[tokio::test]
async fn links_fees_and_statuses_of_the_sandbox_are_decoded() {
    let sandbox = Sandbox::builder().seed(7).start().await;
    let provider = sandbox.turbo_link();
    let client = client_for(&sandbox);
    let (small, large) = (provider.create("1.5"), provider.create("1234567.89"));
    provider.link(&small).set_fee(&Fee::flat("0.50"));
    provider.link(&large).set_fee(&Fee::percentage("2.5"));
    provider.link(&large).complete();

    let list = client.list_links(ListLinks::new().interval(Interval::Today)).send().await.unwrap();

    assert_eq!((list.line_items.len(), list.not_shown()), (2, 0));
    let find = |id: &str| list.find(&id.parse().unwrap()).unwrap().unwrap();
    assert_eq!((find(&small).amount().unwrap().minor(), &find(&small).status), (150, &LinkStatus::Pending));
    let fee = &find(&small).convenience_fees[0];
    assert_eq!(fee.amount(), Ok(Some(Money::from_minor(50, Currency::USD))));
    // The value is dollars for a percentage fee too (documented): 2.5 % of 1,234,567.89.
    let fee = &find(&large).convenience_fees[0];
    assert_eq!(fee.amount(), Ok(Some(Money::from_minor(3_086_420, Currency::USD))));
    assert_eq!(find(&large).amount().unwrap(), Money::from_minor(123_456_789, Currency::USD));
    assert_eq!(find(&large).status, LinkStatus::Completed);
    assert!(find(&small).qr.as_ref().and_then(WebAddress::href).is_some());
    provider.link(&large).refund();
    let one_link = client.list_links(ListLinks::new().only(&large)).send().await.unwrap();
    assert_eq!(one_link.find(&large.parse().unwrap()).unwrap().unwrap().status, LinkStatus::Refunded);
    assert_eq!(client.list_links(ListLinks::new().interval(Interval::Yesterday)).send().await.unwrap().line_items, []);
    sandbox.finish();
}
