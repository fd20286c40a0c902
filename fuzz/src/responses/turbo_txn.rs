use payments_core::test_util::Script;
use payments_core::{Effect, Outcome};
use turbo_txn::{Client, ClientId, Currency, MerchantOrderId, Money, NewTransaction, SecretKey, TxnStatus};

use super::{Case, Rules, build_client, check_call, choices};
use crate::oracle::{member, member_of, same_amount, same_text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(2);

/// Turbo Transactions' envelopes. A success states its status twice and is about the requested order.
pub fn turbo_txn_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 2) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let rules = |effect| Rules { errors_in_2xx: true, ..Rules::new(effect, &[CLIENT_ID, SECRET_KEY]) };
    let order: MerchantOrderId = ORDER.parse().expect("a reference");
    let amount = if case.operation == 0 {
        let transaction =
            NewTransaction::new(order, Money::from_minor(30_000, Currency::INR), "https://shop.example/thanks");
        let call = async {
            let result = client.initiate(transaction).send().await;
            if let Err(error) = &result
                && error.outcome() == Outcome::Refused
            {
                check_refusal(case.status, body);
            }
            result
        };
        check_call(&case, &rules(Effect::MoveMoney), &script, call).map(|made| {
            same_text(member_of(body, "data", "txnId"), made.txn_id.as_str());
            assert_eq!((made.order_id.as_str(), made.requested_amount.minor()), (ORDER, 30_000));
            made.amount
        })
    } else {
        check_call(&case, &rules(Effect::Read), &script, client.lookup(&order).send()).map(|found| {
            assert_eq!(found.order_id.as_str(), ORDER);
            same_text(member_of(body, "data", "txnStatus"), found.status.as_str());
            if let TxnStatus::Unknown(_) = found.status {
                assert!(!found.status.is_final());
            }
            let _ = found.timestamp.as_ref().map(|timestamp| timestamp.moment());
            found.amount
        })
    };
    let Some(amount) = amount else { return false };
    assert!(amount.is_positive());
    same_amount(member_of(body, "data", "amount"), &amount.decimal_text().expect("rupees have decimals"));
    same_text(member_of(body, "data", "orderId"), ORDER);
    assert_eq!(member(body, "success").as_deref(), Some("true"));
    let stated = member(body, "statusCode").expect("a success states its status");
    assert!(stated.len() == 3 && stated.starts_with('2'), "{stated}");
    true
}

/// Both the HTTP status and the status of the envelope exclude that the request was executed.
#[track_caller]
fn check_refusal(status: u16, body: &[u8]) {
    let stated = member(body, "statusCode").filter(|raw| raw != "null");
    let stated = stated.map_or(status, |raw| raw.parse().expect("a refusal's status is a number"));
    for said in [status, stated] {
        let refuses = matches!(said, 200..300 | 400..=405 | 413 | 415 | 422);
        assert!(refuses, "refused by {status}, which states {stated}");
    }
    let success = member(body, "success");
    assert_ne!(success.as_deref(), Some("true"), "a success is no refusal");
    let is_error = !(200..300).contains(&stated) || success.as_deref() == Some("false");
    assert!(is_error, "nothing in it says that it is an error");
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ClientId::new(CLIENT_ID).expect("an id"), SecretKey::new(SECRET_KEY).expect("a key"))
        .base_url("https://turbo.example");
    build_client!(builder, script)
}

const ORDER: &str = "order-7421";
const CLIENT_ID: &str = "tt-canary-client-id-91d0";
const SECRET_KEY: &str = "tt-canary-secret-key-7f3a";
