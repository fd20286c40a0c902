//! An attacker who can read the merchant's messages and send others.

use payments_sandbox::OutgoingMessage;
use turbopay::WebhookKey;
use turratech::WebhookSecret;

use super::day::Day;
use super::process::MERCHANT_URL;
use super::records::{AttemptState, Flow};

impl Day {
    /// Sends the merchant a replayed, modified or forged delivery.
    pub(super) fn attack(&mut self) {
        let Some(mut message) = self.random_captured_message() else { return };
        let what = match self.random.below(7) {
            0 => "replayed",
            1 => {
                flip(&mut message.body, self.random.next());
                "with a changed byte"
            }
            2 => {
                let text = String::from_utf8_lossy(&message.body).replace("\"amount\":", "\"amount\":9");
                message.body = text.replace("failed", "success").replace("pending", "success").into_bytes();
                "with changed contents"
            }
            3 => {
                for (name, value) in &mut message.headers {
                    if name.contains("signature") {
                        *value = value.chars().rev().collect();
                    }
                }
                "with a changed signature"
            }
            4 => {
                message.headers.retain(|(name, _)| !name.contains("signature"));
                "without a signature"
            }
            5 => {
                // A message about one order, sent to another order's page.
                let Some(reference) = self.any_reference(|flow| matches!(flow, Flow::ThreeDs | Flow::Checkout)) else {
                    return;
                };
                let page = if message.url.contains("/checkout/") { "checkout" } else { "3ds" };
                message.url = format!("{MERCHANT_URL}/{page}/{reference}");
                "to another order's page"
            }
            _ => {
                if !self.forge(&mut message) {
                    return;
                }
                "with forged contents"
            }
        };
        self.log(format_args!("an attacker sends message {} {what}", message.number));
        let forged = what != "replayed" && !what.starts_with("to ") && is_signed(&message.url);
        let (status, _) = self.handle(&message);
        let genuine =
            self.captured.iter().any(|captured| captured.body == message.body && captured.headers == message.headers);
        if forged && status == 200 && !genuine {
            self.report_violation(format!("a delivery {what} was accepted at {}", message.url));
        }
    }

    fn random_captured_message(&mut self) -> Option<OutgoingMessage> {
        (!self.captured.is_empty()).then(|| {
            let index = self.random.below(self.captured.len());
            self.captured[index].clone()
        })
    }

    fn any_reference(&mut self, matches: impl Fn(Flow) -> bool) -> Option<String> {
        let references: Vec<&str> = self
            .records
            .attempts
            .iter()
            .filter(|attempt| matches(attempt.flow))
            .map(|attempt| attempt.reference.as_str())
            .collect();
        (!references.is_empty()).then(|| references[self.random.below(references.len())].to_owned())
    }

    /// Forges a message about a successful payment, signed with the attacker's own key.
    ///
    /// Returns false if there is no unpaid attempt, or the provider sends no messages about it.
    fn forge(&mut self, message: &mut OutgoingMessage) -> bool {
        let is_unpaid = |state| matches!(state, AttemptState::Open | AttemptState::Unknown | AttemptState::Failed);
        let unpaid: Vec<usize> =
            (0..self.records.attempts.len()).filter(|index| is_unpaid(self.records.attempts[*index].state)).collect();
        if unpaid.is_empty() {
            return false;
        }
        let attempt = &self.records.attempts[unpaid[self.random.below(unpaid.len())]];
        let (reference, amount) = (&attempt.reference, attempt.amount);
        let id = attempt.id.clone().unwrap_or_else(|| "849655cf-0000-4000-8000-000000000000".to_owned());
        match attempt.flow {
            Flow::Deposit | Flow::HostToHost | Flow::Withdrawal => {
                let units = amount.minor() / 100;
                message.url = format!("{MERCHANT_URL}/turbopay");
                message.body = format!(
                    r#"{{"order_id":"{id}","merchant_order_id":"{reference}","status":"success","amount":"{units}.00"}}"#
                )
                .into_bytes();
                let Ok(key) = WebhookKey::new("sandbox_whk_not_the_merchants") else { return false };
                let signature = turbopay::test_util::sign(&key, &message.body);
                message.headers = vec![("x-pay-signature".to_owned(), signature)];
            }
            Flow::Charge { .. } => {
                let now = self.offline.clock().now();
                message.url = format!("{MERCHANT_URL}/turratech");
                message.body = format!(
                    r#"{{"id":"evt_1","object":"event","type":"payment.succeeded","created":{},"livemode":false,"data":{{"object":{{"id":"{id}","object":"payment","amount":{},"currency":"eur","status":"succeeded","created":1,"livemode":false,"metadata":{{"order_id":"{reference}"}}}}}}}}"#,
                    now.unix_timestamp(),
                    amount.minor(),
                )
                .into_bytes();
                let Ok(secret) = WebhookSecret::new("sandbox_whsec_not_the_merchants") else { return false };
                let signature = turratech::test_util::sign(&secret, &message.body, now);
                message.headers = vec![("turratech-signature".to_owned(), signature)];
            }
            // These callbacks are not signed, so a forged one can look exactly like the provider's.
            Flow::Upi => {
                let Ok(key) = turbo_txn::CallbackKey::new(self.offline.turbo_txn().callback_key()) else {
                    return false;
                };
                let claim =
                    format!(r#"{{"utr":"123456789012","amount":1,"orderId":"{reference}","txnStatus":"Approved"}}"#);
                message.url = format!("{MERCHANT_URL}/turbo-txn");
                message.body = turbo_txn::test_util::callback(&key, [7; 16], claim.as_bytes()).into_bytes();
            }
            Flow::ThreeDs => {
                message.url = format!("{MERCHANT_URL}/3ds/{reference}");
                message.body = format!("paymentId={id}&securityKey=3DS_AUTH_KEY_guessed").into_bytes();
            }
            Flow::Checkout => {
                message.url = format!("{MERCHANT_URL}/checkout/{reference}");
                message.body = format!("checkoutId={id}").into_bytes();
            }
            Flow::Link | Flow::Card | Flow::Hold => return false,
        }
        true
    }
}

fn is_signed(url: &str) -> bool {
    url.ends_with("/turbopay") || url.ends_with("/turratech")
}

fn flip(body: &mut [u8], number: u64) {
    let index = usize::try_from(number % 0xffff).unwrap_or(0) % body.len().max(1);
    if let Some(byte) = body.get_mut(index) {
        *byte ^= 1;
    }
}
