use std::collections::BTreeMap;

use payments_core::api::{Dialect, Operation};
use payments_core::transport::Answer;
use payments_core::{Effect, Error, ErrorKind, FieldError, Outcome, Refusal};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) static DIALECT: Dialect = Dialect {
    provider: "turbopay",
    agent: concat!("turbopay/", env!("CARGO_PKG_VERSION")),
    refusal,
    throttled_is_refused: false,
    keys: None,
};

/// A documented problem, by the words that TurboPay has for it.
///
/// TurboPay has no error codes. These are the rows of its table of messages, and the two "already taken" that its
/// recorded answers show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Problem {
    /// 401: the API key is missing or wrong.
    Unauthorized,
    /// 403: requests from this address are not accepted. TurboPay's support, or the back office, whitelists it.
    AddressNotWhitelisted,
    /// 404: no such route, which is what a malformed id in the path leads to (recorded).
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
    /// The order's id is none of TurboPay's, or the order is past confirming (recorded).
    OrderIdNotValid,
    /// The UTR was sent before, for this order or another.
    UtrTaken,
    /// The merchant's reference was sent before, for this order or another (recorded).
    MerchantOrderIdTaken,
    /// The order was declined by TurboPay's risk management.
    OrderDeclined,
}

impl Problem {
    /// The problem that an error is about: that of its message, or else that of its first field that has one.
    #[must_use]
    pub fn of(error: &Error) -> Option<Self> {
        let fields = error.field_errors().iter().map(|field| field.message.as_str());
        error.message().into_iter().chain(fields).find_map(Self::from_message)
    }

    /// The problem that a message of TurboPay's words.
    #[must_use]
    pub fn from_message(message: &str) -> Option<Self> {
        let row = MESSAGES.iter().find(|(begins, holds, _)| message.starts_with(begins) && message.contains(holds));
        row.map(|(_, _, problem)| *problem)
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

#[derive(Deserialize)]
struct Form<'a> {
    message: String,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
}

/// TurboPay's own form of an error: an object with a `message`, and with `errors` by field where there are any.
fn refusal(operation: &Operation, answer: &Answer) -> Option<Refusal> {
    let form: Form<'_> = serde_json::from_slice(answer.body()).ok()?;
    let fields = form.errors.map(fields).unwrap_or_default();
    let said = std::iter::once(form.message.as_str()).chain(fields.iter().map(|field| field.message.as_str()));
    let problems: Vec<Problem> = said.filter_map(Problem::from_message).collect();
    let is = |problem: Problem| problems.contains(&problem);

    let mut refusal = Refusal { param: fields.first().map(|field| field.field.clone()), ..Refusal::default() };
    if is(Problem::MerchantOrderIdTaken) || is(Problem::UtrTaken) {
        refusal.kind = Some(ErrorKind::Conflict);
        // Some order has it: perhaps this one, from an earlier sending. Where money moves, that is to be looked up.
        refusal.outcome = (operation.effect == Effect::MoveMoney).then_some(Outcome::Unknown);
    } else if is(Problem::OrderDeclined) {
        refusal.kind = Some(ErrorKind::Declined);
    }
    if is(Problem::AddressNotWhitelisted) {
        refusal.advice = Some("have TurboPay whitelist this server's address");
    }
    refusal.message = Some(if is(Problem::RouteNotFound) {
        // It quotes the path, and with it an order's id, which is private.
        "The route could not be found".to_owned()
    } else {
        form.message
    });
    refusal.fields = fields;
    Some(refusal)
}

/// `errors` as it is documented: by field, a list of messages. Anything else there is left in the raw answer.
fn fields(errors: &RawValue) -> Vec<FieldError> {
    let by_field: BTreeMap<String, Vec<String>> = serde_json::from_str(errors.get()).unwrap_or_default();
    let each = |(field, messages): (String, Vec<String>)| {
        messages.into_iter().map(move |message| FieldError::new(field.clone(), message)).collect::<Vec<_>>()
    };
    by_field.into_iter().flat_map(each).collect()
}
