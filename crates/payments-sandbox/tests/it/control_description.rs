//! The OpenAPI description of the control API, compared with what the control API does.

use std::collections::BTreeSet;

use payments_sandbox::Sandbox;
use serde_json::Value;

use crate::support::control;

/// Every endpoint. A new one is added here.
const ENDPOINTS: &[&str] = &[
    "GET /",
    "GET /api",
    "GET /inspector/deliveries",
    "GET /inspector/faults",
    "GET /inspector/records/{number}",
    "GET /inspector/timeline",
    "GET /inspector/timeline/rows",
    "DELETE /faults/{number}",
    "GET /providers",
    "GET /openapi.json",
    "GET /health",
    "GET /ledger",
    "GET /timeline",
    "GET /records",
    "GET /events",
    "GET /deliveries",
    "GET /faults",
    "POST /faults",
    "DELETE /faults",
    "GET /clock",
    "POST /clock/advance",
    "POST /webhooks/release",
    "GET /doubles",
    "POST /same-orders",
    "POST /notes",
    "GET /expectations",
    "POST /expectations",
    "GET /orders",
    "GET /orders/{provider}/{id}",
    "GET /transitions",
    "GET /ledger/totals",
    "GET /ledger.csv",
    "GET /rust-test",
    "GET /inspector/orders",
    "GET /inspector/orders/{provider}/{id}",
    "GET /inspector/ledger",
    "POST /deliveries/{number}/{action}",
    "POST /turratech/payments/{order_or_id}/{action}",
    "POST /turratech/endpoints",
    "POST /turratech/seed",
    "POST /turbo-txn/orders/{orderId}/{action}",
    "POST /turbo-txn/callbacks",
    "POST /turbo-link/links",
    "POST /turbo-link/links/{id}/fee",
    "POST /turbo-link/links/{id}/{action}",
    "POST /card3ds/challenges/{paymentId}/{action}",
    "POST /card3ds/checkouts/{checkoutId}/pay",
    "POST /card3ds/checkouts/{checkoutId}/{action}",
    "POST /card3ds/orders/{orderId}/status",
    "POST /turbopay/orders/{merchant_order_id}/amount",
    "POST /turbopay/orders/{merchant_order_id}/{action}",
];

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

async fn description(sandbox: &Sandbox) -> Value {
    control(sandbox, "GET", "/openapi.json", "").await.expect_status(200)
}

/// Returns each described operation: the method, the path, and the description.
fn operations(description: &Value) -> Vec<(String, String, &Value)> {
    let paths = description["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.to_ascii_uppercase(), path.clone(), operation))
    });
    operations.collect()
}

/// Returns the path with a value for each parameter: the first action, and an unknown object.
fn example(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().unwrap().iter();
    parameters.fold(path.to_owned(), |path, parameter| {
        let value = parameter["schema"]["enum"][0].as_str().unwrap_or("nobody");
        path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), value)
    })
}

#[tokio::test]
async fn the_description_has_exactly_the_endpoints_of_the_index_page() {
    let sandbox = Sandbox::builder().start().await;
    let description = description(&sandbox).await;
    assert_eq!(description["openapi"], "3.1.0");
    let described: BTreeSet<String> =
        operations(&description).iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    assert_eq!(described, ENDPOINTS.iter().map(|endpoint| (*endpoint).to_owned()).collect());

    let page = control(&sandbox, "GET", "/api", "").await.text().replace("<wbr>", "");
    let codes = page.split("<code>").skip(1).filter_map(|rest| rest.split("</code>").next());
    let listed: BTreeSet<String> = codes.filter(|code| code.contains(" /")).map(str::to_owned).collect();
    assert_eq!(listed, described);
    sandbox.finish();
}

#[tokio::test]
async fn every_described_method_exists_and_every_other_method_is_refused() {
    let sandbox = Sandbox::builder().start().await;
    let description = description(&sandbox).await;
    for (_, path, operation) in operations(&description) {
        let (mut possible, address) = (BTreeSet::new(), example(&path, operation));
        for method in METHODS {
            let response = control(&sandbox, method, &address, "").await;
            let described = &description["paths"][&path][method.to_ascii_lowercase()]["responses"];
            if response.status == 405 {
                assert!(described.is_null(), "{method} {path} is described, and is refused");
                possible.extend(response.header("allow").unwrap().split(", ").map(str::to_owned));
            } else {
                let status = response.status.to_string();
                assert!(!described[&status].is_null(), "{method} {path}: the status {status} is not described");
            }
        }
        possible.remove("HEAD");
        let described: BTreeSet<String> =
            description["paths"][&path].as_object().unwrap().keys().map(|method| method.to_ascii_uppercase()).collect();
        assert_eq!(possible, described, "{path}");
    }
    sandbox.finish();
}

#[tokio::test]
async fn every_described_action_exists_and_an_unknown_one_is_not_found() {
    let sandbox = Sandbox::builder().start().await;
    let description = description(&sandbox).await;
    let mut actions = 0;
    for (method, path, operation) in operations(&description) {
        for parameter in operation["parameters"].as_array().unwrap() {
            let Some(names) = parameter["schema"]["enum"].as_array().filter(|_| parameter["name"] == "action") else {
                continue;
            };
            for name in names.iter().map(|name| name.as_str().unwrap()).chain(["explode"]) {
                let address = example(&path.replace("{action}", name), operation);
                let response = control(&sandbox, &method, &address, "").await;
                let unknown = response.status == 404 && response.text().contains("is not an action; expected one of");
                assert_eq!(unknown, name == "explode", "{address}: {}", response.text());
                actions += 1;
            }
        }
    }
    assert!(actions > 20, "{actions}");
    sandbox.finish();
}

#[tokio::test]
async fn every_operation_has_a_name_of_its_own_and_a_summary() {
    let sandbox = Sandbox::builder().start().await;
    let description = description(&sandbox).await;
    let operations = operations(&description);
    let names: BTreeSet<&str> =
        operations.iter().map(|(.., operation)| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), operations.len());
    assert!(operations.iter().all(|(.., operation)| !operation["summary"].as_str().unwrap().is_empty()));
    sandbox.finish();
}
