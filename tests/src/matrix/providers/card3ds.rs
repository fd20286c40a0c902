//! card3ds: no keys, no uniqueness, and for what is charged no way to ask.

use std::sync::Arc;

use card3ds::{
    Card, Client, Currency, Enrolment, Expiry, InstallmentQuery, Money, NewCheckout, NewPayment, NewThreeDsPayment,
    ReturnUrls, ThreeDsCallback,
};

use super::Provider;
use crate::clients::card3ds_builder;
use crate::matrix::Failed;
use crate::matrix::bench::{Bench, Line};
use crate::matrix::operation::{Guard, Operation, Preparing, Ready, Sending, sent};

pub(super) const OPERATIONS: &[Operation] = &[
    write("payment", |bench| Box::pin(payment(bench))),
    write("pre-authorization", |bench| Box::pin(pre_authorization(bench))),
    write("capture", |bench| Box::pin(capture(bench))),
    write("start-3ds", |bench| Box::pin(start_3ds(bench))),
    write("complete-3ds", |bench| Box::pin(complete_3ds(bench))),
    write("checkout", |bench| Box::pin(checkout(bench))),
    read("installment-options", |bench| Box::pin(installment_options(bench))),
    read("checkout-status", |bench| Box::pin(checkout_status(bench))),
];

const fn write(name: &'static str, prepare: fn(Bench) -> Preparing) -> Operation {
    Operation { provider: Provider::Card3ds, name, way: None, guard: Guard::Client, prepare }
}

const fn read(name: &'static str, prepare: fn(Bench) -> Preparing) -> Operation {
    Operation { guard: Guard::Reads, ..write(name, prepare) }
}

pub(super) fn warm(bench: &Bench) -> Result<Sending, Failed> {
    Ok(sent(client(bench, &bench.tested)?.installment_options(query()?).send()))
}

async fn payment(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_payment()?);
    Ok(Ready::new(move || sent(client.create_payment(new).send())))
}

async fn pre_authorization(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_payment()?);
    Ok(Ready::new(move || sent(client.pre_authorize(new).send())))
}

async fn capture(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let held = healthy.pre_authorize(new_payment()?).send().await?;
    // A part, so that a second capture would find something left.
    let part = Money::parse("30.00", Currency::TRY)?;
    Ok(Ready::new(move || sent(tested.capture(&held.payment_id, part).send())))
}

async fn start_3ds(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_three_ds()?);
    Ok(Ready::new(move || sent(client.start_3ds(new).send())))
}

async fn complete_3ds(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let Enrolment::Enrolled(challenge) = healthy.start_3ds(new_three_ds()?).send().await? else {
        return Err("the card is not enrolled".into());
    };
    bench.sandbox.card3ds().challenge(challenge.payment_id.as_str()).approve();
    let posted = bench.sandbox.deliveries().pop().ok_or("nothing was posted to the merchant")?;
    let callback = ThreeDsCallback::parse(&posted.body)?;
    Ok(Ready::new(move || sent(tested.complete_3ds(&challenge.payment_id, &callback).send())))
}

async fn checkout(bench: Bench) -> Result<Ready, Failed> {
    let (client, new) = (client(&bench, &bench.tested)?, new_checkout()?);
    Ok(Ready::new(move || sent(client.create_checkout(new).send())))
}

async fn installment_options(bench: Bench) -> Result<Ready, Failed> {
    let (client, query) = (client(&bench, &bench.tested)?, query()?);
    Ok(Ready::new(move || sent(client.installment_options(query).send())))
}

async fn checkout_status(bench: Bench) -> Result<Ready, Failed> {
    let (healthy, tested) = (client(&bench, &bench.healthy)?, client(&bench, &bench.tested)?);
    let checkout = healthy.create_checkout(new_checkout()?).send().await?;
    Ok(Ready::new(move || sent(tested.checkout_status(&checkout.checkout_id).send())))
}

fn client(bench: &Bench, line: &Line) -> Result<Client, Failed> {
    let builder = card3ds_builder(&bench.sandbox)?.base_url(line.address(bench.sandbox.card3ds().base_url()));
    Ok(builder.transport(Arc::clone(&line.transport)).retry(line.retry).build()?)
}

fn new_payment() -> Result<NewPayment, Failed> {
    let card = Card::new("John Doe", CARD.parse()?, Expiry::new(4, 2028)?, "916".parse()?);
    Ok(NewPayment::new("order-1".parse()?, lira()?, card, "198.51.100.7:52144".parse()?))
}

fn new_three_ds() -> Result<NewThreeDsPayment, Failed> {
    let urls = ReturnUrls { success: format!("{SHOP}/success"), failure: format!("{SHOP}/failure") };
    Ok(NewThreeDsPayment::new(new_payment()?, urls))
}

fn new_checkout() -> Result<NewCheckout, Failed> {
    Ok(NewCheckout::new("order-1".parse()?, lira()?, "A book", format!("{SHOP}/checkout")))
}

fn query() -> Result<InstallmentQuery, Failed> {
    Ok(InstallmentQuery::new(lira()?, CARD.parse()?))
}

fn lira() -> Result<Money, Failed> {
    Ok(Money::parse("100.50", Currency::TRY)?)
}

const CARD: &str = "5421190122090656";

/// Messages go to loopback only, so none is sent there.
const SHOP: &str = "https://shop.example";
