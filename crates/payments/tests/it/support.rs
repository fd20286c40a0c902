//! Clients of the sandbox's providers, on the sandbox's clock.

use payments::payments_core::{Card, Expiry};
use payments::{Currency, Money, card3ds, turbo_txn, turbopay, turratech};
use payments_sandbox::Sandbox;

pub(crate) fn turbopay_builder(sandbox: &Sandbox) -> turbopay::ClientBuilder {
    let simulated = sandbox.turbopay();
    turbopay::Client::builder(turbopay::ApiKey::new(simulated.api_key()).unwrap())
        .base_url(simulated.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(turbopay::Traffic::Standard)
}

pub(crate) fn turbo_txn_builder(sandbox: &Sandbox) -> turbo_txn::ClientBuilder {
    let simulated = sandbox.turbo_txn();
    let id = turbo_txn::ClientId::new(simulated.client_id()).unwrap();
    let builder = turbo_txn::Client::builder(id, turbo_txn::SecretKey::new(simulated.secret_key()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock())
}

pub(crate) fn turratech_builder(sandbox: &Sandbox) -> turratech::ClientBuilder {
    let simulated = sandbox.turratech();
    let builder = turratech::Client::builder(turratech::ApiKey::new(simulated.api_key()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock())
}

pub(crate) fn card3ds_builder(sandbox: &Sandbox) -> card3ds::ClientBuilder {
    let simulated = sandbox.card3ds();
    let key = card3ds::ApiKey::new(simulated.api_key()).unwrap();
    let builder = card3ds::Client::builder(key, card3ds::ApiSecret::new(simulated.api_secret()).unwrap());
    builder.base_url(simulated.base_url()).clock(sandbox.clock()).timer(sandbox.clock())
}

pub(crate) fn turbopay_client(sandbox: &Sandbox) -> turbopay::Client {
    turbopay_builder(sandbox).build().unwrap()
}

pub(crate) fn turbo_txn_client(sandbox: &Sandbox) -> turbo_txn::Client {
    turbo_txn_builder(sandbox).build().unwrap()
}

pub(crate) fn turratech_client(sandbox: &Sandbox) -> turratech::Client {
    turratech_builder(sandbox).build().unwrap()
}

pub(crate) fn card3ds_client(sandbox: &Sandbox) -> card3ds::Client {
    card3ds_builder(sandbox).build().unwrap()
}

pub(crate) fn rupees() -> Money {
    Money::from_minor(30_000, Currency::INR)
}

pub(crate) fn lira(text: &str) -> Money {
    Money::parse(text, Currency::TRY).unwrap()
}

pub(crate) fn card() -> Card {
    let (number, code) = ("5421190122090656".parse().unwrap(), "916".parse().unwrap());
    Card::new("John Doe", number, Expiry::new(4, 2028).unwrap(), code)
}
