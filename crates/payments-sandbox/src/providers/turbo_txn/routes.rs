use crate::http::Request;

/// The operation of a request.
pub(super) enum Route {
    Initiate,
    StatusCheck,
}

pub(super) fn route(request: &Request) -> Option<Route> {
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/turbo-svc/api/v1/transaction/ext/v2/amt/initiate-s2s") => Some(Route::Initiate),
        ("GET", "/turbo-svc/api/v1/transaction/ext/status-check") => Some(Route::StatusCheck),
        _ => None,
    }
}

/// The path of the payment page, as in the sample's `sdkUrl`.
pub(super) const PAGE: &str = "/utr/payment";
