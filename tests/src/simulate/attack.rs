//! Somebody who sees the merchant's messages, and sends others.

use payments_sandbox::OutgoingMessage;
use turbopay::WebhookKey;
use turratech::WebhookSecret;

use super::books::{Standing, Way};
use super::day::Day;
use super::shop::SHOP;

impl Day {
    /// One delivery that no provider sent.
    pub(super) fn attack(&mut self) {
        let Some(mut post) = self.captured() else { return };
        let what = match self.dice.below(7) {
            0 => "replayed",
            1 => {
                flip(&mut post.body, self.dice.next());
                "with another byte"
            }
            2 => {
                let text = String::from_utf8_lossy(&post.body).replace("\"amount\":", "\"amount\":9");
                post.body = text.replace("failed", "success").replace("pending", "success").into_bytes();
                "with another claim"
            }
            3 => {
                for (name, value) in &mut post.headers {
                    if name.contains("signature") {
                        *value = value.chars().rev().collect();
                    }
                }
                "with another signature"
            }
            4 => {
                post.headers.retain(|(name, _)| !name.contains("signature"));
                "without a signature"
            }
            5 => {
                // A message of one order at the page of another.
                let Some(reference) = self.any_reference(|way| matches!(way, Way::ThreeDs | Way::Checkout)) else {
                    return;
                };
                let page = if post.url.contains("/checkout/") { "checkout" } else { "3ds" };
                post.url = format!("{SHOP}/{page}/{reference}");
                "at another order's page"
            }
            _ => {
                if !self.forge(&mut post) {
                    return;
                }
                "made up"
            }
        };
        self.say(format_args!("somebody sends message {} {what}", post.number));
        let forged = what != "replayed" && !what.starts_with("at ") && is_signed(&post.url);
        let (status, _) = self.handle(&post);
        let genuine = self.captured.iter().any(|seen| seen.body == post.body && seen.headers == post.headers);
        if forged && status == 200 && !genuine {
            self.violated(format!("a delivery {what} was taken for genuine, at {}", post.url));
        }
    }

    fn captured(&mut self) -> Option<OutgoingMessage> {
        (!self.captured.is_empty()).then(|| {
            let at = self.dice.below(self.captured.len());
            self.captured[at].clone()
        })
    }

    fn any_reference(&mut self, is: impl Fn(Way) -> bool) -> Option<String> {
        let fitting: Vec<&str> =
            self.books.tries.iter().filter(|this| is(this.way)).map(|this| this.reference.as_str()).collect();
        (!fitting.is_empty()).then(|| fitting[self.dice.below(fitting.len())].to_owned())
    }

    /// Says that an order is paid which is not, as well as it can without the keys.
    fn forge(&mut self, post: &mut OutgoingMessage) -> bool {
        let waits = |standing| matches!(standing, Standing::Open | Standing::Unknown | Standing::Failed);
        let waiting: Vec<usize> =
            (0..self.books.tries.len()).filter(|index| waits(self.books.tries[*index].standing)).collect();
        if waiting.is_empty() {
            return false;
        }
        let this = &self.books.tries[waiting[self.dice.below(waiting.len())]];
        let (reference, amount) = (&this.reference, this.asked);
        let id = this.id.clone().unwrap_or_else(|| "849655cf-0000-4000-8000-000000000000".to_owned());
        match this.way {
            Way::Deposit | Way::HostToHost | Way::Withdrawal => {
                let units = amount.minor() / 100;
                post.url = format!("{SHOP}/turbopay");
                post.body = format!(
                    r#"{{"order_id":"{id}","merchant_order_id":"{reference}","status":"success","amount":"{units}.00"}}"#
                )
                .into_bytes();
                let Ok(key) = WebhookKey::new("sandbox_whk_not_the_merchants") else { return false };
                let signature = turbopay::test_util::sign(&key, &post.body);
                post.headers = vec![("x-pay-signature".to_owned(), signature)];
            }
            Way::Charge { .. } => {
                let now = self.offline.clock().now();
                post.url = format!("{SHOP}/turratech");
                post.body = format!(
                    r#"{{"id":"evt_1","object":"event","type":"payment.succeeded","created":{},"livemode":false,"data":{{"object":{{"id":"{id}","object":"payment","amount":{},"currency":"eur","status":"succeeded","created":1,"livemode":false,"metadata":{{"order_id":"{reference}"}}}}}}}}"#,
                    now.unix_timestamp(),
                    amount.minor(),
                )
                .into_bytes();
                let Ok(secret) = WebhookSecret::new("sandbox_whsec_not_the_merchants") else { return false };
                let signature = turratech::test_util::sign(&secret, &post.body, now);
                post.headers = vec![("turratech-signature".to_owned(), signature)];
            }
            // Nothing proves these: they may be as good as the provider's own.
            Way::Upi => {
                let Ok(key) = turbo_txn::CallbackKey::new(self.offline.turbo_txn().callback_key()) else {
                    return false;
                };
                let claim =
                    format!(r#"{{"utr":"123456789012","amount":1,"orderId":"{reference}","txnStatus":"Approved"}}"#);
                post.url = format!("{SHOP}/turbo-txn");
                post.body = turbo_txn::test_util::callback(&key, [7; 16], claim.as_bytes()).into_bytes();
            }
            Way::ThreeDs => {
                post.url = format!("{SHOP}/3ds/{reference}");
                post.body = format!("paymentId={id}&securityKey=3DS_AUTH_KEY_guessed").into_bytes();
            }
            Way::Checkout => {
                post.url = format!("{SHOP}/checkout/{reference}");
                post.body = format!("checkoutId={id}").into_bytes();
            }
            Way::Link | Way::Card | Way::Hold => return false,
        }
        true
    }
}

fn is_signed(url: &str) -> bool {
    url.ends_with("/turbopay") || url.ends_with("/turratech")
}

fn flip(body: &mut [u8], drawn: u64) {
    let at = usize::try_from(drawn % 0xffff).unwrap_or(0) % body.len().max(1);
    if let Some(byte) = body.get_mut(at) {
        *byte ^= 1;
    }
}
