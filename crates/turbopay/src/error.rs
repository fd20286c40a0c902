use std::fmt;

use payments_core::json;
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::text::contains_any;
use payments_core::transport::Response;
use payments_core::{Effect, Error, ErrorKind, FieldError, Outcome, ProviderError};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

pub(crate) static SPEC: ProviderSpec = ProviderSpec {
    provider: "turbopay",
    agent: concat!("turbopay/", env!("CARGO_PKG_VERSION")),
    parse_error,
    errors_in_2xx: false,
    throttled_is_refused: false,
    idempotency: None,
};

/// A problem that TurboPay has words for.
///
/// TurboPay has no error codes. These are the rows of its table of messages (documented), and what only its recorded
/// answers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// 401: the API key is missing or wrong.
    Unauthorized,
    /// 403: requests from this address are not accepted. TurboPay's support, or the back office, whitelists it.
    AddressNotWhitelisted,
    /// 404: the resource has not been found (documented). The one recorded is the web framework's, for a malformed id in
    /// the path, so it proves nothing of an order.
    RouteNotFound,
    /// The method is not valid, or not configured for the merchant.
    MethodNotValid,
    /// The method is not fully configured. TurboPay's support can help.
    NoWallets,
    /// The merchant's account is not configured for the method (recorded).
    MethodNotConfigured,
    /// A required field is missing.
    FieldRequired,
    /// The amount has decimals where none are taken.
    AmountNotInteger,
    /// The amount is below the method's minimum.
    AmountTooSmall,
    /// The amount is above the method's maximum.
    AmountTooLarge,
    /// The currency is not configured for the merchant.
    CurrencyNotValid,
    /// A field is longer than it may be.
    TooLong,
    /// A field has another form than it must have.
    WrongFormat,
    /// The order cannot be confirmed (recorded): perhaps there is none, perhaps it is past confirming (inferred).
    OrderIdNotValid,
    /// The UTR was sent before, for this order or another. That "Customer transaction ID exists" means this is inferred.
    UtrTaken,
    /// The merchant's reference was sent before, for this order or another (recorded).
    MerchantOrderIdTaken,
    /// The order was declined by TurboPay's risk management.
    OrderDeclined,
}

impl Problem {
    /// The problem that an error is about. Where there are several, one that may describe an earlier sending comes first.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let all = Self::all(error);
        all.iter().find(|problem| problem.is_taken()).or(all.first()).copied()
    }

    /// Every problem that an error names, in TurboPay's order.
    #[must_use]
    pub fn all(error: &Error) -> Vec<Self> {
        let fields = error.field_errors().iter().map(|field| field.message.as_str());
        let mut all: Vec<Self> = error.message().into_iter().chain(fields).filter_map(Self::from_message).collect();
        all.dedup();
        all
    }

    /// The problem that a message of TurboPay's words.
    #[must_use]
    pub fn from_message(message: &str) -> Option<Self> {
        let row = MESSAGES.iter().find(|(begins, holds, _)| message.starts_with(begins) && message.contains(holds));
        row.map(|(_, _, problem)| *problem)
    }

    fn is_taken(self) -> bool {
        matches!(self, Self::UtrTaken | Self::MerchantOrderIdTaken)
    }
}

/// How a message begins, what else it holds, and what it means. The first row that fits counts.
const MESSAGES: &[(&str, &str, Problem)] = &[
    ("Unauthorized", "", Problem::Unauthorized),
    ("", "is not white listed", Problem::AddressNotWhitelisted),
    ("The route ", "could not be found", Problem::RouteNotFound),
    ("", "Order Declined", Problem::OrderDeclined),
    ("The merchant order id ", "already been taken", Problem::MerchantOrderIdTaken),
    ("The customer transaction id ", "already been taken", Problem::UtrTaken),
    ("Customer transaction ID exists", "", Problem::UtrTaken),
    ("The selected order id is invalid", "", Problem::OrderIdNotValid),
    ("", "No available wallets found", Problem::NoWallets),
    ("Mid is not configured", "", Problem::MethodNotConfigured),
    ("Method ", "is not valid", Problem::MethodNotValid),
    ("invalid request", "Method ", Problem::MethodNotValid),
    ("Currency ", "is not valid", Problem::CurrencyNotValid),
    ("The amount field must be an integer", "", Problem::AmountNotInteger),
    ("The amount field must be at least", "", Problem::AmountTooSmall),
    ("The ", "characters", Problem::TooLong),
    ("The amount field must not be greater than", "", Problem::AmountTooLarge),
    ("The ", "field is required", Problem::FieldRequired),
    ("The ", "must be a valid", Problem::WrongFormat),
];

/// The documents word the same thing in two ways; another wording is no reason to pay twice.
const SAYS_TAKEN: &[&str] = &["already been taken", "already exists", "id exists", "duplicate"];

/// TurboPay's own form of an error: an object with a `message`, and with `errors` by field where there are any.
///
/// An answer whose `errors` cannot be read is not taken for TurboPay's word: what it refuses might be in there.
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let Form { message, errors: Fields(fields) } = json::decode_object(response.body()).ok()?;
    let said = || std::iter::once(message.as_str()).chain(fields.iter().map(|field| field.message.as_str()));
    let is = |problem: Problem| said().any(|text| Problem::from_message(text) == Some(problem));
    let refuses = response.status().is_client_error() && !matches!(response.status().as_u16(), 408 | 429);
    let moves_money = operation.effect == Effect::MoveMoney;

    let about = fields.iter().find(|field| message.starts_with(&field.message)).or(fields.first());
    let mut refusal = ProviderError { param: about.map(|field| field.field.clone()), ..ProviderError::default() };
    if refuses && (said().any(|text| contains_any(text, SAYS_TAKEN)) || moves_money && fields.iter().any(may_be_taken))
    {
        refusal.kind = Some(ErrorKind::Conflict);
        // Some order has it: perhaps this one, from an earlier sending. Where money moves, that is to be looked up.
        refusal.outcome = moves_money.then_some(Outcome::Unknown);
    } else if refuses && moves_money && is(Problem::OrderIdNotValid) {
        // An order that is confirmed already cannot be confirmed (inferred): its status tells.
        refusal.outcome = Some(Outcome::Unknown);
    } else if response.status().as_u16() == 422 && is(Problem::OrderDeclined) {
        refusal.kind = Some(ErrorKind::Declined);
    }
    refusal.advice = if is(Problem::AddressNotWhitelisted) {
        Some("have TurboPay whitelist this server's address")
    } else if is(Problem::NoWallets) || response.status().is_server_error() {
        Some("TurboPay's tech support can look into it")
    } else {
        None
    };
    refusal.message = Some(if is(Problem::RouteNotFound) {
        // It quotes the path, and with it an order's id, which is private.
        "The route could not be found".to_owned()
    } else {
        message
    });
    refusal.fields = fields;
    Some(refusal)
}

/// True for whatever is wrong with a reference, unless it is plainly its form.
fn may_be_taken(field: &FieldError) -> bool {
    matches!(field.field.as_str(), "merchant_order_id" | "customer_transaction_id")
        && !matches!(
            Problem::from_message(&field.message),
            Some(Problem::FieldRequired | Problem::TooLong | Problem::WrongFormat)
        )
}

#[derive(Deserialize)]
struct Form {
    message: String,
    #[serde(default)]
    errors: Fields,
}

/// `errors`: by field, in TurboPay's order, a list of messages or one. The web framework writes none as `[]`.
#[derive(Default)]
struct Fields(Vec<FieldError>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByField;
        impl<'de> Visitor<'de> for ByField {
            type Value = Fields;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("messages by field")
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<Fields, E> {
                Ok(Fields::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Fields, A::Error> {
                match list.next_element::<IgnoredAny>()? {
                    None => Ok(Fields::default()),
                    Some(_) => Err(serde::de::Error::custom("a list of errors without their fields")),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((field, Messages(messages))) = map.next_entry::<String, Messages>()? {
                    fields.extend(messages.into_iter().map(|message| FieldError::new(field.clone(), message)));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_any(ByField)
    }
}

struct Messages(Vec<String>);

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Messages;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message or a list of them")
            }
            fn visit_str<E: serde::de::Error>(self, message: &str) -> Result<Messages, E> {
                Ok(Messages(vec![message.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Messages, A::Error> {
                let mut messages = Vec::new();
                while let Some(message) = list.next_element()? {
                    messages.push(message);
                }
                Ok(Messages(messages))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}
