//! Where an example goes.

use card3ds::{ApiKey, ApiSecret, Client, ValidationError};
use payments_sandbox::Sandbox;

/// The provider where the environment names one, or else the sandbox; and whether it is the provider.
#[expect(clippy::disallowed_methods, reason = "an example is told by its environment where to go")]
pub(crate) fn connect(sandbox: &Sandbox) -> Result<(Client, bool), Box<dyn std::error::Error>> {
    let from_env = || -> Result<_, ValidationError> { Ok((ApiKey::from_env()?, ApiSecret::from_env()?)) };
    match (from_env(), std::env::var("CARD3DS_BASE_URL")) {
        (Ok((key, secret)), Ok(base_url)) => Ok((Client::builder(key, secret).base_url(base_url).build()?, true)),
        _ => {
            println!("CARD3DS_API_KEY, CARD3DS_API_SECRET and CARD3DS_BASE_URL are not all set, so this is a sandbox");
            let there = sandbox.card3ds();
            let (key, secret) = (ApiKey::new(there.api_key())?, ApiSecret::new(there.api_secret())?);
            Ok((Client::builder(key, secret).base_url(there.base_url()).build()?, false))
        }
    }
}
