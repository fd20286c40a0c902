use card3ds::{
    ApiKey, ApiSecret, Card, Client, Currency, Enrolment, Expiry, InstallmentQuery, Money, NewCheckout, NewPayment,
    NewThreeDsPayment, Payment, PaymentId, PaymentStatus, ReturnUrls, ThreeDsCallback,
};
use payments_core::test_util::Script;
use payments_core::{Effect, Error, Expected, Outcome};

use super::{Case, Rules, build_client, check_call, check_item, choices};
use crate::oracle::{self, ReportedMoney, check_agrees, member, member_at, occurrences, same_amount, same_text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(8);

/// card3ds' responses. A success is about the requested payment, and no card number is printed.
pub fn card3ds_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 8) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let rules = |effect| Rules {
        card: Some(PAN),
        errors_in_2xx: true,
        empty_401: true,
        ..Rules::new(effect, &[KEY, SECRET, SECURITY_KEY])
    };
    let (moves, writes, reads) = (rules(Effect::MoveMoney), rules(Effect::Write), rules(Effect::Read));
    let payment = match case.operation {
        0 => check_call(&case, &moves, &script, checked(&case, client.create_payment(payment()).send())).inspect(
            |paid| {
                check_order(body, paid);
            },
        ),
        1 => {
            check_call(&case, &moves, &script, checked(&case, client.pre_authorize(payment()).send())).inspect(|paid| {
                check_order(body, paid);
            })
        }
        2 => check_call(&case, &moves, &script, checked(&case, client.capture_payment(&stored(), lira()).send()))
            .inspect(|paid| {
                assert!(paid.payment_id.as_str().eq_ignore_ascii_case(PAYMENT));
                check_requested_amount(body, paid);
            }),
        3 => {
            let form = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
            let callback = ThreeDsCallback::parse(form.as_bytes()).expect("it is a callback");
            check_call(&case, &moves, &script, checked(&case, client.complete_3ds(&stored(), &callback).send()))
                .inspect(|paid| {
                    assert!(paid.payment_id.as_str().eq_ignore_ascii_case(PAYMENT));
                })
        }
        4 => check_call(&case, &reads, &script, {
            checked(&case, client.checkout_status(&PAYMENT.parse().expect("an id")).send())
        }),
        5 => {
            let urls = ReturnUrls { success: "https://m.example/ok".into(), failure: "https://m.example/no".into() };
            let enrolment = client.start_3ds(NewThreeDsPayment::new(payment(), urls));
            return check_call(&case, &writes, &script, checked(&case, enrolment.send()))
                .inspect(|enrolment| {
                    let succeeded = member(body, "success").as_deref() == Some("true");
                    assert_eq!(matches!(enrolment, Enrolment::Enrolled(_)), succeeded);
                    if let Enrolment::Enrolled(challenge) = enrolment {
                        same_text(member(body, "paymentId"), challenge.payment_id.as_str());
                        let _ = (challenge.page.document(), challenge.page.frame("frame"));
                    } else {
                        assert_eq!(member(body, "success").as_deref(), Some("false"));
                    }
                })
                .is_some();
        }
        6 => {
            let query = InstallmentQuery::new(lira(), PAN.parse().expect("a card number"));
            return check_call(&case, &reads, &script, client.installment_options(query).send())
                .inspect(|options| {
                    assert_eq!(oracle::item(body, "options", options.len()), None, "no option is left out");
                    for (index, option) in options.iter().enumerate() {
                        let option = match option {
                            Ok(option) => option,
                            Err(unreadable) => {
                                check_item(body, "options", index, unreadable);
                                continue;
                            }
                        };
                        let position = format!("[{index}]");
                        let part = |name| member_at(body, &["options", &position, name]);
                        same_amount(part("totalAmount"), &option.total_amount.to_string());
                        same_amount(part("installmentAmount"), &option.installment_amount.to_string());
                        assert_eq!(option.currency, Currency::TRY);
                        let _ = (option.differences(), option.installment_money(), option.total_money());
                    }
                })
                .is_some();
        }
        _ => {
            let checkout = NewCheckout::new(ORDER, lira(), "a book", "https://m.example/checkout");
            return check_call(&case, &writes, &script, checked(&case, client.create_checkout(checkout).send()))
                .inspect(|made| {
                    same_text(member(body, "checkoutId"), made.checkout_id.as_str());
                    same_text(member(body, "redirectUrl"), &made.redirect_url);
                })
                .is_some();
        }
    };
    payment.inspect(|payment| check(body, payment)).is_some()
}

#[track_caller]
fn check_order(body: &[u8], paid: &Payment) {
    check_requested_amount(body, paid);
    assert!(paid.order_id.as_ref().is_none_or(|order| order.as_str() == ORDER));
}

/// The amount is the requested one, unless nothing in the body is an amount. A failed payment may have taken nothing.
#[track_caller]
fn check_requested_amount(body: &[u8], paid: &Payment) {
    if let Ok(amount) = paid.amount() {
        let took_nothing = paid.status == PaymentStatus::Failed && amount.minor() == 0;
        assert!(amount == lira() || took_nothing, "{amount}");
    }
    let said = member(body, "amount").as_deref().and_then(oracle::text).and_then(|text| oracle::shortest(&text));
    if let Some(said) = said.filter(|said| said.len() < 17) {
        assert!(
            said == "100.5" || paid.status == PaymentStatus::Failed && said == ".",
            "{said} contradicts the request"
        );
    }
}

/// Checks the refusals of a call.
async fn checked<T>(case: &Case<'_>, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let result = call.await;
    if result.as_ref().is_err_and(|error| error.outcome() == Outcome::Refused) {
        let named = match case.operation {
            0 | 1 | 5 | 7 => ("orderId", ORDER),
            2 | 3 => ("paymentId", PAYMENT),
            _ => ("", ""),
        };
        check_refusal(case, &[named]);
    }
    result
}

/// A refusal is about this order and payment, and nothing in it claims a success.
#[track_caller]
fn check_refusal(case: &Case<'_>, named: &[(&str, &str)]) {
    for (name, requested) in named {
        for raw in occurrences(case.body, &[name]).iter().filter(|raw| !matches!(raw.as_str(), "null" | "\"\"")) {
            let is_requested = oracle::any_text(raw).eq_ignore_ascii_case(requested);
            assert!(is_requested, "refused by a response about {name} {raw}");
        }
    }
    let statuses = occurrences(case.body, &["status"]);
    let claims = statuses.iter().any(|raw| matches!(oracle::any_text(raw).as_str(), "SUCCESS" | "ENROLLED"));
    let succeeded = occurrences(case.body, &["success"]).iter().any(|raw| raw == "true");
    assert!(!claims && !succeeded, "refused by a response that claims a success");
    if (200..300).contains(&case.status) {
        let has_failed = member(case.body, "status").as_deref().and_then(oracle::text).as_deref() == Some("FAILED");
        assert!(has_failed || member(case.body, "success").as_deref() == Some("false"), "nothing says that it failed");
    }
    assert!(case.operation == 4 || !tells_of_earlier(case.body), "it may have been executed before");
}

/// True if a message says plainly that the payment was made before.
fn tells_of_earlier(body: &[u8]) -> bool {
    let said = member(body, "resultMessage").as_deref().and_then(oracle::text).unwrap_or_default();
    ["Payment already completed", "duplicate order", "Daha \u{f6}nce \u{f6}dendi"].contains(&said.as_str())
}

/// The payment equals the response, and only `SUCCESS` is a success.
#[track_caller]
fn check(body: &[u8], payment: &Payment) {
    let printed = format!("{payment:?} {payment:#?}");
    assert!(!oracle::shows_card(&printed, PAN), "{printed}");
    same_text(member(body, "paymentId"), payment.payment_id.as_str());
    same_text(member(body, "status"), payment.status.as_str());
    let order = occurrences(body, &["orderId"]);
    match &payment.order_id {
        Some(order) => same_text(member(body, "orderId"), order.as_str()),
        None => assert!(order.is_empty() || order == ["null"] || order == ["\"\""], "unreadable is not absent"),
    }
    let amount = payment.amount();
    ReportedMoney { body, amount: &["amount"], currency: Ok(&["currency"]), in_smallest_units: false }.is(&amount);
    match &payment.order_id {
        Some(order) => {
            let currency = amount.as_ref().map_or(Currency::TRY, |amount| amount.currency());
            check_agrees(order.as_str(), &amount, currency, |expected| payment.check(expected));
        }
        None => assert!(payment.check(&Expected::new(ORDER, lira())).is_err(), "no order is named"),
    }
    let succeeded = payment.status == PaymentStatus::Success;
    assert_eq!(succeeded, payment.status.as_str() == "SUCCESS");
    if matches!(payment.status, PaymentStatus::Unknown(_)) {
        assert!(!payment.status.is_final());
    }
    assert_eq!(payment.clone().into_success().is_ok(), succeeded && amount.is_ok());
    if let Err(error) = payment.clone().into_success() {
        let is_declined = payment.status == PaymentStatus::Failed && !payment.may_be_duplicate();
        let expected = if is_declined { Outcome::Refused } else { Outcome::Unknown };
        assert_eq!(error.outcome(), expected, "{error}");
        assert!(!oracle::shows_card(&format!("{error} {error:?}"), PAN), "{error:?}");
    }
    if payment.status == PaymentStatus::Failed && tells_of_earlier(body) {
        assert!(payment.may_be_duplicate(), "the payment may have been executed before");
    }
    if let Some(commission) = &payment.merchant_commission {
        let _ = (commission.decimal(), commission.money(Currency::TRY));
    }
    serde_json::to_string(payment).expect("what is stored can be written");
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ApiKey::new(KEY).expect("a key"), ApiSecret::new(SECRET).expect("a secret"))
        .base_url("https://api.example.com");
    build_client!(builder, script)
}

fn payment() -> NewPayment {
    let expiry = Expiry::new(4, 2028).expect("a month");
    let card = Card::new("John Doe", PAN.parse().expect("a number"), expiry, CODE.parse().expect("a code"));
    let from = "192.168.1.1:8080".parse().expect("an address");
    NewPayment::new(ORDER, lira(), card, from)
}

fn lira() -> Money {
    Money::from_minor(10_050, Currency::TRY)
}

fn stored() -> PaymentId {
    PAYMENT.parse().expect("an id")
}

const ORDER: &str = "ORD-12345";
const PAYMENT: &str = "123e4567-e89b-12d3-a456-426614174000";
const PAN: &str = "5421190122090656";
const CODE: &str = "8437";
const KEY: &str = "canary-api-key-7f3a";
const SECRET: &str = "canary-api-secret-91bc";
const SECURITY_KEY: &str = "canary-security-key-55";
