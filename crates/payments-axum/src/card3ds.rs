use axum::http::HeaderMap;
use card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use payments_core::webhook::{Acknowledgement, Delivery, Unverified, VerifyError};

use crate::{StorableSource, WebhookSource};

/// A source for the forms that browsers post to the success URL of a 3-D Secure payment.
///
/// A form does not prove a payment. Complete the payment with `Client::complete_3ds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct ThreeDsSuccessCallback;

impl WebhookSource for ThreeDsSuccessCallback {
    type Output = Unverified<ThreeDsCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsCallback::parse(body)
    }
}

/// A source that also accepts the query of a GET request, if the customer's browser returns by GET.
///
/// Use it only if the provider returns customers that way: the document describes POST. A GET request can be repeated and
/// prefetched, and its URL is written to logs and to the browser's history, with the key that charges the card.
///
/// - Answer with a redirect (303), so that the URL does not stay in the address bar.
/// - Keep the query out of your logs.
/// - Complete a payment once per order. A prefetch that a browser announces is rejected, and so is a HEAD request.
///
/// ```
/// use axum::Router;
/// use axum::extract::FromRef;
/// use axum::response::Redirect;
/// use axum::routing::get;
/// use payments_axum::{OrQuery, ThreeDsSuccessCallback, Webhook};
///
/// #[derive(Clone, FromRef)]
/// struct Shop {
///     success: OrQuery<ThreeDsSuccessCallback>,
/// }
///
/// async fn on_success(Webhook(callback): Webhook<OrQuery<ThreeDsSuccessCallback>>) -> Redirect {
///     // Complete the payment with `Client::complete_3ds` here.
///     # let _ = callback;
///     Redirect::to("/orders/ORD-12345")
/// }
///
/// let shop = Shop { success: OrQuery(ThreeDsSuccessCallback) };
/// let app: Router = Router::new().route("/3ds/success", get(on_success).post(on_success)).with_state(shop);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it wraps a source")]
pub struct OrQuery<S>(
    /// The source of the form.
    pub S,
);

impl<S: BrowserReturn> WebhookSource for OrQuery<S> {
    type Output = S::Output;

    const ACKNOWLEDGEMENT: Acknowledgement = S::ACKNOWLEDGEMENT;
    const ACCEPTS_QUERY: bool = true;

    fn receive(&self, body: &[u8], headers: &HeaderMap) -> Result<Self::Output, VerifyError> {
        self.0.receive(body, headers)
    }
}

impl<S: BrowserReturn + StorableSource> StorableSource for OrQuery<S> {
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError> {
        self.0.receive_delivery(delivery)
    }
}

/// A source of forms that the customer's browser brings: not of a server's webhooks.
///
/// ```compile_fail,E0277
/// # use payments_axum::{OrQuery, Webhook};
/// async fn on_webhook(_: Webhook<OrQuery<turbopay::WebhookVerifier>>) {}
/// ```
pub trait BrowserReturn: WebhookSource + sealed::Sealed {}

impl BrowserReturn for ThreeDsSuccessCallback {}
impl BrowserReturn for ThreeDsFailureCallback {}
impl BrowserReturn for HostedCheckoutCallback {}

mod sealed {
    use super::{HostedCheckoutCallback, ThreeDsFailureCallback, ThreeDsSuccessCallback};

    #[expect(unnameable_types, reason = "only the forms of this crate come through a browser")]
    pub trait Sealed {}

    impl Sealed for ThreeDsSuccessCallback {}
    impl Sealed for ThreeDsFailureCallback {}
    impl Sealed for HostedCheckoutCallback {}
}

/// A source for the forms that browsers post to the failure URL of a 3-D Secure payment.
///
/// There is nothing to complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct ThreeDsFailureCallback;

impl WebhookSource for ThreeDsFailureCallback {
    type Output = Unverified<ThreeDsFailure>;

    const ACKNOWLEDGEMENT: Acknowledgement = ThreeDsCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        ThreeDsFailure::parse(body)
    }
}

/// A source for the forms that are posted to the callback URL of a hosted checkout.
///
/// A form does not prove a payment. Look up the checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "it has no settings")]
pub struct HostedCheckoutCallback;

impl WebhookSource for HostedCheckoutCallback {
    type Output = Unverified<CheckoutCallback>;

    const ACKNOWLEDGEMENT: Acknowledgement = CheckoutCallback::ACKNOWLEDGEMENT;

    fn receive(&self, body: &[u8], _: &HeaderMap) -> Result<Self::Output, VerifyError> {
        CheckoutCallback::parse(body)
    }
}

impl StorableSource for HostedCheckoutCallback {
    fn receive_delivery(&self, delivery: &Delivery) -> Result<Self::Output, VerifyError> {
        CheckoutCallback::parse_delivery(delivery)
    }
}
