//! Who may see the back office: whoever knows the password.

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::page::render;
use crate::session::{self, Empty, OwnForm, Session};
use crate::shop::Shop;

pub(crate) fn routes() -> Router<Shop> {
    Router::new().route("/office/login", get(show).post(log_in)).route("/office/logout", post(log_out))
}

/// The cookie of a session that has logged in. A new password makes it worthless.
fn proof(shop: &Shop, session: &Session) -> String {
    session::tag(shop.settings.office_password.as_bytes(), &session.tag("office"))
}

/// Sends whoever has not logged in to the form, as a layer of the back office.
pub(crate) async fn required(
    State(shop): State<Shop>,
    jar: CookieJar,
    session: Session,
    request: Request,
    next: Next,
) -> Response {
    let cookie = jar.get(COOKIE).map(Cookie::value).unwrap_or_default();
    if session::is_equal(cookie, &proof(&shop, &session)) {
        next.run(request).await
    } else {
        Redirect::to("/office/login").into_response()
    }
}

#[derive(Deserialize)]
struct Login {
    password: String,
}

async fn show(session: Session) -> Result<Html<String>> {
    render(&Page { csrf: session.csrf() })
}

async fn log_in(
    State(shop): State<Shop>,
    jar: CookieJar,
    session: Session,
    OwnForm(login): OwnForm<Login>,
) -> Result<(CookieJar, Redirect)> {
    // The MACs have one length, so the comparison tells nothing about the password's.
    let (given, right) = (session.tag(&login.password), session.tag(&shop.settings.office_password));
    if !session::is_equal(&given, &right) {
        return Err(Error::invalid(&"`password` is not the password of the back office"));
    }
    // Strict, because nothing in the back office begins with a link from another site.
    let cookie = session::cookie(&shop, COOKIE, proof(&shop, &session), SameSite::Strict);
    Ok((jar.add(cookie), Redirect::to("/office")))
}

async fn log_out(jar: CookieJar, OwnForm(Empty {}): OwnForm<Empty>) -> (CookieJar, Redirect) {
    (jar.remove(Cookie::build(COOKIE).path("/")), Redirect::to("/office/login"))
}

const COOKIE: &str = "office";

#[derive(Template)]
#[template(path = "office/login.html")]
struct Page {
    csrf: String,
}
