//! tur.bo: payment links, listed; there is nothing to send twice.

use payments_sandbox::Sandbox;
use turbo_link::{Client, Interval, LinkId, LinkStatus, ListLinks, PaymentList};

use super::{Failed, Flow, Tour, naive};
use crate::clients::turbo_link_at;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let client = turbo_link_at(&sandbox)?;
    let flows = vec![links(&sandbox, &client).await?, lost_answer(&sandbox, &client).await?];
    sandbox.finish();
    Ok(Tour { provider: "tur.bo", about: "payment links with QR codes, to be listed; they are made elsewhere", flows })
}

async fn links(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    let there = sandbox.turbo_link();
    let id: LinkId = there.create("1234.50").parse()?;
    let before = today(client).await?;
    naive::press(&there.link(id.as_str()).url(), "pay").await?;
    let after = today(client).await?;
    let status = |list: &PaymentList| list.find(&id).map(|link| (link.amount, link.status.clone()));
    let mut steps = Vec::new();
    for (list, what) in [(&before, "before"), (&after, "after")] {
        let (amount, status) = status(list).ok_or("the link is not listed")?;
        steps.push(format!("list, today         {amount} {status}, {what} the customer pays"));
    }
    let works = status(&after).is_some_and(|(_, status)| status == LinkStatus::Completed);
    Ok(Flow { title: "A link, before and after it is paid", steps, works })
}

/// Both operations only ask.
async fn lost_answer(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turbo-link.list @query fin");
    let list = today(client).await?;
    let steps =
        vec![format!("list, today         asked again, because it only asks: {} listed", list.line_items.len())];
    Ok(Flow { title: "The answer that is lost", steps, works: !list.line_items.is_empty() })
}

async fn today(client: &Client) -> Result<PaymentList, Failed> {
    Ok(client.list_links(ListLinks::new().interval(Interval::Today)).send().await?)
}
