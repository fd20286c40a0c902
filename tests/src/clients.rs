use payments_sandbox::Sandbox;
use turbopay::{ApiKey, Client, ClientBuilder, Error, Traffic};

/// A client of the sandbox's TurboPay, in its time, with the addresses that a merchant says once.
///
/// # Errors
///
/// Never: what the sandbox gives is well-formed.
pub fn turbopay_at(sandbox: &Sandbox) -> Result<Client, Error> {
    turbopay_builder(sandbox)?.build()
}

/// The same before it is built.
///
/// # Errors
///
/// Never: what the sandbox gives is well-formed.
pub fn turbopay_builder(sandbox: &Sandbox) -> Result<ClientBuilder, Error> {
    let turbopay = sandbox.turbopay();
    Ok(Client::builder(ApiKey::new(turbopay.api_key())?)
        .base_url(turbopay.base_url())
        .clock(sandbox.clock())
        .timer(sandbox.clock())
        .status_url("http://127.0.0.1:9/status")
        .redirect_url("http://127.0.0.1:9/return")
        .traffic(Traffic::Standard))
}
