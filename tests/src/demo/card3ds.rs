//! card3ds: 3-D Secure, an authorization, a hosted checkout, and a lost response.

use card3ds::{
    Card, CheckoutCallback, Client, Currency, Enrolment, Expected, Expiry, Lookup as _, Money, NewCheckout, NewPayment,
    NewThreeDsPayment, Outcome, PaymentStatus, ReturnUrls, ThreeDsCallback,
};
use payments_sandbox::Sandbox;

use super::{Failed, Flow, Tour, step};
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
        lost_response(&sandbox, &client).await?,
    ];
    sandbox.finish();
    Ok(Tour { provider: "card3ds", about: "raw cards, 3-D Secure, installments, hosted checkout", flows })
}

async fn three_ds(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let urls = ReturnUrls { success: merchant.url("/success"), failure: merchant.url("/failure") };
    let Enrolment::Enrolled(challenge) =
        client.start_3ds(NewThreeDsPayment::new(new_payment("order-1")?, urls)).send().await?
    else {
        return Err("the card is not enrolled in 3-D Secure".into());
    };
    let stored = challenge.payment_id.clone();
    let mut steps =
        vec![step("start_3ds", format_args!("{}, the customer gets the bank's page, nothing is charged yet", lira()))];
    sandbox.card3ds().challenge(stored.as_str()).approve();
    sandbox.settle().await;
    let posted = merchant.deliveries().pop().ok_or("the browser did not return")?;
    let callback = ThreeDsCallback::parse(&posted.body)?;
    steps.push(step("callback", "posted by the customer's browser, unsigned, so it proves nothing"));
    let payment = client.complete_3ds(&stored, &callback).send().await?;
    steps.push(step("complete_3ds", format_args!("{}, status {}", payment.amount()?, payment.status)));
    let as_expected =
        payment.status == PaymentStatus::Success && payment.check(&Expected::new("order-1", lira())).is_ok();
    Ok(Flow { title: "A payment with 3-D Secure", steps, as_expected })
}

async fn capture(client: &Client) -> Result<Flow, Failed> {
    let authorized = client.pre_authorize(new_payment("order-2")?).send().await?;
    let part = Money::parse("90.00", Currency::TRY)?;
    let captured = client.capture_payment(&authorized.payment_id, part).send().await?;
    let steps = vec![
        step("pre_authorize", format_args!("{}, status {}", authorized.amount()?, authorized.status)),
        step("capture_payment", format_args!("{}, status {}", captured.amount()?, captured.status)),
    ];
    let as_expected = captured.status == PaymentStatus::Success && captured.amount()? == part;
    Ok(Flow { title: "An authorization and a partial capture", steps, as_expected })
}

async fn checkout(sandbox: &Sandbox, merchant: &Merchant, client: &Client) -> Result<Flow, Failed> {
    let new = NewCheckout::new("order-3", lira(), "Product purchase", merchant.url("/checkout"));
    let checkout = client.create_checkout(new.max_installments(3)).send().await?;
    sandbox.card3ds().checkout(checkout.checkout_id.as_str()).pay_in_installments(3, CARD);
    sandbox.settle().await;
    let posted = merchant.deliveries().pop().ok_or("no callback arrived")?;
    let payment = CheckoutCallback::parse(&posted.body)?.lookup(client).send().await?;
    let count = payment.installment_count.unwrap_or(1);
    let steps = vec![
        step("create_checkout", format_args!("{}, the customer is sent to the checkout page", lira())),
        step("the customer", "pays on the page in 3 installments"),
        step("callback", "unsigned, so the SDK looks the checkout up"),
        step("lookup", format_args!("{}, status {}, {count} installments", payment.amount()?, payment.status)),
    ];
    let as_expected = payment.status == PaymentStatus::Success && count == 3;
    Ok(Flow { title: "A hosted checkout", steps, as_expected })
}

/// Loses the response to a card payment, for which card3ds has no lookup.
async fn lost_response(sandbox: &Sandbox, client: &Client) -> Result<Flow, Failed> {
    sandbox.fault("card3ds.payment @after-commit fin");
    let Err(err) = client.create_payment(new_payment("order-4")?).send().await else {
        return Err("the response was not lost".into());
    };
    let executions = sandbox.ledger().order("order-4").executions();
    let steps = vec![
        step("create_payment", format_args!("{}: Outcome::{:?}, not sent again", err.kind().as_str(), err.outcome())),
        step("", "card3ds has no lookup for it: a person must check with the provider"),
        step("provider's ledger", format_args!("{executions} execution")),
    ];
    Ok(Flow { title: "A lost response", steps, as_expected: err.outcome() == Outcome::Unknown && executions == 1 })
}

fn new_payment(order: &str) -> Result<NewPayment, Failed> {
    let card = Card::new("John Doe", CARD.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(NewPayment::new(order, lira(), card, "198.51.100.7:52144".parse()?))
}

fn lira() -> Money {
    Money::from_minor(10_050, Currency::TRY)
}

const CARD: &str = "5421190122090656";
