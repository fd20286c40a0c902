//! Webhooks that are signed.

mod change;

use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::VerifyError;

use super::{Attempt, Outcome};
use crate::random::Random;
use crate::vectors::crypto::{base64, hex, hmac};

pub(super) fn turratech(random: &mut Random, attempt: &mut Attempt) -> Outcome {
    attack(Scheme::Turratech, random, attempt)
}

pub(super) fn turbopay(random: &mut Random, attempt: &mut Attempt) -> Outcome {
    attack(Scheme::Turbopay, random, attempt)
}

fn attack(scheme: Scheme, random: &mut Random, attempt: &mut Attempt) -> Outcome {
    let mut case = Case::genuine(scheme, random);
    attempt.kind = "genuine";
    attempt.shown = case.shown();
    if !case.is_due() || case.deliver() != Ok(Verdict::Read) {
        return Outcome::Wrong(format!("a genuine delivery: {:?}", case.deliver()));
    }
    attempt.kind = change::change(&mut case, random);
    attempt.shown = case.shown();
    match (case.deliver(), case.is_due()) {
        (Err(NotBuilt), _) => Outcome::RefusedWhenBuilt,
        (Ok(Verdict::Rejected), false) => Outcome::Refused,
        (Ok(Verdict::Read | Verdict::Unreadable), true) if attempt.kind == change::SIGNED => Outcome::Signed,
        (Ok(Verdict::Read), true) => Outcome::Equal,
        (Ok(verdict), due) => {
            Outcome::Wrong(format!("{verdict:?} though {}", if due { "it is due" } else { "forged" }))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Turratech,
    Turbopay,
}

impl Scheme {
    fn header(self) -> &'static str {
        match self {
            Self::Turratech => "turratech-signature",
            Self::Turbopay => "x-pay-signature",
        }
    }
}

/// A receiver, a delivery to it, and everything that was ever signed with its secrets.
#[derive(Debug)]
struct Case {
    scheme: Scheme,
    secrets: Vec<String>,
    clock: i64,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    known: Vec<Known>,
}

/// Something that a provider did sign.
#[derive(Debug, Clone)]
struct Known {
    secret: String,
    time: String,
    body: Vec<u8>,
    tag: [u8; 32],
}

/// What a receiver said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Read,
    Unreadable,
    Rejected,
    /// The header map and the bare signature got different answers.
    Divided,
}

#[derive(Debug, PartialEq, Eq)]
struct NotBuilt;

impl Case {
    fn genuine(scheme: Scheme, random: &mut Random) -> Self {
        let length = if random.one_in(10) { 100 } else { 24 };
        let secrets: Vec<String> = (0..=random.below(3)).map(|_| format!("whsec_{}", random.word(length))).collect();
        let clock = random.between_signed(1_700_000_000, 1_900_000_000);
        let mut case = Self { scheme, secrets, clock, headers: Vec::new(), body: Vec::new(), known: Vec::new() };
        let known = case.sign(random, None);
        case.headers = vec![(scheme.header(), case.value(random, &known))];
        case.body.clone_from(&known.body);
        case
    }

    /// Has the provider sign another delivery to the same receiver, or this body.
    fn sign(&mut self, random: &mut Random, body: Option<Vec<u8>>) -> Known {
        let secret = random.pick(&self.secrets);
        let time = (self.clock + random.between_signed(-300, 300)).to_string();
        let body = body.unwrap_or_else(|| event(self.scheme, random).into_bytes());
        let tag = self.tag(secret.as_bytes(), &time, &body);
        let known = Known { secret, time, body, tag };
        self.known.push(known.clone());
        known
    }

    fn tag(&self, key: &[u8], time: &str, body: &[u8]) -> [u8; 32] {
        match self.scheme {
            Scheme::Turratech => hmac(key, &[time.as_bytes(), b".", body]),
            Scheme::Turbopay => hmac(key, &[body]),
        }
    }

    /// The header's value, in one of the forms in which it may come.
    fn value(&self, random: &mut Random, known: &Known) -> Vec<u8> {
        let (time, digits) = (&known.time, hex(&known.tag));
        let other = hex(&random.bytes::<32>());
        let text = match (self.scheme, random.below(6)) {
            (Scheme::Turratech, 0) => format!("t={time},v1={other},v1={digits}"),
            (Scheme::Turratech, 1) => format!("t={time},v0={other},v1={digits},v2=x"),
            (Scheme::Turratech, 2) => format!("v1={digits},t={time}"),
            (Scheme::Turratech, _) => format!("t={time},v1={digits}"),
            (Scheme::Turbopay, 0) => digits.to_uppercase(),
            (Scheme::Turbopay, 1 | 2) => base64(&known.tag),
            (Scheme::Turbopay, _) => digits,
        };
        text.into_bytes()
    }

    /// Whether it is something that was signed, told by comparing text with text.
    fn is_due(&self) -> bool {
        let values: Vec<&Vec<u8>> = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(self.scheme.header()))
            .map(|(_, v)| v)
            .collect();
        let [value] = values.as_slice() else { return false };
        self.body.len() <= 256 * 1024
            && self.known.iter().any(|known| {
                self.secrets.contains(&known.secret) && known.body == self.body && self.is_said(value, known)
            })
    }

    fn is_said(&self, value: &[u8], known: &Known) -> bool {
        let digits = hex(&known.tag);
        match self.scheme {
            Scheme::Turbopay => value.eq_ignore_ascii_case(digits.as_bytes()) || value == base64(&known.tag).as_bytes(),
            Scheme::Turratech => {
                let entries: Vec<&[u8]> = value.split(|byte| *byte == b',').take(16).collect();
                let times: Vec<_> = entries.iter().filter(|entry| entry.starts_with(b"t=")).collect();
                let near = known.time.parse().is_ok_and(|time: i64| (self.clock - time).abs() <= 300);
                near && times.len() == 1
                    && times[0][2..] == *known.time.as_bytes()
                    && entries.contains(&format!("v1={digits}").as_bytes())
            }
        }
    }

    fn deliver(&self) -> Result<Verdict, NotBuilt> {
        let mut map = Some(HeaderMap::new());
        for (name, value) in &self.headers {
            match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value), &mut map) {
                (Ok(name), Ok(value), Some(map)) => drop(map.append(name, value).then_some(())),
                _ => map = None,
            }
        }
        let bare = match self.headers.as_slice() {
            [(name, value)] if name.eq_ignore_ascii_case(self.scheme.header()) => Some(value.as_slice()),
            _ => None,
        };
        let mut verdicts = match self.scheme {
            Scheme::Turratech => self.to_turratech(map.as_ref(), bare)?,
            Scheme::Turbopay => self.to_turbopay(map.as_ref(), bare)?,
        }
        .into_iter();
        // What cannot be sent at all is as good as refused.
        let first = verdicts.next().unwrap_or(Verdict::Rejected);
        Ok(if verdicts.all(|verdict| verdict == first) { first } else { Verdict::Divided })
    }

    fn to_turratech(&self, map: Option<&HeaderMap>, bare: Option<&[u8]>) -> Result<Vec<Verdict>, NotBuilt> {
        let mut endpoint: Option<turratech::WebhookVerifier> = None;
        for secret in &self.secrets {
            let secret = turratech::WebhookSecret::new(secret.as_str()).map_err(|_| NotBuilt)?;
            endpoint = Some(match endpoint {
                Some(endpoint) => endpoint.also_accept(secret),
                None => turratech::WebhookVerifier::new(secret),
            });
        }
        let clock = OffsetDateTime::from_unix_timestamp(self.clock).map_err(|_| NotBuilt)?;
        let endpoint = endpoint.ok_or(NotBuilt)?.clock(ManualClock::at(clock));
        let by_map = map.map(|map| verdict(&endpoint.verify(&self.body, map)));
        let by_value = bare.map(|value| verdict(&endpoint.verify_signature(&self.body, value)));
        Ok(by_map.into_iter().chain(by_value).collect())
    }

    fn to_turbopay(&self, map: Option<&HeaderMap>, bare: Option<&[u8]>) -> Result<Vec<Verdict>, NotBuilt> {
        let mut endpoint: Option<turbopay::WebhookVerifier> = None;
        for secret in &self.secrets {
            let key = turbopay::WebhookKey::new(secret.as_str()).map_err(|_| NotBuilt)?;
            endpoint = Some(match endpoint {
                Some(endpoint) => endpoint.also_accept(key),
                None => turbopay::WebhookVerifier::new(key),
            });
        }
        let endpoint = endpoint.ok_or(NotBuilt)?;
        let by_map = map.map(|map| verdict(&endpoint.verify(&self.body, map)));
        let by_value = bare.map(|value| verdict(&endpoint.verify_signature(&self.body, value)));
        Ok(by_map.into_iter().chain(by_value).collect())
    }

    /// At most so much of it as a person reads.
    fn shown(&self) -> String {
        let cut = |bytes: &[u8]| bytes[..bytes.len().min(2000)].escape_ascii().to_string();
        let mut shown = format!("secrets {:?}, clock {}\n", self.secrets, self.clock);
        for (name, value) in &self.headers {
            shown += &format!("{name}: {}\n", cut(value));
        }
        shown + &cut(&self.body)
    }
}

fn verdict<T>(result: &Result<T, VerifyError>) -> Verdict {
    match result {
        Ok(_) => Verdict::Read,
        Err(VerifyError::Rejected) => Verdict::Rejected,
        Err(_) => Verdict::Unreadable,
    }
}

/// An event as the provider writes one.
fn event(scheme: Scheme, random: &mut Random) -> String {
    let (id, amount) = (random.word(12), random.below(1_000_000));
    match scheme {
        Scheme::Turratech => {
            let kind = random.pick(&["payment.succeeded", "payment.failed", "invoice.paid", "payout.imagined"]);
            format!(
                r#"{{"id":"evt_{id}","object":"event","type":"{kind}","created":1704067200,"livemode":true,"data":{{"object":{{"id":"pay_{id}","amount":{amount},"currency":"gbp","status":"succeeded","created":1704067200,"livemode":true}}}}}}"#
            )
        }
        Scheme::Turbopay => {
            let status = random.pick(&["success", "failed", "pending", "cancelled", "levitating"]);
            format!(
                r#"{{"order_id":"{id}","merchant_order_id":"O_{id}","status":"{status}","reason":"some reason","amount":"{amount}.00","utr":"409876543210"}}"#
            )
        }
    }
}
