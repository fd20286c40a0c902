//! The recorded exchanges of TurboPay's Postman collection, compared with the client.

use std::collections::BTreeMap;

use payments_core::test_util::{Reply, Script};
use serde::Deserialize;
use serde_json::value::RawValue;
use turbopay::payments_core::rust_decimal::Decimal;
use turbopay::{
    Client, Currency, Error, ErrorKind, Method, Money, NewDeposit, NewWithdrawal, OrderStatus, Outcome, Problem,
    Traffic,
};

use crate::support::scripted;

#[tokio::test]
async fn the_client_sends_every_recorded_deposit_request() {
    let mut compared = 0;
    for example in examples().iter().filter(|example| example.path().ends_with("deposit/new")) {
        let (client, script) = scripted([]);
        let deposit = deposit_of(&example.body());
        let _ = if example.path().starts_with("s2s/") {
            client.create_host_to_host_deposit(deposit).send().await.err()
        } else {
            client.create_deposit(deposit).send().await.err()
        };

        check_sent(&script, example, &example.body());
        compared += 1;
    }
    // Two folders, each with one request, and with two and three responses that have their own requests.
    assert_eq!(compared, 3 + 4);
}

#[tokio::test]
async fn the_client_sends_every_recorded_confirmation() {
    let mut compared = 0;
    for example in examples().iter().filter(|example| example.path() == "s2s/deposit/confirm") {
        let (client, script) = scripted([]);
        let body = example.body();
        let (order, utr) = (text(&body, "order_id"), text(&body, "customer_transaction_id"));
        let _ = client.confirm_utr(&order.parse().unwrap(), utr.parse::<turbopay::Utr>().unwrap()).send().await.err();

        check_sent(&script, example, &body);
        compared += 1;
    }
    assert_eq!(compared, 3);
}

#[tokio::test]
async fn the_client_sends_every_recorded_withdrawal_that_follows_the_documented_table() {
    let mut compared = 0;
    for example in examples().iter().filter(|example| example.path() == "withdraw/new") {
        let mut expected = example.body();
        // Two of the recorded requests use another field for the account than the documented table, and add a field
        // that the table does not have. TurboPay rejected them: "The customer bank account field is required." The
        // client sends the table's fields.
        if let Some(account) = expected.remove("customer_destination_account") {
            expected.insert("customer_bank_account".to_owned(), account);
            expected.remove("account_name").unwrap();
        } else {
            assert!(!expected.contains_key("account_name"));
            compared += 1;
        }
        let (client, script) = scripted([]);
        let _ = client.create_withdrawal(withdrawal_of(&expected)).send().await.err();

        check_sent(&script, example, &expected);
    }
    assert_eq!(compared, 2);
}

#[tokio::test]
async fn the_client_sends_every_recorded_read() {
    let order = "5fd7ec21-bfa1-4c12-b204-aebe13cf155f";
    let mut compared = 0;
    for example in examples().iter().filter(|example| example.request.method == "GET") {
        let (client, script) = scripted([]);
        let path = example.path();
        let expected = if path == "balance?currency=" {
            // An empty currency means the default, which is INR (documented).
            let _ = client.default_balance().send().await.err();
            "/balance".to_owned()
        } else {
            let _ = client.order_status(&order.parse().unwrap()).send().await.err();
            // One of the recorded URLs has `api/` twice. TurboPay responded to it anyway.
            let path = path.strip_prefix("api/").unwrap_or(&path);
            format!("/{}", path.replace("{{order_id}}", order))
        };

        let sent = &script.requests()[0];
        assert_eq!(sent.url(), format!("https://api.turbopay.com/api{expected}"));
        assert_eq!(sent.method(), "GET");
        assert!(sent.body().is_empty());
        check_headers(sent, example);
        compared += 1;
    }
    assert_eq!(compared, 3 + 9);
}

#[tokio::test]
async fn the_recorded_responses_decode() {
    let mut checked = Vec::new();
    for (example, response) in responses() {
        let (client, _) = scripted([response.reply()]);
        check_response(&client, &example, &response).await;
        checked.push(response.name);
    }
    assert_eq!(checked.len(), 20);
}

#[tokio::test]
async fn a_recorded_response_that_is_compressed_is_rejected_with_the_name_of_its_encoding() {
    let mut rejected = 0;
    for (_, response) in responses() {
        let Some(encoding) = response.header("content-encoding") else { continue };
        assert_eq!(encoding, "br");
        let reply = response.reply().header("content-encoding", "br");
        let (client, _) = scripted([reply]);

        let err = client.create_withdrawal(crate::support::withdrawal()).send().await.unwrap_err();

        assert_eq!((err.kind(), err.outcome()), (ErrorKind::MalformedResponse, Outcome::Unknown));
        assert!(err.to_string().contains("encoded as br"), "{err}");
        rejected += 1;
    }
    assert_eq!(rejected, 9);
}

async fn check_response(client: &Client, example: &Example, response: &Response) {
    let name = response.name.as_str();
    match (example.path().as_str(), response.code) {
        (_, 401) => {
            let err = send(client, example).await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Authentication, Outcome::Refused), "{name}");
            assert_eq!(err.message(), Some("Unauthorized"));
            assert_eq!(Problem::of(&err), Some(Problem::Unauthorized));
            assert_eq!(err.request_id(), response.header("cf-ray").as_deref());
        }
        ("deposit/new", 201) => {
            let deposit = client.create_deposit(deposit_of(&example.body())).send().await.unwrap();
            assert_eq!(deposit.form_url, "https://linestrack.com/wire?hash=f16f937b-dbac-48dc-b2b2-a7630e98e903");
            assert_eq!(deposit.order_id.as_str(), "e7d414e6-81b6-4dd9-a785-d19cb315c118");
            assert_eq!(deposit.status, OrderStatus::New);
        }
        ("s2s/deposit/new", 201) => {
            let deposit = client.create_host_to_host_deposit(deposit_of(&example.body())).send().await.unwrap();
            assert_eq!(deposit.wallet_address, "test@test");
            assert_eq!(deposit.wallet_name.as_deref(), Some("[TEST] - TEST - TEST-OSTIN - FTD"));
            assert_eq!(deposit.transaction_note.as_deref(), Some("ZJaoS"));
            assert_eq!(deposit.expires_after.unwrap().as_secs(), 600);
            assert_eq!(deposit.qr.as_ref().unwrap().png().unwrap().len(), 1501);
            assert!(deposit.deep_links.phonepe().unwrap().starts_with("phonepe://native?data="));
            assert!(deposit.deep_links.paytm().unwrap().contains("&am=226&cu=INR"));
            assert_eq!(
                deposit.upi_link().unwrap(),
                "upi://pay?pa=test%40test&pn=%5BTEST%5D%20-%20TEST%20-%20TEST-OSTIN%20-%20FTD&tn=ZJaoS&am=226.00&cu=INR"
            );
        }
        ("s2s/deposit/new", 422) => {
            let err = send(client, example).await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Refused));
            assert_eq!(Problem::of(&err), Some(Problem::MethodNotConfigured));
            assert_eq!(err.param(), Some("account"));
            assert_eq!(err.field_errors()[0].message, "Mid is not configured for method \"bank_transfer\"");
            assert_eq!(
                err.to_string(),
                "turbopay create_host_to_host_deposit: invalid request (HTTP 422): invalid request: `account` Mid is not \
                 configured for method \"bank_transfer\""
            );
        }
        ("s2s/deposit/confirm", 200) => {
            let body = example.body();
            let (order, utr) = (text(&body, "order_id"), text(&body, "customer_transaction_id"));
            let confirmed = client
                .confirm_utr(&order.parse().unwrap(), utr.parse::<turbopay::Utr>().unwrap())
                .send()
                .await
                .unwrap();
            assert_eq!(confirmed.status, OrderStatus::Pending);
        }
        ("s2s/deposit/confirm", 422) => {
            let err = send(client, example).await.unwrap_err();
            // An earlier confirmation of this order may have used the UTR.
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
            assert_eq!(Problem::of(&err), Some(Problem::UtrTaken));
            assert_eq!(Problem::all(&err), [Problem::OrderIdNotValid, Problem::UtrTaken]);
            let fields: Vec<_> = err.field_errors().iter().map(|field| field.field.as_str()).collect();
            assert_eq!((fields, err.param()), (vec!["order_id", "customer_transaction_id"], Some("order_id")));
        }
        ("withdraw/new", 201) => {
            let order = client.create_withdrawal(withdrawal_of(&example.body())).send().await.unwrap();
            assert_eq!(order.order_id.as_str(), "291fe219-af94-4512-8ea5-9efd56bf84c3");
            assert_eq!(order.status, OrderStatus::New);
        }
        ("withdraw/new", 422) if name.contains("taken") => {
            let err = send(client, example).await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Conflict, Outcome::Unknown));
            assert!(err.may_have_moved_money());
            assert_eq!(Problem::of(&err), Some(Problem::MerchantOrderIdTaken));
        }
        ("withdraw/new", 422) => {
            let err = client.create_withdrawal(crate::support::withdrawal()).send().await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::InvalidRequest, Outcome::Refused));
            assert_eq!((err.param(), Problem::of(&err)), (Some("customer_bank_account"), Some(Problem::FieldRequired)));
        }
        ("balance?currency=", 200) => {
            let balance = client.default_balance().send().await.unwrap();
            assert_eq!((balance.account_id.as_str(), balance.currency), ("alisa-test", Currency::INR));
            assert_eq!(balance.available().unwrap().to_string(), "-2.2800");
            assert_eq!(balance.available_money().unwrap(), Money::from_minor(-228, Currency::INR));
            assert_eq!(balance.total_money().unwrap(), Money::parse("-2.28", Currency::INR).unwrap());
        }
        (_, 200) => check_status(client, response).await,
        (_, 404) => {
            let err = send(client, example).await.unwrap_err();
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::NotFound, Outcome::Refused));
            assert_eq!(Problem::of(&err), Some(Problem::RouteNotFound));
            // The web framework's response quotes the id and the server's files. Neither is printed.
            let printed = format!("{err} {err:?}");
            assert!(!printed.contains("e2430e2c") && !printed.contains("/var/www"), "{printed}");
            assert!(err.response().unwrap().body().starts_with(b"{"));
        }
        (path, code) => panic!("the test does not cover {path} {code} {name}"),
    }
}

async fn check_status(client: &Client, response: &Response) {
    let fields: BTreeMap<String, Option<String>> = serde_json::from_str(&response.body).unwrap();
    let field = |name: &str| fields[name].clone();
    let order = client.order_status(&field("order_id").unwrap().parse().unwrap()).send().await.unwrap();

    let (status, is_final, amount) = match response.name.as_str() {
        "200 Success order" => (OrderStatus::Success, true, "345.00"),
        "200 Expired order" => (OrderStatus::Expired, false, "2000.00"),
        // The reason says that the customer cancelled. It is prose and never parsed.
        "200 Failed order" => (OrderStatus::Failed, true, "555.00"),
        "200 New order" => (OrderStatus::New, false, "444.00"),
        "200 Pending order" => (OrderStatus::Pending, false, "444.00"),
        "200 Chargeback order" => (OrderStatus::Chargeback, true, "300.00"),
        other => panic!("the test does not cover {other}"),
    };
    assert_eq!((&order.status, order.status.is_final()), (&status, is_final));
    assert_eq!(order.amount().unwrap(), amount.parse::<Decimal>().unwrap());
    assert_eq!(order.amount().unwrap().to_string(), amount);
    assert_eq!(order.amount_in(Currency::INR).unwrap(), Money::parse(amount, Currency::INR).unwrap());
    assert_eq!(order.merchant_order_id.as_str(), field("merchant_order_id").unwrap());
    assert_eq!(order.reason, field("reason").filter(|reason| !reason.is_empty()));
    assert_eq!(order.utr.as_ref().map(|utr| utr.as_str().to_owned()), field("utr"));
}

/// Sends the recorded request of an example.
async fn send(client: &Client, example: &Example) -> Result<(), Error> {
    let path = example.path();
    match path.as_str() {
        "deposit/new" => client.create_deposit(deposit_of(&example.body())).send().await.map(|_| ()),
        "s2s/deposit/new" => client.create_host_to_host_deposit(deposit_of(&example.body())).send().await.map(|_| ()),
        "s2s/deposit/confirm" => {
            let body = example.body();
            let (order, utr) = (text(&body, "order_id"), text(&body, "customer_transaction_id"));
            client.confirm_utr(&order.parse().unwrap(), utr.parse::<turbopay::Utr>().unwrap()).send().await.map(|_| ())
        }
        "withdraw/new" => client.create_withdrawal(withdrawal_of(&example.body())).send().await.map(|_| ()),
        "balance?currency=" => client.default_balance().send().await.map(|_| ()),
        _ => client.order_status(&"e2430e2c-dce6-4981-80bd-950304673".parse().unwrap()).send().await.map(|_| ()),
    }
}

fn deposit_of(body: &Members) -> NewDeposit {
    let amount = Money::parse(body["amount"].get(), text(body, "currency").parse().unwrap()).unwrap();
    let (order, customer) = (text(body, "merchant_order_id"), text(body, "merchant_customer_id"));
    let method = Method::from(text(body, "method").as_str());
    NewDeposit::new(method, amount, order, customer)
        .customer_email(text(body, "customer_email"))
        .customer_phone(text(body, "customer_phone"))
        .customer_name(text(body, "customer_name"))
        .status_url(text(body, "status_url"))
        .redirect_url(text(body, "redirect_url"))
        .traffic(Traffic::from(text(body, "traffic").as_str()))
}

fn withdrawal_of(body: &Members) -> NewWithdrawal {
    let amount = Money::parse(body["amount"].get(), text(body, "currency").parse().unwrap()).unwrap();
    NewWithdrawal::new(
        Method::from(text(body, "method").as_str()),
        amount,
        text(body, "merchant_order_id"),
        text(body, "merchant_customer_id"),
        text(body, "customer_bank_account").parse().unwrap(),
        text(body, "bank_code").parse().unwrap(),
    )
    .customer_email(text(body, "customer_email"))
    .customer_phone(text(body, "customer_phone"))
    .customer_name(text(body, "customer_name"))
    .status_url(text(body, "status_url"))
    .traffic(Traffic::from(text(body, "traffic").as_str()))
}

#[track_caller]
fn check_sent(script: &Script, example: &Example, expected: &Members) {
    let sent = &script.requests()[0];
    assert_eq!(sent.method().as_str(), example.request.method);
    assert_eq!(sent.url(), format!("https://api.turbopay.com/api/{}", example.path()));
    check_headers(sent, example);
    let sent: Members = serde_json::from_slice(sent.body().as_ref()).unwrap();
    let normalized = |members: &Members| -> BTreeMap<String, String> {
        members.iter().map(|(name, value)| (name.clone(), without_zero_decimals(value.get()))).collect()
    };
    assert_eq!(normalized(&sent), normalized(expected));
}

#[track_caller]
fn check_headers(sent: &payments_core::transport::Request, example: &Example) {
    for header in &example.request.header {
        let value = match header.value.as_str() {
            "{{merchant_api_token}}" => crate::support::KEY,
            // Some examples were recorded with a wrong API key.
            _ if header.key == "Authorization" => crate::support::KEY,
            other => other,
        };
        assert_eq!(sent.headers()[header.key.to_lowercase()], value, "{}", header.key);
    }
    assert_eq!(sent.headers()["accept-encoding"], "identity");
}

/// Removes the zero decimals of a number, because whole amounts are recorded as `2000`, `500.00` and `11.0`.
fn without_zero_decimals(raw: &str) -> String {
    match raw.split_once('.') {
        Some((whole, fraction)) if !raw.starts_with('"') && fraction.bytes().all(|byte| byte == b'0') => {
            whole.to_owned()
        }
        _ => raw.to_owned(),
    }
}

type Members = BTreeMap<String, Box<RawValue>>;

#[track_caller]
fn text(members: &Members, name: &str) -> String {
    serde_json::from_str(members[name].get()).unwrap()
}

/// A recorded request: that of an item, or that of a recorded response.
#[derive(Clone)]
struct Example {
    request: Request,
}

impl Example {
    fn path(&self) -> String {
        let url = match &self.request.url {
            Url::Text(url) => url,
            Url::Parts { raw } => raw,
        };
        url.strip_prefix("https://api.turbopay.com/api/").unwrap().to_owned()
    }

    fn body(&self) -> Members {
        serde_json::from_str(&self.request.body.as_ref().unwrap().raw).unwrap()
    }
}

fn examples() -> Vec<Example> {
    let requests = items().into_iter().map(|item| Example { request: item.request });
    requests.chain(responses().into_iter().map(|(example, _)| example)).collect()
}

fn responses() -> Vec<(Example, Response)> {
    let with_requests = |item: Item| {
        item.response.into_iter().map(|response| (Example { request: response.request.clone() }, response))
    };
    items().into_iter().flat_map(with_requests).collect()
}

fn items() -> Vec<Item> {
    let collection: Collection = serde_json::from_str(COLLECTION).unwrap();
    collection.item.into_iter().flat_map(|folder| folder.item).collect()
}

#[derive(Deserialize)]
struct Collection {
    item: Vec<Folder>,
}

#[derive(Deserialize)]
struct Folder {
    item: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    request: Request,
    response: Vec<Response>,
}

#[derive(Deserialize, Clone)]
struct Request {
    method: String,
    header: Vec<Header>,
    url: Url,
    body: Option<Body>,
}

#[derive(Deserialize, Clone)]
#[serde(untagged)]
enum Url {
    Text(String),
    Parts { raw: String },
}

#[derive(Deserialize, Clone)]
struct Body {
    raw: String,
}

#[derive(Deserialize, Clone)]
struct Header {
    key: String,
    value: String,
}

#[derive(Deserialize)]
struct Response {
    name: String,
    #[serde(rename = "originalRequest")]
    request: Request,
    code: u16,
    header: Vec<Header>,
    body: String,
}

impl Response {
    fn header(&self, name: &str) -> Option<String> {
        self.header.iter().find(|header| header.key.eq_ignore_ascii_case(name)).map(|header| header.value.clone())
    }

    /// The recorded response, uncompressed as the client requests it.
    fn reply(&self) -> Reply {
        let reply = Reply::json(self.code, &self.body);
        match self.header("cf-ray") {
            Some(ray) => reply.header("cf-ray", ray.leak()),
            None => reply,
        }
    }
}

const COLLECTION: &str = include_str!("../fixtures/recorded.postman_collection.json");
