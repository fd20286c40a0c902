//! The payment links of this month, and what tur.bo has for the first of them.
//!
//! `cargo run --example links` talks to a sandbox on this machine. With `TURBO_LINK_API_KEY` set it talks to tur.bo, or
//! to the base URL that is given as its argument. It only asks.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_sandbox::Sandbox;
use turbo_link::{ApiKey, Client, Interval, ListLinks, WebAddress};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let client = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), None) => Client::builder(key).build()?,
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url).build()?,
        (Err(problem), _) => {
            println!("{problem}, so this is a sandbox");
            sandbox = Sandbox::builder().start().await;
            let there = sandbox.turbo_link();
            println!("with the link {}", there.create("1234.50"));
            Client::builder(ApiKey::new(there.api_key())?).base_url(there.base_url()).build()?
        }
    };

    let list = client.list_links(ListLinks::new().interval(Interval::ThisMonth)).send().await?;
    for link in &list.line_items {
        let qr = link.qr.as_ref().and_then(WebAddress::href).unwrap_or("no QR code");
        println!("{} {} {} since {}: {qr}", link.id, link.amount, link.status, link.created);
    }
    if list.not_shown() > 0 {
        println!("and {} more, which only a filter of fewer days shows", list.not_shown());
    }

    if let Some(link) = list.line_items.first() {
        let detail = client.list_links(ListLinks::new().only(link.id.clone())).send().await?;
        match detail.find(&link.id) {
            Some(link) => println!("{} is {}", link.id, link.status),
            None => println!("tur.bo answered with {} other links", detail.line_items.len()),
        }
    }
    Ok(())
}
