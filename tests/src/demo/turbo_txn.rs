//! Turbo Transactions: a UPI collection, and a lost response.

use std::time::Duration;

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, Currency, Expected, Lookup as _, MerchantOrderId, Money, NewTransaction,
    Outcome, TxnStatus,
};

use super::{Failed, Flow, Tour, plain_http, step};
use crate::clients::turbo_txn_at;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let merchant = Merchant::start().await?;
    sandbox.turbo_txn().send_callbacks_to(&merchant.url("/callback"));
    let client = turbo_txn_at(&sandbox)?;
    let flows = vec![collection(&sandbox, &merchant, &client).await?, lost_response(&sandbox, &client).await?];
    sandbox.finish();
    Ok(Tour { provider: "Turbo Transactions", about: "UPI payments in INR, encrypted but unsigned callbacks", flows })
}

async fn collection(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let new = NewTransaction::new("order-1", rupees(), merchant.url("/thanks"));
    let transaction = client.initiate(new).send().await?;
    let mut steps = vec![step(
        "initiate",
        format_args!("{} requested, the provider sets the amount to pay to {}", rupees(), transaction.amount()?),
    )];
    plain_http::press_button(&transaction.sdk_url, "pay").await?;
    steps.push(step("the customer", "opens the payment page and confirms the payment"));
    sandbox.clock().advance(Duration::from_secs(10));
    sandbox.settle().await;
    let delivery = merchant.deliveries().pop().ok_or("no callback arrived")?;
    let decryptor = CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key())?);
    let hint = decryptor.decrypt(&delivery.body)?;
    steps
        .push(step("callback (decrypted)", format_args!("about {}, unsigned, so the SDK looks it up", hint.claimed())));
    let details = hint.lookup(client).send().await?;
    steps.push(step("lookup", format_args!("{}, status {}", details.amount()?, details.status)));
    let as_expected = details.status == TxnStatus::Approved
        && details.check(&Expected::new("order-1", transaction.amount()?)).is_ok();
    Ok(Flow { title: "A UPI payment", steps, as_expected })
}

/// Loses the response to an initiation. It is not sent again, because a second one might be executed.
async fn lost_response(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turbo-txn.initiate @after-commit fin");
    let order: MerchantOrderId = "order-2".parse()?;
    let new = NewTransaction::new(order.clone(), rupees(), "https://shop.example/thanks");
    let Err(err) = client.initiate(new).send().await else { return Err("the response was not lost".into()) };
    let details = client.lookup(&order).send().await?;
    let executions = sandbox.ledger().order("order-2").executions();
    let steps = vec![
        step("initiate", format_args!("{}: Outcome::{:?}, not sent again", err.kind().as_str(), err.outcome())),
        step("lookup", format_args!("{}, status {}, so it was executed", details.amount()?, details.status)),
        step("", "(the URL of the payment page is lost with the response)"),
        step("provider's ledger", format_args!("{executions} execution")),
    ];
    Ok(Flow { title: "A lost response", steps, as_expected: err.outcome() == Outcome::Unknown && executions == 1 })
}

fn rupees() -> Money {
    Money::from_minor(30_000, Currency::INR)
}
