//! Who the customer is: a random cookie, and what is derived from it.
//!
//! The cookie is `SameSite=Lax`: it comes with links and redirects from other sites, and not with their forms. So a bank's form has no
//! session, and its handler needs none.

use axum::extract::{Form, FromRequest, FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::{Extension, RequestExt as _};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::shop::Shop;
use crate::web::{Error, Result};

/// The session of a browser. Only its cookie has the bytes.
#[derive(Clone, FromRequestParts)]
#[from_request(via(Extension), rejection(Error))]
pub(crate) struct Session([u8; 64]);

impl Session {
    fn new() -> Result<Self> {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    fn parse(text: &str) -> Option<Self> {
        HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The customer's id. The cookie cannot be found from it.
    pub(crate) fn customer(&self) -> String {
        format!("C-{}", &self.tag("customer", "")[..16])
    }

    /// The token that each form of this session contains. Another site cannot read it (CSRF).
    pub(crate) fn csrf(&self) -> String {
        self.tag("csrf", "")
    }

    /// A value that only this session has. One for a purpose tells nothing about those for others.
    pub(crate) fn tag(&self, purpose: &str, text: &str) -> String {
        let mac = Hmac::<Sha256>::new(&self.0.into()).chain_update(format!("{purpose} {text}"));
        HEXLOWER.encode(&mac.finalize().into_bytes())
    }
}

/// Compares two texts of one length in constant time.
pub(crate) fn is_equal(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// Gives each browser a session, as a layer of the router.
pub(crate) async fn start(
    State(shop): State<Shop>, mut jar: CookieJar, mut request: Request, next: Next,
) -> Result<(CookieJar, Response)> {
    let known = jar.get(&cookie_name(&shop, COOKIE)).and_then(|cookie| Session::parse(cookie.value()));
    // A form of another site comes without the cookie, and must not replace it.
    let is_new = known.is_none() && request.method().is_safe();
    let session = known.map_or_else(Session::new, Ok)?;
    if is_new {
        jar = jar.add(cookie(&shop, COOKIE, HEXLOWER.encode(&session.0), SameSite::Lax));
    }
    request.extensions_mut().insert(session);
    Ok((jar, next.run(request).await))
}

/// A cookie that scripts cannot read. Over HTTPS, it is sent over HTTPS only.
pub(crate) fn cookie(shop: &Shop, name: &str, value: String, same_site: SameSite) -> Cookie<'static> {
    let (name, is_secure) = (cookie_name(shop, name), shop.settings.url.starts_with("https:"));
    Cookie::build((name, value)).path("/").http_only(true).secure(is_secure).same_site(same_site).build()
}

/// The name that a cookie has in a browser. Over HTTPS, no other host can set a cookie with this prefix.
pub(crate) fn cookie_name(shop: &Shop, name: &str) -> String {
    let prefix = if shop.settings.url.starts_with("https:") { "__Host-" } else { "" };
    format!("{prefix}{name}")
}

/// A form of a page of this session. Its texts are still to be checked.
pub(crate) struct OwnForm<T>(pub(crate) T);

#[derive(Deserialize)]
struct WithToken<T> {
    csrf: String,
    #[serde(flatten)]
    form: T,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OwnForm<T> {
    type Rejection = Error;

    async fn from_request(mut request: Request, state: &S) -> Result<Self> {
        let session = request.extract_parts::<Session>().await?;
        let form = Form::<WithToken<T>>::from_request(request, state).await;
        let Form(WithToken { csrf, form }) = form.map_err(|rejection| Error::Invalid(rejection.body_text()))?;
        if is_equal(&csrf, &session.csrf()) { Ok(Self(form)) } else { Err(Error::ForeignForm) }
    }
}

const COOKIE: &str = "session";
