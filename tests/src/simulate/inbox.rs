//! The merchant's webhook, callback and return-page handlers.

use std::time::Duration;

use card3ds::CheckoutCallback;
use payments_sandbox::OutgoingMessage;
use turbopay::VerifyError;
use turratech::payments_core::http::{HeaderMap, HeaderName, HeaderValue};

use super::day::Day;
use super::process::MERCHANT_URL;

impl Day {
    /// Receives up to eight messages in order. Some deliveries fail.
    pub(super) fn receive_messages(&mut self) {
        for _ in 0..self.random.between(1, 8) {
            let Some(message) = self.offline.next_message() else { return };
            let chance = self.random.below(20);
            if chance == 0 {
                self.offline.fail_delivery(&message, "the merchant's server is down");
            } else if chance == 1 {
                // The process handles the message and crashes before it responds.
                self.handle(&message);
                self.offline.fail_delivery(&message, "no response in time");
                self.restart();
            } else if chance == 2 {
                self.offline.respond_to(&message, 503, b"");
            } else {
                self.receive(message);
            }
        }
    }

    /// Receives one message. An attacker captures the first twelve.
    pub(super) fn receive(&mut self, message: OutgoingMessage) {
        let (status, body) = self.handle(&message);
        self.offline.respond_to(&message, status, body.as_bytes());
        if self.captured.len() < MAX_CAPTURED {
            self.captured.push(message);
        }
    }

    /// Handles a message, and returns the merchant's response.
    pub(super) fn handle(&mut self, message: &OutgoingMessage) -> (u16, &'static str) {
        self.tally.messages += 1;
        let Some(path) = message.url.strip_prefix(MERCHANT_URL) else { return (404, "") };
        let (page, reference) =
            path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let (page, reference) = (page.to_owned(), reference.to_owned());
        match page.as_str() {
            "turbopay" => match self.process.turbopay_events.verify(&message.body, &headers(message)) {
                Ok(event) => {
                    self.handle_turbopay_event(&event);
                    (turbopay::WebhookVerifier::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (error_status(&error), ""),
            },
            "turratech" => match self.process.turratech_events.verify(&message.body, &headers(message)) {
                Ok(event) => {
                    self.handle_turratech_event(&event);
                    (turratech::WebhookVerifier::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (error_status(&error), ""),
            },
            "turbo-txn" => match self.process.turbo_txn_callbacks.decrypt(&message.body) {
                Ok(callback) => {
                    self.handle_upi_callback(&callback);
                    let response = turbo_txn::CallbackDecryptor::ACKNOWLEDGEMENT;
                    (response.status, response.body)
                }
                Err(error) => (error_status(&error), ""),
            },
            "3ds" => (self.handle_3ds_return(&reference, &message.body), ""),
            "checkout" => match CheckoutCallback::parse(&message.body) {
                Ok(callback) => {
                    self.handle_checkout_callback(&reference, &callback);
                    (CheckoutCallback::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (error_status(&error), ""),
            },
            _ => (200, ""),
        }
    }

    /// Delivers every message, including delayed ones.
    pub(super) fn deliver_all_messages(&mut self) -> Result<(), String> {
        for _ in 0..MAX_ROUNDS {
            while let Some(message) = self.offline.next_message() {
                self.receive(message);
                self.check()?;
            }
            let Some(next) = self.offline.next_due() else { return Ok(()) };
            let now = self.offline.clock().elapsed();
            self.offline.clock().advance(next.saturating_sub(now).max(Duration::from_millis(1)));
        }
        Err("the provider's messages do not end".to_owned())
    }
}

fn error_status(error: &VerifyError) -> u16 {
    match error {
        VerifyError::Rejected => 400,
        _ => 500,
    }
}

pub(super) fn headers(message: &OutgoingMessage) -> HeaderMap {
    let field =
        |(name, value): &(String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?));
    message.headers.iter().filter_map(field).collect()
}

/// More rounds than any day's messages and scheduled events need.
const MAX_ROUNDS: usize = 10_000;

const MAX_CAPTURED: usize = 12;
