use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::payment::{Checkout, Payment};
use crate::engine::{DEFAULT_RESPONSE_TIMEOUT, Effect, Message, Resend};

/// The form that the customer's browser posts to the merchant.
#[derive(Debug)]
pub(crate) struct BrowserReturn {
    /// The operation that created the order, as faults name it.
    pub(crate) operation: &'static str,
    pub(crate) reference: String,
    pub(crate) about: &'static str,
    pub(crate) url: String,
    pub(crate) form: Vec<(&'static str, String)>,
}

impl BrowserReturn {
    /// Creates the form of a checkout that has ended.
    pub(crate) fn from_checkout(payment: &Payment, checkout: &Checkout, about: &'static str) -> Self {
        Self {
            operation: "checkout",
            reference: payment.order.clone(),
            about,
            url: checkout.callback.clone(),
            form: vec![("checkoutId", checkout.id.clone())],
        }
    }

    /// Returns the form as a message, for tests without a browser. `origin` is the `Origin` that the browser would
    /// send.
    pub(crate) fn message(self, origin: &str) -> Effect {
        let encoded = |value: &str| utf8_percent_encode(value, RESERVED).to_string();
        let fields: Vec<String> = self.form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        Effect::Deliver(Message {
            operation: self.operation,
            reference: self.reference,
            about: self.about.to_owned(),
            url: self.url,
            content_type: "application/x-www-form-urlencoded",
            headers: vec![("Origin", origin.to_owned())],
            body: fields.join("&").into_bytes(),
            resend: ONCE,
        })
    }
}

/// A browser posts the form once.
const ONCE: Resend =
    Resend { waits: &[], timeout: DEFAULT_RESPONSE_TIMEOUT, accepted: |status, _| (200..400).contains(&status) };

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');
