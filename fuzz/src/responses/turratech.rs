use payments_core::test_util::Script;
use payments_core::{AmountUnreadable, Effect};
use turratech::{
    ApiKey, CancelledSubscription, Card, Client, Currency, CustomerDetails, EventType, Expiry, ListParams, Money,
    NewPayment, NewPaymentMethod, NewRefund, NewSubscription, NewWebhookEndpoint, Payment, PaymentStatus, Refund,
    Subscription, SubscriptionItem, SubscriptionUpdate,
};

use super::{Case, Rules, build_client, check_call, check_item, choices};
use crate::oracle::{ReportedMoney, check_agrees, member, member_at, occurrences, same_text, shortest, text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(OPERATIONS);

/// TurraTech's responses. An object has the requested id, amount and mode.
pub fn turratech_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, OPERATIONS) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let (moves, writes, reads) = (rules(Effect::MoveMoney), rules(Effect::Write), rules(Effect::Read));
    match case.operation {
        0 => check_call(&case, &moves, &script, client.create_payment(NewPayment::new(pounds())).send())
            .inspect(|payment| {
                is_requested_amount(body, &payment.amount());
                is_payment(body, payment);
            })
            .is_some(),
        1 => check_call(&case, &moves, &script, client.capture_payment(&id(PAYMENT)).send())
            .inspect(|payment| is_this_payment(body, payment))
            .is_some(),
        2 => check_call(&case, &writes, &script, client.cancel_payment(&id(PAYMENT)).send())
            .inspect(|payment| is_this_payment(body, payment))
            .is_some(),
        3 => check_call(&case, &reads, &script, client.retrieve_payment(&id(PAYMENT)).send())
            .inspect(|payment| is_this_payment(body, payment))
            .is_some(),
        4 => {
            let mut pager = client.list_payments(ListParams::new().limit(10));
            check_call(&case, &reads, &script, pager.try_next())
                .flatten()
                .inspect(|payment| match payment {
                    Ok(payment) => is_payment_at(body, &["data", "[0]"], payment),
                    Err(unreadable) => check_item(body, "data", 0, unreadable),
                })
                .is_some()
        }
        5 => check_call(&case, &moves, &script, client.create_refund(NewRefund::new(PAYMENT).amount(pounds())).send())
            .inspect(|refund| {
                is_requested_amount(body, &refund.amount());
                assert!(refund.payment.as_ref().is_none_or(|payment| payment.as_str() == PAYMENT));
                is_refund(body, refund);
            })
            .is_some(),
        6 => check_call(&case, &reads, &script, client.retrieve_refund(&id("re_1")).send())
            .inspect(|refund| {
                assert_eq!(refund.id.as_str(), "re_1");
                is_refund(body, refund);
            })
            .is_some(),
        7 => check_call(&case, &writes, &script, client.create_customer(CustomerDetails::new().name("Jo")).send())
            .inspect(|customer| same_text(member(body, "id"), customer.id.as_str()))
            .is_some(),
        8 => check_call(&case, &reads, &script, client.retrieve_customer(&id("cus_1")).send())
            .inspect(|customer| assert_eq!(customer.id.as_str(), "cus_1"))
            .is_some(),
        9 => check_call(&case, &writes, &script, client.delete_customer(&id("cus_1")).send())
            .inspect(|_| {
                same_text(member(body, "id"), "cus_1");
                assert_eq!(member(body, "deleted").as_deref(), Some("true"));
            })
            .is_some(),
        10 => {
            let subscription = NewSubscription::new("cus_1", SubscriptionItem::new("price_1"));
            check_call(&case, &moves, &script, client.create_subscription(subscription).send())
                .inspect(|subscription| is_subscription(body, subscription))
                .is_some()
        }
        11 => {
            let update = SubscriptionUpdate::new().cancel_at_period_end(true);
            check_call(&case, &moves, &script, client.update_subscription(&id("sub_1"), update).send())
                .inspect(|subscription| {
                    assert_eq!(subscription.id.as_str(), "sub_1");
                    is_subscription(body, subscription);
                })
                .is_some()
        }
        12 => check_call(&case, &writes, &script, client.cancel_subscription(&id("sub_1")).send())
            .inspect(|cancelled| {
                assert_eq!(cancelled.id().as_str(), "sub_1");
                if let CancelledSubscription::Deleted(_) = cancelled {
                    assert_eq!(member(body, "deleted").as_deref(), Some("true"));
                }
            })
            .is_some(),
        13 => {
            let expiry = Expiry::new(12, 2030).expect("a month");
            let card = Card::new(PAN.parse().expect("a number"), expiry, "8309".parse().expect("a code"));
            check_call(&case, &writes, &script, client.create_payment_method(NewPaymentMethod::card(card)).send())
                .inspect(|method| same_text(member(body, "id"), method.id.as_str()))
                .is_some()
        }
        14 => check_call(&case, &writes, &script, client.attach_payment_method(&id("pm_1"), &id("cus_1")).send())
            .inspect(|method| assert_eq!(method.id.as_str(), "pm_1"))
            .is_some(),
        _ => {
            let endpoint = NewWebhookEndpoint::new("https://m.example/hook", [EventType::InvoicePaid]);
            check_call(&case, &writes, &script, client.create_webhook_endpoint(endpoint).send())
                .inspect(|made| same_text(member(body, "id"), made.id.as_str()))
                .is_some()
        }
    }
}

#[track_caller]
fn is_this_payment(body: &[u8], payment: &Payment) {
    assert_eq!(payment.id.as_str(), PAYMENT);
    is_payment(body, payment);
}

/// The payment equals the response, is in test mode, and is paid only if its status says so.
#[track_caller]
fn is_payment(body: &[u8], payment: &Payment) {
    is_payment_at(body, &[], payment);
}

#[track_caller]
fn is_payment_at(body: &[u8], object: &[&str], payment: &Payment) {
    let part = |name| member_at(body, &[object, &[name]].concat());
    assert_eq!((payment.livemode, part("livemode").as_deref()), (false, Some("false")));
    same_text(part("id"), payment.id.as_str());
    same_text(part("status"), payment.status.as_str());
    same_payment_amounts(body, object, payment);
    assert_eq!(payment.is_paid(), payment.status.as_str() == "succeeded");
    if let PaymentStatus::Unknown(_) = payment.status {
        assert!(!payment.status.is_final());
    }
    serde_json::to_string(payment).expect("what is stored can be written");
}

#[track_caller]
fn is_refund(body: &[u8], refund: &Refund) {
    same_text(member(body, "id"), refund.id.as_str());
    same_refund_amount(body, &[], refund);
}

/// All amounts of a payment equal the response, and `check` passes for the amount that counts.
#[track_caller]
pub(crate) fn same_payment_amounts(body: &[u8], object: &[&str], payment: &Payment) {
    let path = |name| [object, &[name]].concat();
    let amounts = [
        ("amount", payment.amount().map(Some)),
        ("amount_capturable", payment.amount_capturable()),
        ("amount_received", payment.amount_received()),
    ];
    for (name, amount) in amounts {
        is_reported(body, &path(name), &path("currency"), amount);
    }
    let effective = match payment.amount_received() {
        Ok(None) => payment.amount(),
        Ok(Some(received)) if payment.is_paid() => Ok(received),
        Err(unreadable) if payment.is_paid() => Err(unreadable),
        _ => payment.amount(),
    };
    check_agrees(payment.id.as_str(), &effective, Currency::GBP, |expected| payment.check(expected));
}

/// A refund's amount equals the response.
#[track_caller]
pub(crate) fn same_refund_amount(body: &[u8], object: &[&str], refund: &Refund) {
    let path = |name| [object, &[name]].concat();
    is_reported(body, &path("amount"), &path("currency"), refund.amount().map(Some));
    if let Ok(amount) = refund.amount_in(Currency::GBP) {
        let (amounts, currency) = (path("amount"), occurrences(body, &path("currency")));
        let reported = ReportedMoney { body, amount: &amounts, currency: Err(Currency::GBP), in_smallest_units: true };
        reported.is(&Ok(amount));
        let is_missing = currency.is_empty() || currency == ["null"] || currency == ["\"\""];
        assert!(is_missing || refund.amount() == Ok(amount), "an unreadable currency is not a missing one");
    }
}

/// An amount equals the response. `None` means that the response has none.
#[track_caller]
fn is_reported(body: &[u8], amount: &[&str], currency: &[&str], read: Result<Option<Money>, AmountUnreadable>) {
    match read.transpose() {
        Some(read) => ReportedMoney { body, amount, currency: Ok(currency), in_smallest_units: true }.is(&read),
        None => {
            let said = occurrences(body, amount);
            assert!(said.is_empty() || said == ["null"] || said == ["\"\""], "unreadable is not absent");
        }
    }
}

/// The amount is the requested one, unless nothing in the response is an amount.
#[track_caller]
fn is_requested_amount(body: &[u8], amount: &Result<Money, AmountUnreadable>) {
    assert!(amount.as_ref().map_or(true, |amount| *amount == pounds()));
    let said = member(body, "amount").as_deref().and_then(text).and_then(|said| shortest(&said));
    assert!(said.is_none_or(|said| said == "2000." || said.len() > 17), "the amount contradicts the request");
}

#[track_caller]
fn is_subscription(body: &[u8], subscription: &Subscription) {
    same_text(member(body, "id"), subscription.id.as_str());
    serde_json::to_string(subscription).expect("what is stored can be written");
}

fn rules(effect: Effect) -> Rules {
    Rules { card: Some(PAN), ..Rules::new(effect, &[KEY]) }
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ApiKey::new(KEY).expect("a key"));
    build_client!(builder, script)
}

fn id<T: std::str::FromStr<Err = turratech::ValidationError>>(text: &str) -> T {
    text.parse().expect("an id")
}

fn pounds() -> Money {
    Money::from_minor(2000, Currency::GBP)
}

const OPERATIONS: u8 = 16;
const PAYMENT: &str = "pay_1";
const KEY: &str = "sk_test_canary7f3a";
const PAN: &str = "4242424242424242";
