//! All addresses of the shop.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use payments_axum::Inbox;

use crate::office::{links, login, overview, payouts, refunds, reviews, webhooks};
use crate::shop::Shop;
use crate::{catalogue, checkout, order, saved_cards, three_ds, upi, web};

pub(crate) fn routes(shop: &Shop) -> Router {
    let pages = customer().merge(office(shop)).layer(from_fn(web::add_headers));
    let pages = pages.layer(from_fn_with_state(shop.clone(), web::start));
    pages.merge(from_outside(shop)).merge(assets()).with_state(shop.clone())
}

fn customer() -> Router<Shop> {
    Router::new()
        .route("/", get(catalogue::show))
        .route("/orders", get(order::list).post(order::create))
        .route("/orders/{order}", get(order::show))
        .route("/orders/{order}/pay/{method}", get(checkout::show).post(checkout::pay))
        .route("/orders/{order}/challenge", get(three_ds::challenge))
        .route("/orders/{order}/utr", post(upi::confirm))
        .route("/orders/{order}/cancel", post(checkout::cancel))
        .route("/cards", get(saved_cards::list).post(saved_cards::save))
}

fn office(shop: &Shop) -> Router<Shop> {
    Router::new()
        .route("/office", get(overview::show))
        .route("/office/payments/{reference}/refund", post(refunds::refund))
        .route("/office/payouts", get(payouts::list).post(payouts::pay_out))
        .route("/office/reviews", get(reviews::list))
        .route("/office/reviews/{intent}", get(reviews::show).post(reviews::decide))
        .route("/office/webhooks", get(webhooks::list))
        .route("/office/links", get(links::list))
        .layer(from_fn_with_state(shop.clone(), login::required))
        .route("/office/login", get(login::show).post(login::log_in))
        .route("/office/logout", post(login::log_out))
}

/// What banks and providers send. It has no session and no CSRF token: a signature proves the sender, a form must name the stored payment,
/// and an unsigned callback only causes a lookup.
fn from_outside(shop: &Shop) -> Router<Shop> {
    let (journal, providers) = (&shop.journal, &shop.providers);
    let turratech = Inbox::new(journal.clone(), "turratech", providers.turratech_webhooks.clone());
    let turbopay = Inbox::new(journal.clone(), "turbopay", providers.turbopay_webhooks.clone());
    let turbo_txn = Inbox::new(journal.clone(), "turbo-txn", providers.turbo_txn_callbacks.clone());
    Router::new()
        .route("/return/3ds/{reference}/success", post(three_ds::on_success))
        .route("/return/3ds/{reference}/failure", post(three_ds::on_failure))
        .route("/return/checkout/{order}", post(three_ds::on_checkout))
        .route("/return/{order}", get(three_ds::on_return).post(three_ds::on_return))
        // The journal stores each message before it acknowledges it. A callback that proves nothing only causes a lookup.
        .route("/webhooks/turratech", post(turratech))
        .route("/webhooks/turbopay", post(turbopay))
        .route("/webhooks/turbo-txn", post(turbo_txn))
}

fn assets() -> Router<Shop> {
    Router::new()
        .route("/health", get("ok"))
        .route("/style.css", get(([(CONTENT_TYPE, "text/css")], include_str!("../assets/style.css"))))
        .route("/shop.js", get(([(CONTENT_TYPE, "text/javascript")], include_str!("../assets/shop.js"))))
        .fallback(|| async { web::Error::NotFound })
}
