//! Messages to the merchant, as its handlers take them.

use std::time::Duration;

use card3ds::CheckoutCallback;
use payments_sandbox::Post;
use turbopay::VerifyError;
use turratech::payments_core::http::{HeaderMap, HeaderName, HeaderValue};

use super::day::Day;
use super::shop::SHOP;

impl Day {
    /// Takes what has come, in order; not always all of it, and not always well.
    pub(super) fn open_mail(&mut self) {
        for _ in 0..self.dice.between(1, 8) {
            let Some(post) = self.offline.next_post() else { return };
            let chance = self.dice.below(20);
            if chance == 0 {
                self.offline.refuse(&post, "the merchant's server is down");
            } else if chance == 1 {
                // It is taken in, and the process dies before it has answered.
                self.handle(&post);
                self.offline.refuse(&post, "no answer in time");
                self.restart();
            } else if chance == 2 {
                self.offline.answer(&post, 503, b"");
            } else {
                self.take(post);
            }
        }
    }

    /// Takes one, and keeps a copy for those who listen on the way.
    pub(super) fn take(&mut self, post: Post) {
        let (status, body) = self.handle(&post);
        self.offline.answer(&post, status, body.as_bytes());
        if self.captured.len() < MOST_CAPTURED {
            self.captured.push(post);
        }
    }

    /// What the merchant answers, and believes.
    pub(super) fn handle(&mut self, post: &Post) -> (u16, &'static str) {
        self.tally.messages += 1;
        let Some(path) = post.url.strip_prefix(SHOP) else { return (404, "") };
        let (page, reference) =
            path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let (page, reference) = (page.to_owned(), reference.to_owned());
        match page.as_str() {
            "turbopay" => match self.shop.turbopay_events.verify(&post.body, &headers(post)) {
                Ok(event) => {
                    self.turbopay_told(&event);
                    (turbopay::WebhookVerifier::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (refusal(&error), ""),
            },
            "turratech" => match self.shop.turratech_events.verify(&post.body, &headers(post)) {
                Ok(event) => {
                    self.turratech_told(&event);
                    (turratech::WebhookVerifier::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (refusal(&error), ""),
            },
            "turbo-txn" => match self.shop.turbo_txn_callbacks.decrypt(&post.body) {
                Ok(callback) => {
                    self.upi_called_back(&callback);
                    let response = turbo_txn::CallbackDecryptor::ACKNOWLEDGEMENT;
                    (response.status, response.body)
                }
                Err(error) => (refusal(&error), ""),
            },
            "3ds" => (self.came_back(&reference, &post.body), ""),
            "checkout" => match CheckoutCallback::parse(&post.body) {
                Ok(callback) => {
                    self.checked_out(&reference, &callback);
                    (CheckoutCallback::ACKNOWLEDGEMENT.status, "")
                }
                Err(error) => (refusal(&error), ""),
            },
            _ => (200, ""),
        }
    }

    /// Delivers everything, however late it is.
    pub(super) fn empty_mailbox(&mut self) -> Result<(), String> {
        for _ in 0..MOST_ROUNDS {
            while let Some(post) = self.offline.next_post() {
                self.take(post);
                self.check()?;
            }
            let Some(due) = self.offline.next_due() else { return Ok(()) };
            let now = self.offline.clock().elapsed();
            self.offline.clock().advance(due.saturating_sub(now).max(Duration::from_millis(1)));
        }
        Err("messages do not come to an end".to_owned())
    }
}

fn refusal(error: &VerifyError) -> u16 {
    match error {
        VerifyError::Rejected => 400,
        _ => 500,
    }
}

fn headers(post: &Post) -> HeaderMap {
    let field =
        |(name, value): &(String, String)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?));
    post.headers.iter().filter_map(field).collect()
}

/// More than a day has of messages and of things that fall due.
const MOST_ROUNDS: usize = 10_000;

const MOST_CAPTURED: usize = 12;
