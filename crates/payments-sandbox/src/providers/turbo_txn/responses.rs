//! The envelope of every response, with its members in the samples' order.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::macros::format_description;

use super::transaction::Transaction;
use crate::http::Response;
use crate::money;

/// The error response to a rejected request.
pub(crate) struct ErrorResponse {
    pub(crate) status_code: u16,
    message: String,
}

impl ErrorResponse {
    pub(crate) fn new(status_code: u16, message: &str) -> Self {
        Self { status_code, message: message.to_owned() }
    }

    /// Returns the envelope under this HTTP status, which may differ from the envelope's `statusCode`.
    pub(crate) fn response(&self, http_status: u16, now: OffsetDateTime) -> Response {
        let envelope: Envelope<'_, ()> = Envelope::new(self.status_code, &self.message, now, None);
        envelope.response(http_status)
    }
}

pub(crate) fn order_created(transaction: &Transaction, sdk_url: &str, now: OffsetDateTime) -> Response {
    let data = Created {
        txn_id: &transaction.id,
        order_id: &transaction.order_id,
        amount: Rupees(transaction.amount),
        sdk_url,
    };
    Envelope::new(200, "Order Created Successfully", now, Some(data)).response(200)
}

pub(crate) fn details_fetched(transaction: &Transaction, now: OffsetDateTime) -> Response {
    let data = Details {
        utr: &transaction.utr,
        order_id: &transaction.order_id,
        txn_status: transaction.status.as_str(),
        amount: Rupees(transaction.amount),
    };
    Envelope::new(200, "Txn details fetched successfully", now, Some(data)).response(200)
}

/// Returns a callback's content before encryption.
pub(crate) fn callback_data(transaction: &Transaction) -> Vec<u8> {
    let callback_data = CallbackData {
        utr: &transaction.utr,
        amount: Rupees(transaction.amount),
        order_id: &transaction.order_id,
        txn_status: transaction.status.as_str(),
    };
    json(&callback_data)
}

/// Serializes a value that always serializes.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    status_code: u16,
    message: &'a str,
    status: &'static str,
    success: bool,
    timestamp: String,
    data: Option<T>,
}

impl<'a, T: Serialize> Envelope<'a, T> {
    fn new(status_code: u16, message: &'a str, now: OffsetDateTime, data: Option<T>) -> Self {
        let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z");
        let timestamp = now.format(form).unwrap_or_default();
        Self { status_code, message, status: status_name(status_code), success: status_code == 200, timestamp, data }
    }

    fn response(&self, http_status: u16) -> Response {
        Response::new(http_status, "application/json", json(self))
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    txn_id: &'a str,
    order_id: &'a str,
    amount: Rupees,
    sdk_url: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    utr: &'a str,
    order_id: &'a str,
    txn_status: &'a str,
    amount: Rupees,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallbackData<'a> {
    utr: &'a str,
    amount: Rupees,
    order_id: &'a str,
    txn_status: &'a str,
}

/// Paise, serialized as a JSON number of rupees without trailing zeros: `300.01`, `300.1`, `300`.
struct Rupees(i64);

impl Serialize for Rupees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = money::with_two_decimals(self.0);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        RawValue::from_string(text.to_owned()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// Returns the envelope's `status`. The sample has `OK` for 200; the others are inferred from it.
fn status_name(status_code: u16) -> &'static str {
    match status_code {
        200 => "OK",
        401 => "UNAUTHORIZED",
        404 => "NOT_FOUND",
        409 => "CONFLICT",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        _ => "BAD_REQUEST",
    }
}

#[cfg(test)]
mod tests {
    use super::{Rupees, json};

    #[test]
    fn an_amount_is_a_json_number_without_trailing_zeros() {
        for (paise, text) in [
            (30_001, "300.01"),
            (30_010, "300.1"),
            (30_000, "300"),
            (10, "0.1"),
            (1, "0.01"),
            (100_000_000_000_000_099, "1000000000000000.99"),
        ] {
            assert_eq!(String::from_utf8(json(&Rupees(paise))).unwrap(), text);
        }
    }
}
