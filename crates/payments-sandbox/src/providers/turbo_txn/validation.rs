//! The validation of a request to initiate a transaction.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::responses::ErrorResponse;
use crate::http::{Request, is_http_url};

/// The validated values of a new transaction.
pub(crate) struct NewTransaction {
    pub(crate) order_id: String,
    pub(crate) rupees: i64,
    pub(crate) return_url: String,
}

/// A body's members, each as raw JSON text, because the form of an amount matters.
type Members = BTreeMap<String, Box<RawValue>>;

pub(crate) fn read(request: &Request) -> Result<NewTransaction, ErrorResponse> {
    if !request.is_json() {
        return Err(ErrorResponse::new(415, "Content-Type must be application/json"));
    }
    let members: Members =
        serde_json::from_slice(&request.body).map_err(|_| ErrorResponse::new(400, "The body must be a JSON object"))?;
    let order_id = required_text(&members, "orderId")?;
    if order_id.len() > 100 || !order_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ErrorResponse::new(400, "orderId must be 1 to 100 visible ASCII characters"));
    }
    let rupees = rupees(&members)?;
    let return_url = required_text(&members, "returnUrl")?;
    if !is_http_url(&return_url) {
        return Err(ErrorResponse::new(400, "returnUrl must be a URL"));
    }
    Ok(NewTransaction { order_id, rupees, return_url })
}

/// Returns the `orderId` of a body that may be invalid otherwise.
pub(crate) fn order_id(body: &[u8]) -> Option<String> {
    let members: Members = serde_json::from_slice(body).ok()?;
    serde_json::from_str(members.get("orderId")?.get()).ok()
}

fn required_text(members: &Members, name: &str) -> Result<String, ErrorResponse> {
    let raw = member(members, name)?;
    let text: String =
        serde_json::from_str(raw).map_err(|_| ErrorResponse::new(400, &format!("{name} must be a string")))?;
    if text.is_empty() { Err(missing(name)) } else { Ok(text) }
}

/// Parses an amount of digits only: `300.0` and `3e2` count as decimals, and `"300"` is a string.
fn rupees(members: &Members) -> Result<i64, ErrorResponse> {
    let raw = member(members, "amount")?;
    if !raw.bytes().all(|byte| byte.is_ascii_digit()) || raw.len() > MAX_AMOUNT_DIGITS {
        return Err(ErrorResponse::new(400, "amount must be an integer value; decimal values are not allowed"));
    }
    let rupees = raw.parse().ok().filter(|rupees| *rupees > 0);
    rupees.ok_or_else(|| ErrorResponse::new(400, "amount must be greater than 0"))
}

fn member<'a>(members: &'a Members, name: &str) -> Result<&'a str, ErrorResponse> {
    members.get(name).map(|raw| raw.get()).filter(|raw| *raw != "null").ok_or_else(|| missing(name))
}

fn missing(name: &str) -> ErrorResponse {
    ErrorResponse::new(400, &format!("{name} is required"))
}

/// The most digits of an amount, so that its paise cannot overflow.
const MAX_AMOUNT_DIGITS: usize = 15;
