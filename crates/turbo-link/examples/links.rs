//! Lists the payment links of this month, and requests the first of them by its id.
//!
//! `cargo run --example links` uses a local sandbox. To use the real API, set `TURBO_LINK_API_KEY`. An optional
//! argument is the base URL. All requests are read-only.
#![expect(clippy::print_stdout, reason = "the example prints its results")]

use payments_sandbox::Sandbox;
use turbo_link::{ApiKey, Client, Interval, ListLinks, WebAddress};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox;
    let client = match (ApiKey::from_env(), std::env::args().nth(1)) {
        (Ok(key), None) => Client::builder(key).build()?,
        (Ok(key), Some(base_url)) => Client::builder(key).base_url(base_url).build()?,
        (Err(problem), _) => {
            println!("{problem}: using a local sandbox.");
            sandbox = Sandbox::builder().start().await;
            let provider = sandbox.turbo_link();
            println!("Created the link {} in the sandbox.", provider.create("1234.50"));
            Client::builder(ApiKey::new(provider.api_key())?).base_url(provider.base_url()).build()?
        }
    };

    let list = client.list_links(ListLinks::new().interval(Interval::ThisMonth)).send().await?;
    for item in &list.line_items {
        let link = match item {
            Ok(link) => link,
            Err(unreadable) => {
                println!("{unreadable}");
                continue;
            }
        };
        let qr = link.qr.as_ref().and_then(WebAddress::href).unwrap_or("no QR code");
        println!("{}: {}, {}, {qr}", link.id, link.amount()?, link.status);
    }
    if list.not_shown() > 0 {
        println!("{} more links are not shown. Request fewer days to see them.", list.not_shown());
    }

    if let Some(first) = list.line_items.iter().flatten().next() {
        let response = client.list_links(ListLinks::new().only(first.id.clone())).send().await?;
        match response.find(&first.id)? {
            Some(link) => println!("{} is {}.", link.id, link.status),
            None => {
                println!("The response does not contain {}, but {} other links.", first.id, response.line_items.len())
            }
        }
    }
    Ok(())
}
