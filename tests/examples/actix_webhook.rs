//! A shop on actix-web that receives webhooks of three providers and prints what it stored.
//!
//! Run it with `cargo run -p payments-tests --example actix_webhook`.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use payments_sandbox::Sandbox;
use payments_tests::{turbo_txn_at, turbopay_at};
use turbo_txn::{CallbackDecryptor, CallbackKey, Currency, Money, NewTransaction};
use turbopay::NewDeposit;

#[path = "actix_webhook/app.rs"]
mod app;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().start().await;
    let provider = sandbox.turratech();
    let stored = Arc::new(Mutex::new(Vec::new()));
    let shop = app::Shop {
        turbopay: turbopay::WebhookVerifier::new(turbopay::WebhookKey::new(sandbox.turbopay().webhook_key())?),
        turratech: turratech::WebhookVerifier::new(turratech::WebhookSecret::new(provider.webhook_secret())?)
            .clock(sandbox.clock()),
        callbacks: CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key())?),
        turbo_txn: turbo_txn_at(&sandbox)?,
        stored: Arc::clone(&stored),
    };
    let server = HttpServer::new(move || App::new().app_data(Data::new(shop.clone())).configure(app::routes));
    let server = server.workers(1).bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().ok_or("the server has no address")?;
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);

    let price = Money::from_minor(200_000, Currency::INR);
    let deposit = NewDeposit::upi(price, "order-1", "customer-9");
    let deposit = deposit.status_url(format!("http://{address}/turbopay"));
    turbopay_at(&sandbox)?.create_deposit(deposit).send().await?;
    sandbox.turbopay().order("order-1").succeed();

    sandbox.turbo_txn().send_callbacks_to(&format!("http://{address}/turbo-txn"));
    let transaction = NewTransaction::new("order-2", price, "https://shop.example/thanks");
    turbo_txn_at(&sandbox)?.initiate(transaction).send().await?;
    sandbox.turbo_txn().order("order-2").approve();

    sandbox.clock().advance(Duration::from_secs(10));
    sandbox.settle().await;
    for fact in stored.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        println!("{fact}");
    }
    handle.stop(false).await;
    sandbox.finish();
    Ok(())
}
