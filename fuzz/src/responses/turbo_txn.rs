use payments_core::test_util::Script;
use payments_core::{AmountUnreadable, Effect, Expected, Mismatch, Outcome};
use turbo_txn::{Client, ClientId, Currency, MerchantOrderId, Money, NewTransaction, SecretKey, TxnStatus};

use super::{Case, Rules, build_client, check_call, choices};
use crate::oracle::{ReportedMoney, check_agrees, member, member_of, never_passes, occurrences, same_text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(2);

/// Turbo Transactions' envelopes. A success states its status twice and is about the requested order.
pub fn turbo_txn_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 2) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let rules = |effect| Rules { errors_in_2xx: true, ..Rules::new(effect, &[CLIENT_ID, SECRET_KEY]) };
    let order: MerchantOrderId = ORDER.parse().expect("a reference");
    let found = if case.operation == 0 {
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
            same_text(member_of(body, "data", "sdkUrl"), &made.sdk_url);
            let amount = made.amount();
            assert!(amount.as_ref().map_or(true, |amount| amount.is_positive()));
            check_amount(body, &amount, |expected| made.check(expected));
        })
    } else {
        check_call(&case, &rules(Effect::Read), &script, client.lookup(&order).send()).map(|found| {
            assert_eq!(found.order_id.as_str(), ORDER);
            same_text(member_of(body, "data", "txnStatus"), found.status.as_str());
            if let TxnStatus::Unknown(_) = found.status {
                assert!(!found.status.is_final());
            }
            let _ = found.timestamp.as_ref().map(|timestamp| timestamp.moment());
            check_amount(body, &found.amount(), |expected| found.check(expected));
        })
    };
    if found.is_none() {
        return false;
    }
    same_text(member_of(body, "data", "orderId"), ORDER);
    assert_eq!(member(body, "success").as_deref(), Some("true"));
    let stated = member(body, "statusCode").expect("a success states its status");
    assert!(stated.len() == 3 && stated.starts_with('2'), "{stated}");
    true
}

/// The amount equals the response. Only a positive one confirms the order.
#[track_caller]
fn check_amount(
    body: &[u8],
    amount: &Result<Money, AmountUnreadable>,
    check: impl Fn(&Expected) -> Result<(), Mismatch>,
) {
    let (path, currency) = (&["data", "amount"][..], Err(Currency::INR));
    ReportedMoney { body, amount: path, currency, in_smallest_units: false }.is(amount);
    match amount {
        Ok(amount) if !amount.is_positive() => {
            assert!(check(&Expected::new(ORDER, *amount)).is_err(), "{amount} confirms an order");
            never_passes(ORDER, &amount.minor().to_string(), Currency::INR, check);
        }
        amount => check_agrees(ORDER, amount, Currency::INR, check),
    }
}

/// Both the HTTP status and the status of the envelope exclude that the request was executed.
#[track_caller]
fn check_refusal(status: u16, body: &[u8]) {
    assert!(occurrences(body, &["success"]).len() < 2 && occurrences(body, &["statusCode"]).len() < 2);
    let stated = member(body, "statusCode").filter(|raw| raw != "null");
    let stated = stated.map_or(status, |raw| raw.parse().expect("a refusal's status is a number"));
    for said in [status, stated] {
        let refuses = matches!(said, 200..300 | 400..=405 | 413 | 415 | 422);
        assert!(refuses, "refused by {status}, which states {stated}");
    }
    let success = member(body, "success");
    assert!(matches!(success.as_deref(), None | Some("null" | "false")), "a success is no refusal");
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
