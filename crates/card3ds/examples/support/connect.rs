//! Connects an example to the provider or to the sandbox.

use card3ds::{ApiKey, ApiSecret, Client, ValidationError};
use payments_sandbox::Sandbox;

/// Creates a client for the provider if the environment has credentials and a base URL, and for the sandbox otherwise.
///
/// Also returns whether the client uses the provider.
#[expect(clippy::disallowed_methods, reason = "the environment selects the provider or the sandbox")]
pub(crate) fn connect(sandbox: &Sandbox) -> Result<(Client, bool), Box<dyn std::error::Error>> {
    let from_env = || -> Result<_, ValidationError> { Ok((ApiKey::from_env()?, ApiSecret::from_env()?)) };
    match (from_env(), std::env::var("CARD3DS_BASE_URL")) {
        (Ok((key, secret)), Ok(base_url)) => Ok((Client::builder(key, secret).base_url(base_url).build()?, true)),
        _ => {
            println!("using a local sandbox: CARD3DS_API_KEY, CARD3DS_API_SECRET and CARD3DS_BASE_URL are not all set");
            let provider = sandbox.card3ds();
            let (key, secret) = (ApiKey::new(provider.api_key())?, ApiSecret::new(provider.api_secret())?);
            Ok((Client::builder(key, secret).base_url(provider.base_url()).build()?, false))
        }
    }
}
