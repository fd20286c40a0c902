//! tur.bo: payment links, listed before and after the payment.

use payments_sandbox::Sandbox;
use turbo_link::{Client, Interval, LinkId, LinkStatus, ListLinks, PaymentList};

use super::{Failed, Flow, Tour, plain_http, step};
use crate::clients::turbo_link_at;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let client = turbo_link_at(&sandbox)?;
    let flows = vec![links(&sandbox, &client).await?, lost_response(&sandbox, &client).await?];
    sandbox.finish();
    Ok(Tour { provider: "tur.bo", about: "payment links, created in the dashboard and listed through the API", flows })
}

async fn links(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    let provider = sandbox.turbo_link();
    let id: LinkId = provider.create("1234.50").parse()?;
    let before = todays_links(client).await?;
    plain_http::press_button(&provider.link(id.as_str()).url(), "pay").await?;
    let after = todays_links(client).await?;
    let status = |list: &PaymentList| -> Result<_, Failed> {
        let link = list.find(&id)?.ok_or("the link is not listed")?;
        Ok((link.amount()?, link.status.clone()))
    };
    let mut steps = Vec::new();
    for list in [&before, &after] {
        let (amount, status) = status(list)?;
        steps.push(step("list_links", format_args!("{amount}, status {status}")));
    }
    steps.insert(1, step("the customer", "opens the link and pays"));
    let as_expected = status(&after)?.1 == LinkStatus::Completed;
    Ok(Flow { title: "A payment link", steps, as_expected })
}

/// Loses the response to a read-only call, which is sent again.
async fn lost_response(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turbo-link.list @query fin");
    let list = todays_links(client).await?;
    let count = list.line_items.len();
    let plural = if count == 1 { "" } else { "s" };
    let steps = vec![
        step("list_links", "the connection closes before the response"),
        step("", format_args!("read-only, so the SDK sends it again: {count} link{plural} listed")),
    ];
    Ok(Flow { title: "A lost response", steps, as_expected: !list.line_items.is_empty() })
}

async fn todays_links(client: &Client) -> Result<PaymentList, Failed> {
    Ok(client.list_links(ListLinks::new().interval(Interval::Today)).send().await?)
}
