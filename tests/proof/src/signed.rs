//! Signed webhooks: TurraTech's and TurboPay's.

mod bodies;
mod changes;
mod headers;
mod secrets;
mod signatures;
mod times;

use crate::crypto::{hex, hmac};
use crate::vectors::{Encoded, Vector};
use crate::{Kind, Outcome, Provider, Random};
pub(crate) use changes::{SIGNED, attempt};

/// All vectors of signed webhooks, in the order of the file.
pub(crate) fn vectors() -> Vec<Vector> {
    let providers = [Genuine::fixed(Provider::Turratech), Genuine::fixed(Provider::Turbopay)];
    providers.iter().flat_map(|genuine| SECTIONS.iter().flat_map(move |section| section(genuine))).collect()
}

/// A part of the vectors, made from any genuine delivery.
type Section = fn(&Genuine) -> Vec<Vector>;

const SECTIONS: &[Section] = &[
    headers::vectors,
    signatures::encodings,
    signatures::messages,
    signatures::entries,
    times::vectors,
    secrets::signers,
    secrets::invalid,
    bodies::changed,
    bodies::signed,
    bodies::deliveries,
];

/// A genuine delivery.
#[derive(Debug, Clone)]
struct Genuine {
    provider: Provider,
    /// The prefix of every secret.
    prefix: &'static str,
    secret: String,
    time: i64,
    id: String,
    body: String,
}

impl Genuine {
    /// The delivery that the vectors change. The MAC's base64 contains `+` and `/`, where two alphabets differ.
    fn fixed(provider: Provider) -> Self {
        match provider {
            Provider::Turratech => Self::new(provider, "MfKQ9r8GKYq", "1", 1_767_323_045),
            _ => Self::new(provider, "7Qm2LrT9", "849655cf", 1_767_323_045),
        }
    }

    /// A random delivery, for the attack.
    fn random(provider: Provider, random: &mut Random) -> Self {
        let time = random.between_signed(1_700_000_000, 1_900_000_000);
        Self::new(provider, &random.word(12), &random.word(8), time)
    }

    fn new(provider: Provider, secret: &str, id: &str, time: i64) -> Self {
        let (prefix, body) = match provider {
            Provider::Turratech => (
                "whsec_",
                format!(
                    r#"{{"id":"evt_{id}","type":"payment.succeeded","created":1704067200,"livemode":true,"data":{{"object":{{"id":"pay_{id}","amount":2000,"currency":"gbp","status":"succeeded","created":1704067200,"livemode":true}}}}}}"#
                ),
            ),
            _ => (
                "whk-",
                format!(
                    r#"{{"order_id":"{id}","merchant_order_id":"O_00","status":"success","reason":"none","amount":"200.00"}}"#
                ),
            ),
        };
        Self { provider, prefix, secret: format!("{prefix}{secret}"), time, id: id.to_owned(), body }
    }

    /// A row for both providers. `{secret}` in its texts becomes the provider's word.
    fn both(&self, outcome: Outcome, name: &str, reason: &str, vector: Vector) -> Option<Vector> {
        let word = if self.is_turratech() { "secret" } else { "key" };
        Some(vector.expect(outcome, name.replace("{secret}", word), reason.replace("{secret}", word)))
    }

    fn turratech(&self, outcome: Outcome, name: &str, reason: &str, vector: Vector) -> Option<Vector> {
        self.both(outcome, name, reason, vector).filter(|_| self.is_turratech())
    }

    fn turbopay(&self, outcome: Outcome, name: &str, reason: &str, vector: Vector) -> Option<Vector> {
        self.both(outcome, name, reason, vector).filter(|_| !self.is_turratech())
    }

    fn is_turratech(&self) -> bool {
        self.provider == Provider::Turratech
    }

    /// The genuine delivery, to be changed.
    fn vector(&self) -> Vector {
        let vector = Vector::new(self.provider, Kind::Webhook, self.body.as_str()).secrets([&self.secret]);
        let vector = if self.is_turratech() { vector.at(self.time) } else { vector };
        vector.headers(self.header(), [self.value(&self.body)])
    }

    fn header(&self) -> &'static str {
        self.provider.signature_header()
    }

    /// The delivery with another value of the signature header.
    fn with_header(&self, value: impl Into<Encoded>) -> Vector {
        self.vector().headers(self.header(), [value])
    }

    /// The delivery with another form of the signature.
    fn with_signature(&self, form: &str) -> Vector {
        self.with_header(self.value_of(&self.time(), form))
    }

    /// The delivery with another body under the genuine signature.
    fn with_body(&self, body: impl Into<Encoded>) -> Vector {
        self.vector().body(body)
    }

    /// The delivery with another body, signed by the provider.
    fn with_signed(&self, body: impl Into<Encoded>) -> Vector {
        let body = body.into();
        let tag = self.tag(self.secret.as_bytes(), &self.time(), &body.bytes().unwrap_or_default());
        self.with_signature(&hex(&tag)).body(body)
    }

    /// The delivery signed with another key.
    fn signed_by(&self, key: &[u8]) -> Vector {
        self.with_signature(&hex(&self.tag(key, &self.time(), self.body.as_bytes())))
    }

    fn time(&self) -> String {
        self.time.to_string()
    }

    /// The genuine header value for a body.
    fn value(&self, body: &str) -> String {
        self.value_of(&self.time(), &hex(&self.tag(self.secret.as_bytes(), &self.time(), body.as_bytes())))
    }

    fn value_of(&self, time: &str, form: &str) -> String {
        if self.is_turratech() { format!("t={time},v1={form}") } else { form.to_owned() }
    }

    fn tag(&self, key: &[u8], time: &str, body: &[u8]) -> [u8; 32] {
        if self.is_turratech() { hmac(key, &[time.as_bytes(), b".", body]) } else { hmac(key, &[body]) }
    }
}
