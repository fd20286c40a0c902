//! Builds the collection for Newman: each recorded request, preceded by the requests that prepare it.

use serde_json::{Value, json};

use crate::newman::recording::Exchange;
use crate::newman::setup::{Setup, scenario};
use crate::newman::shape::expect_shape;
use crate::process::Failure;
use crate::sandbox::Addresses;

#[derive(Debug)]
pub(crate) struct Collection {
    pub(crate) json: Value,
    /// The number of assertions that must pass.
    pub(crate) assertions: u64,
}

pub(crate) fn derive(exchanges: &[Exchange], sandbox: &Addresses) -> Result<Collection, Failure> {
    let mut items = Vec::new();
    for (exchange, number) in exchanges.iter().zip(1..) {
        let scenario = scenario(exchange);
        for setup in scenario.map_or(&[][..], |scenario| scenario.setup) {
            items.push(prepare(*setup, exchange, number, exchanges)?);
        }
        let (old, new) = scenario.and_then(|scenario| scenario.replace).unwrap_or_default();
        items.push(replay(exchange, |text| if old.is_empty() { text.to_owned() } else { text.replace(old, new) }));
    }
    let assertions = items.iter().map(|item| item.assertions).sum();
    let items: Vec<_> = items.into_iter().map(|item| item.json).collect();
    Ok(Collection {
        json: json!({
            "info": {
                "name": "TurboPay, as recorded",
                "schema": "https://schema.getpostman.com/json/collection/v2.0.0/collection.json",
            },
            "variable": [
                {"key": "base_url", "value": sandbox.turbopay.base_url},
                {"key": "control_url", "value": sandbox.control_url},
                {"key": "api_key", "value": sandbox.turbopay.api_key},
                {"key": "order_id", "value": ""},
            ],
            "item": items,
        }),
        assertions,
    })
}

/// One request with its assertions.
struct Item {
    json: Value,
    assertions: u64,
}

/// Builds the recorded request, with assertions on the recorded response.
fn replay(exchange: &Exchange, fill: impl Fn(&str) -> String) -> Item {
    let script = format!("{}\n{}", expect_status(exchange.status), expect_shape(&exchange.response));
    let request = Request {
        key: if exchange.status == 401 { "wrong-key" } else { "{{api_key}}" },
        url: format!("{{{{base_url}}}}{}", fill(&exchange.path)),
        body: exchange.body.as_deref().map(fill),
    };
    item(&format!("{} {}: {}", exchange.method, exchange.path, exchange.name), &request.json(exchange), &script, 2)
}

fn prepare(setup: Setup, exchange: &Exchange, number: usize, exchanges: &[Exchange]) -> Result<Item, Failure> {
    let reference = format!("prepared-{number}");
    let control = |path: &str, body: &Value| {
        let request = json!({
            "method": "POST",
            "url": format!("{{{{control_url}}}}{path}"),
            "header": [{"key": "Content-Type", "value": "application/json"}],
            "body": {"mode": "raw", "raw": body.to_string()},
        });
        let script = "pm.test('control request accepted', () => pm.expect(pm.response.code).to.be.within(200, 299));";
        item(&format!("(control {path})"), &request, script, 1)
    };
    let recorded = |path: &str| {
        let success = exchanges.iter().find(|exchange| exchange.path == path && exchange.status < 300);
        success.ok_or_else(|| Failure::new(format!("no successful exchange is recorded for {path}")))
    };
    let send = |exchange: &Exchange, status: u64, fill: &dyn Fn(&str) -> Result<String, Failure>, script: &str| {
        let request = Request {
            key: "{{api_key}}",
            url: format!("{{{{base_url}}}}{}", exchange.path),
            body: exchange.body.as_deref().map(fill).transpose()?,
        };
        let script = format!("{}\n{script}", expect_status(status));
        Ok(item(&format!("(first {})", exchange.path), &request.json(exchange), &script, 1))
    };

    match setup {
        Setup::CreateOrder(path) => {
            let fill = |body: &str| with_member(body, "merchant_order_id", &reference);
            let capture = "pm.collectionVariables.set('order_id', pm.response.json().order_id);";
            send(recorded(path)?, 201, &fill, capture)
        }
        Setup::ConfirmUtr(utr) => {
            let fill = |body: &str| {
                with_member(&with_member(body, "order_id", "{{order_id}}")?, "customer_transaction_id", utr)
            };
            send(recorded("/s2s/deposit/confirm")?, 200, &fill, "")
        }
        Setup::SameRequest => send(exchange, 201, &|body| Ok(body.to_owned()), ""),
        Setup::Control(action) => Ok(control(&format!("/turbopay/orders/{reference}/{action}"), &json!({}))),
        Setup::AdvanceClock(seconds) => Ok(control("/clock/advance", &json!({"seconds": seconds}))),
    }
}

/// A recorded request with a new key, URL and body. Method and other headers stay as recorded.
struct Request {
    key: &'static str,
    url: String,
    body: Option<String>,
}

impl Request {
    fn json(&self, recorded: &Exchange) -> Value {
        let others = recorded.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
        let mut headers: Vec<_> = others.map(|(name, value)| json!({"key": name, "value": value})).collect();
        headers.push(json!({"key": "Authorization", "value": self.key}));
        let mut request = json!({"method": recorded.method, "url": self.url, "header": headers});
        if let Some(body) = &self.body {
            request["body"] = json!({"mode": "raw", "raw": body});
        }
        request
    }
}

fn item(name: &str, request: &Value, script: &str, assertions: u64) -> Item {
    let lines: Vec<_> = script.lines().collect();
    let event = json!({"listen": "test", "script": {"type": "text/javascript", "exec": lines}});
    Item { json: json!({"name": name, "request": request, "event": [event]}), assertions }
}

fn expect_status(status: u64) -> String {
    format!("pm.test('status {status}', () => pm.expect(pm.response.code).to.equal({status}));")
}

/// Replaces the string value of a member. Every other character of the body stays as recorded.
fn with_member(body: &str, name: &str, value: &str) -> Result<String, Failure> {
    let missing = || Failure::new(format!("the recorded body has no string member `{name}`"));
    let quoted = format!("\"{name}\"");
    let after_name = body.find(&quoted).ok_or_else(missing)? + quoted.len();
    let start = after_name + body[after_name..].find('"').ok_or_else(missing)? + 1;
    let end = start + body[start..].find('"').ok_or_else(missing)?;
    Ok(format!("{}{value}{}", &body[..start], &body[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::newman::recording::tests::exchanges;
    use crate::sandbox::{TurboPay, TurboTxn, TurraTech};

    fn derived() -> Collection {
        let sandbox = Addresses {
            control_url: "http://127.0.0.1:1".into(),
            turbopay: TurboPay { base_url: "http://127.0.0.1:2/api".into(), api_key: "key".into() },
            turbo_txn: TurboTxn { base_url: String::new(), client_id: String::new(), secret_key: String::new() },
            turratech: TurraTech { base_url: String::new(), api_key: String::new(), webhook_secret: String::new() },
        };
        derive(&exchanges(), &sandbox).unwrap()
    }

    fn names(collection: &Collection) -> Vec<&str> {
        collection.json["item"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn every_exchange_is_replayed_with_two_assertions() {
        let collection = derived();
        let (setups, replays): (Vec<_>, Vec<_>) =
            names(&collection).into_iter().partition(|name| name.starts_with('('));

        assert_eq!(replays.len(), 20);
        assert_eq!(collection.assertions, 40 + u64::try_from(setups.len()).unwrap());
    }

    #[test]
    fn an_expired_order_is_prepared_by_creating_it_and_advancing_the_clock() {
        let collection = derived();
        let names = names(&collection);
        let expired = names.iter().position(|name| name.ends_with("200 Expired order")).unwrap();

        assert_eq!(names[expired - 2..expired], ["(first /deposit/new)", "(control /clock/advance)"]);
    }

    #[test]
    fn only_recorded_401_exchanges_use_a_wrong_key() {
        let text = derived().json.to_string();

        assert_eq!(text.matches("wrong-key").count(), exchanges().iter().filter(|e| e.status == 401).count());
    }

    #[test]
    fn replacing_a_member_keeps_the_text_of_numbers() {
        let body =
            with_member(r#"{"amount": 500.00, "merchant_order_id" : "old"}"#, "merchant_order_id", "new").unwrap();

        assert_eq!(body, r#"{"amount": 500.00, "merchant_order_id" : "new"}"#);
        assert!(with_member("{}", "merchant_order_id", "new").is_err());
    }
}
