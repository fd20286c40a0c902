//! The back office: one password, and what the people of the shop need.

mod books;
mod login;
mod overview;
mod payouts;
mod refunds;
mod reviews;
mod webhooks;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::shop::Shop;

pub(crate) fn routes(shop: &Shop) -> Router<Shop> {
    let inside = Router::new()
        .merge(overview::routes())
        .merge(refunds::routes())
        .merge(payouts::routes())
        .merge(reviews::routes())
        .merge(webhooks::routes())
        .merge(books::routes());
    // The session's layer is around both, and tells whether the browser has logged in.
    inside.layer(from_fn_with_state(shop.clone(), login::required)).merge(login::routes())
}
