//! The recorded exchanges, as the provider's collection holds them.

use serde_json::Value;

use crate::process::Failure;

/// Where the provider recorded them. What follows is the path that the sandbox serves, too.
const RECORDED_AT: &str = "https://api.turbopay.com/api";

/// One recorded request with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    /// The example's name in the collection: a status and a few words.
    pub(crate) name: String,
    pub(crate) method: String,
    /// From the base URL on, with its query and with variables as they are.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    /// As text, because a number's text is part of what was recorded.
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

/// Folders and requests are both items; only requests have examples.
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
        // A URL is a text, or an object that has the text beside its parts.
        let url = text(request["url"].get("raw").unwrap_or(&request["url"]))?;
        let path = url.strip_prefix(RECORDED_AT).ok_or_else(|| Failure::new(format!("{name}: recorded at {url}")))?;
        // One example was recorded with a base URL that ended in a path which the request repeated.
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
            status: example["code"].as_u64().ok_or_else(|| Failure::new(format!("{name}: no status")))?,
            response: serde_json::from_str(&text(&example["body"])?)?,
            name,
        })
    }
}

fn text(value: &Value) -> Result<String, Failure> {
    value.as_str().map(str::to_owned).ok_or_else(|| Failure::new(format!("the collection has {value} for a text")))
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
    fn a_path_begins_after_the_base_url() {
        let expired = exchanges().into_iter().find(|exchange| exchange.name == "200 Expired order").unwrap();

        assert_eq!(expired.path, "/order/status/{{order_id}}");
    }
}
