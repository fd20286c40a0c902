//! card3ds: 3-D Secure, an authorization, and the two kinds of lost answer: one can be asked about, the other cannot.

use card3ds::{
    Card, CheckoutCallback, Client, Currency, Enrolment, Expected, Expiry, Lookup as _, Money, NewCheckout, NewPayment,
    NewThreeDsPayment, Outcome, PaymentStatus, ReturnUrls, ThreeDsCallback,
};
use payments_sandbox::Sandbox;

use super::{Failed, Flow, Tour};
use crate::clients::card3ds_at;
use crate::merchant::Merchant;

pub(super) async fn tour(seed: u64) -> Result<Tour, Failed> {
    let sandbox = Sandbox::builder().seed(seed).try_start().await?;
    let merchant = Merchant::start().await?;
    let client = card3ds_at(&sandbox)?;
    let flows = vec![
        three_ds(&sandbox, &merchant, &client).await?,
        capture(&client).await?,
        checkout(&sandbox, &merchant, &client).await?,
        lost_answer(&sandbox, &client).await?,
    ];
    sandbox.finish();
    Ok(Tour { provider: "card3ds", about: "raw cards, 3-D Secure, installments, hosted checkout", flows })
}

async fn three_ds(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let urls = ReturnUrls { success: merchant.url("/success"), failure: merchant.url("/failure") };
    let Enrolment::Enrolled(challenge) =
        client.start_3ds(NewThreeDsPayment::new(new_payment("order-1")?, urls)).send().await?
    else {
        return Err("the card takes no part in 3-D Secure".into());
    };
    let stored = challenge.payment_id.clone();
    let mut steps =
        vec![format!("start_3ds           {}, a page of the bank's to be shown; nothing is charged", lira())];
    sandbox.card3ds().challenge(stored.as_str()).approve();
    sandbox.settle().await;
    let posted = merchant.deliveries().pop().ok_or("the browser did not come back")?;
    let callback = ThreeDsCallback::parse(&posted.body)?;
    steps.push("callback            from the browser: proves nothing, and completes what was stored".to_owned());
    let payment = client.complete_3ds(&stored, &callback).send().await?;
    steps.push(format!("complete            {} {}", payment.status, payment.amount));
    let works = payment.status == PaymentStatus::Success && payment.check(&Expected::new("order-1", lira())).is_ok();
    Ok(Flow { title: "A payment with 3-D Secure", steps, works })
}

async fn capture(client: &Client) -> Result<Flow, Failed> {
    let held = client.pre_authorize(new_payment("order-2")?).send().await?;
    let part = Money::parse("90.00", Currency::TRY)?;
    let captured = client.capture(&held.payment_id, part).send().await?;
    let steps = vec![
        format!("pre_authorize       {} {}", held.status, held.amount),
        format!("capture             {} {}", captured.status, captured.amount),
    ];
    let works = captured.status == PaymentStatus::Success && captured.amount == part;
    Ok(Flow { title: "An authorization, captured in part", steps, works })
}

async fn checkout(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let new = NewCheckout::new("order-3".parse()?, lira(), "Product purchase", merchant.url("/checkout"));
    let checkout = client.create_checkout(new.max_installments(3)).send().await?;
    sandbox.card3ds().checkout(checkout.checkout_id.as_str()).pay_in(3, CARD);
    sandbox.settle().await;
    let posted = merchant.deliveries().pop().ok_or("no callback came")?;
    let payment = CheckoutCallback::parse(&posted.body)?.lookup(client).send().await?;
    let count = payment.installment_count.unwrap_or(1);
    let steps = vec![
        format!("create_checkout     {}, a page to send the customer to", lira()),
        "the customer        pays on it, in three parts".to_owned(),
        format!("callback, lookup    {} {} in {count} installments", payment.status, payment.amount),
    ];
    let works = payment.status == PaymentStatus::Success && count == 3;
    Ok(Flow { title: "A hosted checkout", steps, works })
}

/// The one provider that cannot be asked.
async fn lost_answer(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("card3ds.payment @after-commit fin");
    let Err(err) = client.create_payment(new_payment("order-4")?).send().await else {
        return Err("the answer was not lost".into());
    };
    let executions = sandbox.ledger().order("order-4").executions();
    let steps = vec![
        format!("create_payment      {}: Outcome::{:?}, not sent again", err.kind().as_str(), err.outcome()),
        "                    card3ds offers no way to ask: no look-up, no key. A person has to.".to_owned(),
        format!("the ledger          {executions} execution, which only the provider can tell"),
    ];
    Ok(Flow { title: "The answer that is lost", steps, works: err.outcome() == Outcome::Unknown && executions == 1 })
}

fn new_payment(order: &str) -> Result<NewPayment, Failed> {
    let card = Card::new("John Doe", CARD.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(NewPayment::new(order.parse()?, lira(), card, "198.51.100.7:52144".parse()?))
}

fn lira() -> Money {
    Money::from_minor(10_050, Currency::TRY)
}

const CARD: &str = "5421190122090656";
