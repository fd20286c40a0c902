use std::fmt;

use payments_core::json::{self, ProviderMessage};
use payments_core::provider::{Operation, ProviderSpec};
use payments_core::transport::Response;
use payments_core::{DuplicateWording, Effect, Error, ErrorKind, FieldError, Outcome, ProviderError};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

pub(crate) static SPEC: ProviderSpec =
    ProviderSpec::new("turbopay", concat!("turbopay/", env!("CARGO_PKG_VERSION")), parse_error);

/// A problem that TurboPay reports in the message of an error response.
///
/// TurboPay has no error codes. The variants are the rows of its table of messages (documented), and messages that only
/// its recorded responses contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// 401: the API key is missing or wrong.
    Unauthorized,
    /// 403: this IP address is not whitelisted. Whitelist it in the back office or through TurboPay's support.
    AddressNotWhitelisted,
    /// 404: the resource was not found (documented).
    ///
    /// The only recorded one comes from the web framework, for a malformed id in the path. It proves nothing about an
    /// order.
    RouteNotFound,
    /// The payment method is invalid, or not configured for the merchant.
    MethodNotValid,
    /// The payment method is not fully configured. TurboPay's support can help.
    NoWallets,
    /// The merchant's account is not configured for the payment method (recorded).
    MethodNotConfigured,
    /// A required field is missing.
    FieldRequired,
    /// The amount has decimals where none are accepted.
    AmountNotInteger,
    /// The amount is below the payment method's minimum.
    AmountTooSmall,
    /// The amount is above the payment method's maximum.
    AmountTooLarge,
    /// The currency is not configured for the merchant.
    CurrencyNotValid,
    /// A field is too long.
    TooLong,
    /// A field is too short (inferred: the message is the web framework's, and neither documented nor recorded).
    TooShort,
    /// A field has an invalid format.
    WrongFormat,
    /// The order cannot be confirmed (recorded). It may not exist, or be in another state (inferred).
    OrderIdNotValid,
    /// The UTR was already used, for this order or another.
    ///
    /// That "Customer transaction ID exists" means this is inferred.
    UtrTaken,
    /// The merchant's reference was already used, for this order or another (recorded).
    MerchantOrderIdTaken,
    /// TurboPay's risk management declined the order.
    OrderDeclined,
}

impl Problem {
    /// Returns the main problem of an error. A problem that may be about an earlier request for the order comes first.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let all = Self::all(error);
        all.iter().find(|problem| problem.is_duplicate()).or(all.first()).copied()
    }

    /// Returns all problems of an error, each once, in TurboPay's order.
    #[must_use]
    pub fn all(error: &Error) -> Vec<Self> {
        let fields = error.field_errors().iter().map(|field| field.message.as_str());
        let mut all = Vec::new();
        for problem in error.message().into_iter().chain(fields).filter_map(Self::from_message) {
            if !all.contains(&problem) {
                all.push(problem);
            }
        }
        all
    }

    /// Returns the problem that one of TurboPay's messages describes.
    #[must_use]
    pub fn from_message(message: &str) -> Option<Self> {
        let matches = |parts: &[&str]| parts.iter().all(|part| message.contains(part));
        let row = MESSAGES.iter().find(|(start, parts, _)| message.starts_with(start) && matches(parts));
        row.map(|(_, _, problem)| *problem)
    }

    fn is_duplicate(self) -> bool {
        matches!(self, Self::UtrTaken | Self::MerchantOrderIdTaken)
    }
}

/// The start of a message, other parts of it, and the problem. The first matching row counts.
const MESSAGES: &[(&str, &[&str], Problem)] = &[
    ("Unauthorized", &[], Problem::Unauthorized),
    ("", &["is not white listed"], Problem::AddressNotWhitelisted),
    ("The route ", &["could not be found"], Problem::RouteNotFound),
    ("", &["Order Declined"], Problem::OrderDeclined),
    ("The merchant order id ", &["already been taken"], Problem::MerchantOrderIdTaken),
    ("The customer transaction id ", &["already been taken"], Problem::UtrTaken),
    ("Customer transaction ID exists", &[], Problem::UtrTaken),
    ("The selected order id is invalid", &[], Problem::OrderIdNotValid),
    ("", &["No available wallets found"], Problem::NoWallets),
    ("Mid is not configured", &[], Problem::MethodNotConfigured),
    ("Method ", &["is not valid"], Problem::MethodNotValid),
    ("invalid request", &["Method "], Problem::MethodNotValid),
    ("Currency ", &["is not valid"], Problem::CurrencyNotValid),
    ("The amount field must be an integer", &[], Problem::AmountNotInteger),
    ("The ", &["must not be greater than", "characters"], Problem::TooLong),
    ("The ", &["must be at least", "characters"], Problem::TooShort),
    ("The ", &["characters"], Problem::WrongFormat),
    ("The amount field must be at least", &[], Problem::AmountTooSmall),
    ("The amount field must not be greater than", &[], Problem::AmountTooLarge),
    ("The ", &["field is required"], Problem::FieldRequired),
    ("The ", &["must be a valid"], Problem::WrongFormat),
];

/// How TurboPay may say that an order with this reference or UTR exists. Two of the wordings are documented or recorded
/// ("has already been taken", "ID exists"), so others may exist: missing one could pay twice.
const DUPLICATES: DuplicateWording =
    DuplicateWording { words: &["already", "taken", "exists", "duplicate", "be unique"], negations: &[] };

/// Parses TurboPay's error form: an object with a `message`, and optionally with `errors` by field.
///
/// A body whose `errors` cannot be read does not count as TurboPay's error, because they may report a duplicate. Invalid
/// Unicode in the `message` is replaced.
fn parse_error(operation: &Operation, response: &Response) -> Option<ProviderError> {
    let body = json::read::<ErrorBody>(response.body()).ok()?;
    // Only texts were repaired. A number in place of a text is another form.
    if body.unreadable.iter().any(|member| !member.raw.starts_with('"')) {
        return None;
    }
    let ErrorBody { message, errors: FieldErrors(fields) } = body.value;
    let messages = || std::iter::once(message.as_str()).chain(fields.iter().map(|field| field.message.as_str()));
    let has = |problem: Problem| messages().any(|text| Problem::from_message(text) == Some(problem));
    let is_refusal = response.status().is_client_error() && !matches!(response.status().as_u16(), 408 | 429);
    let creates_order = operation.effect != Effect::Read;
    let moves_money = operation.effect == Effect::MoveMoney;
    let may_exist = DUPLICATES.occurs_in(response.body()) || fields.iter().any(may_be_duplicate);

    let main_field = fields.iter().find(|field| message.starts_with(&field.message)).or(fields.first());
    let mut error = ProviderError { param: main_field.map(|field| field.field.clone()), ..ProviderError::default() };
    if is_refusal && creates_order && may_exist {
        error.kind = Some(ErrorKind::Conflict);
        // The existing order may be this one, created by an earlier request. It must be looked up: a withdrawal could be
        // executed twice, and a customer could pay a deposit here and another one elsewhere.
        error.outcome = Some(Outcome::Unknown);
    } else if is_refusal && moves_money && has(Problem::OrderIdNotValid) {
        // An order that is already confirmed cannot be confirmed again (inferred). It must be looked up.
        error.outcome = Some(Outcome::Unknown);
    } else if response.status().as_u16() == 422 && has(Problem::OrderDeclined) {
        error.kind = Some(ErrorKind::Declined);
    }
    error.advice = if has(Problem::AddressNotWhitelisted) {
        Some("have TurboPay whitelist this server's address")
    } else if has(Problem::NoWallets) || response.status().is_server_error() {
        Some("contact TurboPay's tech support")
    } else {
        None
    };
    error.message = Some(if has(Problem::RouteNotFound) {
        // The message quotes the path, which can contain a private order id.
        "The route could not be found".to_owned()
    } else {
        message
    });
    error.fields = fields;
    Some(error)
}

/// Returns true if a reference or a UTR was rejected, unless only because of its form.
fn may_be_duplicate(field: &FieldError) -> bool {
    matches!(field.field.as_str(), "merchant_order_id" | "customer_transaction_id")
        && !matches!(
            Problem::from_message(&field.message),
            Some(Problem::FieldRequired | Problem::TooLong | Problem::TooShort | Problem::WrongFormat)
        )
}

#[derive(Deserialize)]
struct ErrorBody {
    message: String,
    #[serde(default)]
    errors: FieldErrors,
}

impl ProviderMessage for ErrorBody {
    const DECIDING: &'static [&'static str] = &["errors"];
}

/// The member `errors`: one message or a list for each field, in TurboPay's order. The web framework sends `[]` for
/// none.
#[derive(Default)]
struct FieldErrors(Vec<FieldError>);

impl<'de> Deserialize<'de> for FieldErrors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ByField;
        impl<'de> Visitor<'de> for ByField {
            type Value = FieldErrors;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with messages by field")
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<FieldErrors, E> {
                Ok(FieldErrors::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<FieldErrors, A::Error> {
                match list.next_element::<IgnoredAny>()? {
                    None => Ok(FieldErrors::default()),
                    Some(_) => Err(serde::de::Error::custom("a list of errors does not name their fields")),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FieldErrors, A::Error> {
                let mut fields = Vec::new();
                while let Some((field, Messages(messages))) = map.next_entry::<String, Messages>()? {
                    fields.extend(messages.into_iter().map(|message| FieldError::new(field.clone(), message)));
                }
                Ok(FieldErrors(fields))
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
                f.write_str("a message or a list of messages")
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
