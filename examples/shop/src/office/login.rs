//! Who may see the back office: whoever knows the password.

use askama::Template;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;

use crate::shop::Shop;
use crate::web::{Error, OwnForm, Result, Session, cookie, cookie_name, is_equal, render};

/// Sends whoever has not logged in to the form, as a layer of the back office.
pub(crate) async fn required(
    State(shop): State<Shop>, jar: CookieJar, session: Session, request: Request, next: Next,
) -> Response {
    let name = cookie_name(&shop, COOKIE);
    let cookie = jar.get(&name).map(Cookie::value).unwrap_or_default();
    if is_equal(cookie, &session.tag("office", &shop.settings.office_password)) {
        next.run(request).await
    } else {
        Redirect::to("/office/login").into_response()
    }
}

pub(crate) async fn show(session: Session) -> Result<Html<String>> {
    render(&Page { csrf: session.csrf() })
}

#[derive(Deserialize)]
pub(crate) struct Login {
    password: String,
}

pub(crate) async fn log_in(
    State(shop): State<Shop>, jar: CookieJar, session: Session, OwnForm(login): OwnForm<Login>,
) -> Result<(CookieJar, Redirect)> {
    // The password's MAC under the session is also the cookie: a new password makes all cookies worthless.
    let proof = session.tag("office", &login.password);
    if !is_equal(&proof, &session.tag("office", &shop.settings.office_password)) {
        return Err(Error::Invalid("The password is wrong.".into()));
    }
    // Strict, because nothing in the back office begins with a link from another site.
    Ok((jar.add(cookie(&shop, COOKIE, proof, SameSite::Strict)), Redirect::to("/office")))
}

pub(crate) async fn log_out(State(shop): State<Shop>, jar: CookieJar, _: OwnForm<()>) -> (CookieJar, Redirect) {
    let cookie = cookie(&shop, COOKIE, String::new(), SameSite::Strict);
    (jar.remove(cookie), Redirect::to("/office/login"))
}

const COOKIE: &str = "office";

#[derive(Template)]
#[template(path = "office/login.html")]
struct Page {
    csrf: String,
}
