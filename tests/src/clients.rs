//! A client of each of the sandbox's providers, in the sandbox's time.

use payments_sandbox::Sandbox;
use turbopay::{Error, Traffic};

/// Of TurraTech.
///
/// # Errors
///
/// Never, as for all of these: what the sandbox gives is well-formed.
pub fn turratech_at(sandbox: &Sandbox) -> Result<turratech::Client, Error> {
    turratech_builder(sandbox)?.build()
}

pub(crate) fn turratech_builder(sandbox: &Sandbox) -> Result<turratech::ClientBuilder, Error> {
    let there = sandbox.turratech();
    let builder = turratech::Client::builder(turratech::ApiKey::new(there.api_key())?).base_url(there.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Of Turbo Transactions.
///
/// # Errors
///
/// Never.
pub fn turbo_txn_at(sandbox: &Sandbox) -> Result<turbo_txn::Client, Error> {
    turbo_txn_builder(sandbox)?.build()
}

pub(crate) fn turbo_txn_builder(sandbox: &Sandbox) -> Result<turbo_txn::ClientBuilder, Error> {
    let there = sandbox.turbo_txn();
    let (id, key) = (turbo_txn::ClientId::new(there.client_id())?, turbo_txn::SecretKey::new(there.secret_key())?);
    let builder = turbo_txn::Client::builder(id, key).base_url(there.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Of tur.bo.
///
/// # Errors
///
/// Never.
pub fn turbo_link_at(sandbox: &Sandbox) -> Result<turbo_link::Client, Error> {
    turbo_link_builder(sandbox)?.build()
}

pub(crate) fn turbo_link_builder(sandbox: &Sandbox) -> Result<turbo_link::ClientBuilder, Error> {
    let there = sandbox.turbo_link();
    let builder = turbo_link::Client::builder(turbo_link::ApiKey::new(there.api_key())?).base_url(there.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Of card3ds.
///
/// # Errors
///
/// Never.
pub fn card3ds_at(sandbox: &Sandbox) -> Result<card3ds::Client, Error> {
    card3ds_builder(sandbox)?.build()
}

pub(crate) fn card3ds_builder(sandbox: &Sandbox) -> Result<card3ds::ClientBuilder, Error> {
    let there = sandbox.card3ds();
    let (key, secret) = (card3ds::ApiKey::new(there.api_key())?, card3ds::ApiSecret::new(there.api_secret())?);
    let builder = card3ds::Client::builder(key, secret).base_url(there.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Of TurboPay, with the addresses that a merchant says once.
///
/// # Errors
///
/// Never.
pub fn turbopay_at(sandbox: &Sandbox) -> Result<turbopay::Client, Error> {
    turbopay_builder(sandbox)?.build()
}

/// The same before it is built.
///
/// # Errors
///
/// Never.
pub fn turbopay_builder(sandbox: &Sandbox) -> Result<turbopay::ClientBuilder, Error> {
    let there = sandbox.turbopay();
    Ok(turbopay::Client::builder(turbopay::ApiKey::new(there.api_key())?)
        .base_url(there.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(Traffic::Standard))
}
