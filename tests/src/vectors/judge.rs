use std::collections::BTreeMap;

use ::card3ds::{CheckoutCallback, ThreeDsCallback, ThreeDsFailure};
use ::turbo_txn::{CallbackDecryptor, CallbackKey};
use ::turbopay::WebhookKey;
use ::turratech::{EventObject, WebhookSecret};
use payments_core::http::{HeaderMap, HeaderName, HeaderValue};
use payments_core::test_util::ManualClock;
use payments_core::time::OffsetDateTime;
use payments_core::webhook::{Verified, VerifyError};

use super::{Expect, Kind, Provider, Vector};

/// A vector with everything that it describes written out, ready for the SDK's receivers.
#[derive(Debug, Clone)]
pub struct Prepared {
    kind: Kind,
    provider: Provider,
    secrets: Vec<String>,
    clock: OffsetDateTime,
    /// Nothing where a value cannot stand in an HTTP header at all.
    headers: Option<HeaderMap>,
    values: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// What a receiver made of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it was believed.
    pub expect: Expect,
    /// What could be read from it.
    pub reads: BTreeMap<String, String>,
}

impl Prepared {
    /// Writes everything out.
    ///
    /// # Errors
    ///
    /// When the vector is not well formed.
    pub fn new(vector: &Vector) -> Result<Self, Box<dyn std::error::Error>> {
        let mut headers = Some(HeaderMap::new());
        let mut values = Vec::new();
        for (name, value) in &vector.headers {
            let value = value.bytes()?;
            match HeaderValue::from_bytes(&value) {
                Ok(value) => {
                    let name: HeaderName = name.parse()?;
                    if let Some(headers) = &mut headers {
                        headers.append(name, value);
                    }
                }
                Err(_) => headers = None,
            }
            values.push((name.clone(), value));
        }
        let secrets = vector.secrets.iter().map(|secret| Ok(String::from_utf8(secret.bytes()?)?));
        Ok(Self {
            kind: vector.kind,
            provider: vector.provider,
            secrets: secrets.collect::<Result<_, Box<dyn std::error::Error>>>()?,
            clock: OffsetDateTime::from_unix_timestamp(vector.clock.unwrap_or_default())?,
            headers,
            values,
            body: vector.body.bytes()?,
        })
    }

    /// Delivers it to the receiver that it is for, every way that there is, which have to agree.
    #[must_use]
    pub fn judge(&self) -> Option<Verdict> {
        let verdicts = match self.provider {
            Provider::Turratech => self.turratech(),
            Provider::Turbopay => self.turbopay(),
            Provider::TurboTxn => vec![self.turbo_txn()],
            Provider::Card3ds => vec![self.card3ds()],
        };
        let (first, others) = verdicts.split_first()?;
        others.iter().all(|other| other == first).then(|| first.clone())
    }

    fn turratech(&self) -> Vec<Verdict> {
        let Ok(secrets) = self.secrets.iter().map(WebhookSecret::new).collect::<Result<Vec<_>, _>>() else {
            return vec![Verdict::of(Expect::RefusedWhenBuilt)];
        };
        let mut secrets = secrets.into_iter();
        let Some(first) = secrets.next() else { return Vec::new() };
        let endpoint =
            secrets.fold(::turratech::WebhookVerifier::new(first), ::turratech::WebhookVerifier::also_accept);
        let endpoint = endpoint.clock(ManualClock::at(self.clock));
        let by_headers = self.headers.iter().map(|headers| endpoint.verify(&self.body, headers));
        let by_value = self
            .bare(::turratech::WebhookVerifier::SIGNATURE_HEADER)
            .map(|value| endpoint.verify_signature(&self.body, value));
        by_headers.chain(by_value).map(|result| Verdict::of_signed(result, turratech_event)).collect()
    }

    fn turbopay(&self) -> Vec<Verdict> {
        let Ok(keys) = self.secrets.iter().map(WebhookKey::new).collect::<Result<Vec<_>, _>>() else {
            return vec![Verdict::of(Expect::RefusedWhenBuilt)];
        };
        let mut keys = keys.into_iter();
        let Some(first) = keys.next() else { return Vec::new() };
        let endpoint = keys.fold(::turbopay::WebhookVerifier::new(first), ::turbopay::WebhookVerifier::also_accept);
        let by_headers = self.headers.iter().map(|headers| endpoint.verify(&self.body, headers));
        let by_value = self
            .bare(::turbopay::WebhookVerifier::SIGNATURE_HEADER)
            .map(|value| endpoint.verify_signature(&self.body, value));
        by_headers.chain(by_value).map(|result| Verdict::of_signed(result, turbopay_event)).collect()
    }

    /// The signature by itself, for whoever has no header map: where there is exactly one.
    fn bare(&self, header: &str) -> Option<&[u8]> {
        match self.values.as_slice() {
            [(name, value)] if name.eq_ignore_ascii_case(header) => Some(value),
            _ => None,
        }
    }

    fn turbo_txn(&self) -> Verdict {
        let Ok(keys) = self.secrets.iter().map(CallbackKey::new).collect::<Result<Vec<_>, _>>() else {
            return Verdict::of(Expect::RefusedWhenBuilt);
        };
        let mut keys = keys.into_iter();
        let Some(first) = keys.next() else { return Verdict::of(Expect::RefusedWhenBuilt) };
        let callbacks = keys.fold(CallbackDecryptor::new(first), CallbackDecryptor::also_accept);
        Verdict::of_hint(callbacks.decrypt(&self.body), |hint| ("order", hint.claimed().as_str().to_owned()))
    }

    fn card3ds(&self) -> Verdict {
        match self.kind {
            Kind::ThreeDs => Verdict::of_hint(ThreeDsCallback::parse(&self.body), |hint| {
                ("payment", hint.claimed().payment_id().as_str().to_owned())
            }),
            Kind::ThreeDsFailure => Verdict::of_hint(ThreeDsFailure::parse(&self.body), |hint| {
                ("payment", hint.claimed().payment_id().as_str().to_owned())
            }),
            Kind::Checkout => Verdict::of_hint(CheckoutCallback::parse(&self.body), |hint| {
                ("checkout", hint.claimed().checkout_id().as_str().to_owned())
            }),
            Kind::Webhook | Kind::Callback => Verdict::of(Expect::RefusedWhenBuilt),
        }
    }
}

impl Verdict {
    fn of(expect: Expect) -> Self {
        Self { expect, reads: BTreeMap::new() }
    }

    fn of_signed<T>(result: Result<Verified<T>, VerifyError>, read: fn(&T) -> BTreeMap<&'static str, String>) -> Self {
        match result {
            Ok(event) => {
                let mut reads: BTreeMap<String, String> =
                    read(&event).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
                reads.insert("digest".to_owned(), event.digest().to_string());
                Self { expect: Expect::Accepted, reads }
            }
            Err(error) => Self::of_error(&error),
        }
    }

    fn of_hint<T>(result: Result<T, VerifyError>, read: fn(&T) -> (&'static str, String)) -> Self {
        match result {
            Ok(hint) => {
                let (name, value) = read(&hint);
                Self { expect: Expect::Hint, reads: BTreeMap::from([(name.to_owned(), value)]) }
            }
            Err(error) => Self::of_error(&error),
        }
    }

    fn of_error(error: &VerifyError) -> Self {
        Self::of(if *error == VerifyError::Rejected { Expect::Rejected } else { Expect::Unreadable })
    }
}

fn turratech_event(event: &::turratech::Event) -> BTreeMap<&'static str, String> {
    let mut reads = BTreeMap::from([
        ("id", event.id.as_str().to_owned()),
        ("type", event.event_type.as_str().to_owned()),
        ("livemode", event.livemode.to_string()),
    ]);
    match event.object() {
        Ok(EventObject::Payment(payment)) => {
            reads.insert("status", payment.status.as_str().to_owned());
            reads.insert("final", payment.status.is_final().to_string());
        }
        Ok(_) => {}
        Err(problem) => drop(reads.insert("object", problem.path().to_owned())),
    }
    reads
}

fn turbopay_event(event: &::turbopay::Event) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("order", event.merchant_order_id.as_str().to_owned()),
        ("status", event.status.as_str().to_owned()),
        ("final", event.status.is_final().to_string()),
        ("amount", event.amount.to_string()),
    ])
}
