//! Turbo Transactions: a UPI collection, and an initiation whose answer is lost.

use std::time::Duration;

use payments_sandbox::Sandbox;
use turbo_txn::{
    CallbackDecryptor, CallbackKey, Client, Currency, Expected, Lookup as _, MerchantOrderId, Money, NewTransaction,
    Outcome, TxnStatus,
};

use super::{Failed, Flow, Tour, naive};
use crate::clients::turbo_txn_at;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let merchant = Merchant::start().await?;
    sandbox.turbo_txn().send_callbacks_to(&merchant.url("/callback"));
    let client = turbo_txn_at(&sandbox)?;
    let flows = vec![collection(&sandbox, &merchant, &client).await?, lost_answer(&sandbox, &client).await?];
    sandbox.finish();
    Ok(Tour { provider: "Turbo Transactions", about: "UPI in INR, encrypted callbacks that prove nothing", flows })
}

async fn collection(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let new = NewTransaction::new("order-1".parse()?, rupees(), merchant.url("/thanks"));
    let transaction = client.initiate(new).send().await?;
    let mut steps = vec![format!("initiate            {} asked, {} is what counts", rupees(), transaction.amount)];
    naive::press(&transaction.sdk_url, "pay").await?;
    steps.push("the customer        opens the page and presses \"I have paid\"".to_owned());
    sandbox.clock().advance(Duration::from_secs(10));
    sandbox.settle().await;
    let delivery = merchant.deliveries().pop().ok_or("no callback came")?;
    let callbacks = CallbackDecryptor::new(CallbackKey::new(sandbox.turbo_txn().callback_key())?);
    let hint = callbacks.decrypt(&delivery.body)?;
    steps.push(format!("callback, decrypted a hint to ask about {}, no more", hint.claimed()));
    let details = hint.lookup(client).send().await?;
    steps.push(format!("lookup              {} {}", details.status, details.amount));
    let works =
        details.status == TxnStatus::Approved && details.check(&Expected::new("order-1", transaction.amount)).is_ok();
    Ok(Flow { title: "A collection", steps, works })
}

/// No key and no promise that an order id is taken once: it is not sent again, and can be asked about.
async fn lost_answer(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("turbo-txn.initiate @after-commit fin");
    let order: MerchantOrderId = "order-2".parse()?;
    let new = NewTransaction::new(order.clone(), rupees(), "https://shop.example/thanks");
    let Err(err) = client.initiate(new).send().await else { return Err("the answer was not lost".into()) };
    let found = client.lookup(&order).send().await?;
    let executions = sandbox.ledger().order("order-2").executions();
    let steps = vec![
        format!("initiate            {}: Outcome::{:?}, not sent again", err.kind().as_str(), err.outcome()),
        format!("lookup              {} {}; its payment page is lost with the answer", found.status, found.amount),
        format!("the ledger          {executions} execution"),
    ];
    Ok(Flow { title: "The answer that is lost", steps, works: err.outcome() == Outcome::Unknown && executions == 1 })
}

fn rupees() -> Money {
    Money::from_minor(30_000, Currency::INR)
}
