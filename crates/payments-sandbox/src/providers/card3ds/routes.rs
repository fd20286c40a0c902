use crate::http::{Request, percent_decode};

/// The operation of a request.
pub(super) enum Route {
    Payment,
    PreAuthorization,
    Capture(String),
    Start,
    Complete(String),
    InstallmentOptions,
    Checkout,
    CheckoutStatus(String),
}

impl Route {
    /// The operation's name in faults.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::PreAuthorization => "pre-authorization",
            Self::Capture(_) => "capture",
            Self::Start => "start-3ds",
            Self::Complete(_) => "complete-3ds",
            Self::InstallmentOptions => "installment-options",
            Self::Checkout => "checkout",
            Self::CheckoutStatus(_) => "checkout-status",
        }
    }
}

/// Returns the documented operation of a request.
pub(super) fn route(request: &Request) -> Option<Route> {
    let path = request.path.strip_prefix("/api/")?;
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["payment"]) => Some(Route::Payment),
        ("POST", ["pre-authorization"]) => Some(Route::PreAuthorization),
        ("POST", ["pre-authorization", id, "capture"]) => Some(Route::Capture(percent_decode(id))),
        ("POST", ["3ds"]) => Some(Route::Start),
        ("POST", ["3ds", id, "complete"]) => Some(Route::Complete(percent_decode(id))),
        ("POST", ["installment-options"]) => Some(Route::InstallmentOptions),
        ("POST", ["checkout"]) => Some(Route::Checkout),
        ("GET", ["checkout", id]) => Some(Route::CheckoutStatus(percent_decode(id))),
        _ => None,
    }
}
