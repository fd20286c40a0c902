//! Clients of the sandbox's providers, on the sandbox's clock.

use payments_sandbox::Sandbox;
use turbopay::{Error, Traffic};

/// Builds a TurraTech client.
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn turratech_at(sandbox: &Sandbox) -> Result<turratech::Client, Error> {
    turratech_builder(sandbox)?.build()
}

pub(crate) fn turratech_builder(sandbox: &Sandbox) -> Result<turratech::ClientBuilder, Error> {
    let provider = sandbox.turratech();
    let builder = turratech::Client::builder(turratech::ApiKey::new(provider.api_key())?).base_url(provider.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Builds a Turbo Transactions client.
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn turbo_txn_at(sandbox: &Sandbox) -> Result<turbo_txn::Client, Error> {
    turbo_txn_builder(sandbox)?.build()
}

pub(crate) fn turbo_txn_builder(sandbox: &Sandbox) -> Result<turbo_txn::ClientBuilder, Error> {
    let provider = sandbox.turbo_txn();
    let (id, key) =
        (turbo_txn::ClientId::new(provider.client_id())?, turbo_txn::SecretKey::new(provider.secret_key())?);
    let builder = turbo_txn::Client::builder(id, key).base_url(provider.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Builds a tur.bo client.
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn turbo_link_at(sandbox: &Sandbox) -> Result<turbo_link::Client, Error> {
    turbo_link_builder(sandbox)?.build()
}

pub(crate) fn turbo_link_builder(sandbox: &Sandbox) -> Result<turbo_link::ClientBuilder, Error> {
    let provider = sandbox.turbo_link();
    let builder =
        turbo_link::Client::builder(turbo_link::ApiKey::new(provider.api_key())?).base_url(provider.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Builds a card3ds client.
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn card3ds_at(sandbox: &Sandbox) -> Result<card3ds::Client, Error> {
    card3ds_builder(sandbox)?.build()
}

pub(crate) fn card3ds_builder(sandbox: &Sandbox) -> Result<card3ds::ClientBuilder, Error> {
    let provider = sandbox.card3ds();
    let (key, secret) = (card3ds::ApiKey::new(provider.api_key())?, card3ds::ApiSecret::new(provider.api_secret())?);
    let builder = card3ds::Client::builder(key, secret).base_url(provider.base_url());
    Ok(builder.clock(sandbox.clock()).timer(sandbox.clock()))
}

/// Builds a TurboPay client with a status URL and a return URL.
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn turbopay_at(sandbox: &Sandbox) -> Result<turbopay::Client, Error> {
    turbopay_builder(sandbox)?.build()
}

/// Returns the builder of [`turbopay_at`].
///
/// # Errors
///
/// Never: the sandbox's credentials and URL are well-formed.
pub fn turbopay_builder(sandbox: &Sandbox) -> Result<turbopay::ClientBuilder, Error> {
    let provider = sandbox.turbopay();
    Ok(turbopay::Client::builder(turbopay::ApiKey::new(provider.api_key())?)
        .base_url(provider.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(Traffic::Standard))
}
