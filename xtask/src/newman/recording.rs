//! Reads the recorded exchanges from TurboPay's Postman collection.

use serde_json::Value;

use crate::process::Failure;

/// The base URL of the recorded requests. The sandbox serves the same paths under its own base URL.
const RECORDED_AT: &str = "https://api.turbopay.com/api";

/// A recorded request and its response.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The example's name in the collection: the status and a short description.
    pub(crate) name: String,
    pub(crate) method: String,
    /// The path below the base URL, including the query and unexpanded variables.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// Kept as text, to preserve how numbers were written.
    pub(crate) body: Option<String>,
    pub(crate) status: u64,
    pub(crate) response: Value,
}

pub(crate) fn read(collection: &str) -> Result<Vec<Exchange>, Failure> {
    let collection: Value = serde_json::from_str(collection)?;
    let mut exchanges = Vec::new();
    collect(&collection, &mut exchanges)?;
    Ok(exchanges)
}

/// Collects the examples of an item, which is a folder or a request. Only requests have examples.
fn collect(item: &Value, exchanges: &mut Vec<Exchange>) -> Result<(), Failure> {
    for example in item["response"].as_array().into_iter().flatten() {
        exchanges.push(Exchange::read(example)?);
    }
    for item in item["item"].as_array().into_iter().flatten() {
        collect(item, exchanges)?;
    }
    Ok(())
}

impl Exchange {
    fn read(example: &Value) -> Result<Exchange, Failure> {
        let request = &example["originalRequest"];
        let name = text(&example["name"])?;
        // A URL is a string, or an object with the string in `raw`.
        let url = text(request["url"].get("raw").unwrap_or(&request["url"]))?;
        let path = url
            .strip_prefix(RECORDED_AT)
            .ok_or_else(|| Failure::new(format!("{name}: the recorded URL {url} is not below {RECORDED_AT}")))?;
        // One example's base URL already ended in `/api`, so its URL contains it twice.
        let path = path.strip_prefix("/api").unwrap_or(path).to_owned();
        let mut headers = Vec::new();
        for header in request["header"].as_array().into_iter().flatten() {
            headers.push((text(&header["key"])?, text(&header["value"])?));
        }
        Ok(Exchange {
            method: text(&request["method"])?,
            path,
            headers,
            body: request["body"]["raw"].as_str().map(str::to_owned),
            status: example["code"]
                .as_u64()
                .ok_or_else(|| Failure::new(format!("{name}: the example has no status")))?,
            response: serde_json::from_str(&text(&example["body"])?)?,
            name,
        })
    }
}

fn text(value: &Value) -> Result<String, Failure> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(format!("the collection has {value} instead of a string")))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn exchanges() -> Vec<Exchange> {
        read(include_str!("../../../crates/turbopay/tests/fixtures/recorded.postman_collection.json")).unwrap()
    }

    #[test]
    fn every_recorded_exchange_is_read() {
        let exchanges = exchanges();

        assert_eq!(exchanges.len(), 20);
        assert!(exchanges.iter().all(|exchange| exchange.name.starts_with(&exchange.status.to_string())));
    }

    #[test]
    fn the_path_excludes_the_base_url() {
        let expired = exchanges().into_iter().find(|exchange| exchange.name == "200 Expired order").unwrap();

        assert_eq!(expired.path, "/order/status/{{order_id}}");
    }
}
