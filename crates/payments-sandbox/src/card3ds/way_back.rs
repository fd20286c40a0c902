use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::payment::{Checkout, Payment};
use crate::engine::{Effect, Message, Resend, USUAL_PATIENCE};

/// How the customer's browser comes back to the merchant: it posts a form.
#[derive(Debug)]
pub(crate) struct WayBack {
    /// The operation whose order it is about.
    pub(crate) operation: &'static str,
    pub(crate) reference: String,
    pub(crate) about: &'static str,
    pub(crate) url: String,
    pub(crate) form: Vec<(&'static str, String)>,
}

impl WayBack {
    /// From a checkout, once something has become of it.
    pub(crate) fn from_checkout(payment: &Payment, checkout: &Checkout, about: &'static str) -> Self {
        Self {
            operation: "checkout",
            reference: payment.order.clone(),
            about,
            url: checkout.callback.clone(),
            form: vec![("checkoutId", checkout.id.clone())],
        }
    }

    /// What the browser would post from a page of this origin, where there is no browser.
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

/// A browser posts once, and shows whatever it is answered.
const ONCE: Resend = Resend { waits: &[], patience: USUAL_PATIENCE, taken: |status, _| (200..400).contains(&status) };

const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*');
