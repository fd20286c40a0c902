use card3ds::{
    ApiKey, ApiSecret, Card, Client, Currency, Enrolment, Expiry, InstallmentQuery, Money, NewCheckout, NewPayment,
    NewThreeDsPayment, Payment, PaymentId, PaymentStatus, ReturnUrls, ThreeDsCallback,
};
use payments_core::Effect;
use payments_core::test_util::Script;

use super::{Case, Rules, build_client, check_call, choices};
use crate::oracle::{self, member, same_amount, same_text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(8);

/// card3ds' responses. A success is about the requested payment, and no card number is printed.
pub fn card3ds_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 8) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let rules = |effect| Rules { card: Some(PAN), ..Rules::new(effect, &[KEY, SECRET, SECURITY_KEY]) };
    let (moves, writes, reads) = (rules(Effect::MoveMoney), rules(Effect::Write), rules(Effect::Read));
    let payment = match case.operation {
        0 => check_call(&case, &moves, &script, client.create_payment(payment()).send()).inspect(|paid| {
            check_order(body, paid);
        }),
        1 => check_call(&case, &moves, &script, client.pre_authorize(payment()).send()).inspect(|paid| {
            check_order(body, paid);
        }),
        2 => check_call(&case, &moves, &script, client.capture(&stored(), lira()).send()).inspect(|paid| {
            assert!(paid.payment_id.as_str().eq_ignore_ascii_case(PAYMENT));
            assert_eq!(paid.amount, lira());
        }),
        3 => {
            let form = format!("paymentId={PAYMENT}&securityKey={SECURITY_KEY}");
            let callback = ThreeDsCallback::parse(form.as_bytes()).expect("it is a callback");
            check_call(&case, &moves, &script, client.complete_3ds(&stored(), &callback).send()).inspect(|paid| {
                assert!(paid.payment_id.as_str().eq_ignore_ascii_case(PAYMENT));
            })
        }
        4 => check_call(&case, &reads, &script, client.checkout_status(&PAYMENT.parse().expect("an id")).send()),
        5 => {
            let urls = ReturnUrls { success: "https://m.example/ok".into(), failure: "https://m.example/no".into() };
            let enrolment = client.start_3ds(NewThreeDsPayment::new(payment(), urls));
            return check_call(&case, &writes, &script, enrolment.send())
                .inspect(|enrolment| {
                    let succeeded = member(body, "success").as_deref() == Some("true");
                    assert_eq!(matches!(enrolment, Enrolment::Enrolled(_)), succeeded);
                    if let Enrolment::Enrolled(challenge) = enrolment {
                        let _ = (challenge.page.document(), challenge.page.frame("frame"));
                    }
                })
                .is_some();
        }
        6 => {
            let query = InstallmentQuery::new(lira(), PAN.parse().expect("a card number"));
            return check_call(&case, &reads, &script, client.installment_options(query).send())
                .inspect(|options| {
                    for option in options {
                        let _ = (option.differences(), option.installment_money(), option.total_money());
                    }
                })
                .is_some();
        }
        _ => {
            let order = "ORD-12345".parse().expect("an order id");
            let checkout = NewCheckout::new(order, lira(), "a book", "https://m.example/checkout");
            return check_call(&case, &writes, &script, client.create_checkout(checkout).send()).is_some();
        }
    };
    payment.inspect(|payment| check(body, payment)).is_some()
}

#[track_caller]
fn check_order(body: &[u8], paid: &Payment) {
    assert_eq!(paid.amount, lira());
    if let Some(order) = member(body, "orderId").as_deref().and_then(oracle::text).filter(|text| !text.is_empty()) {
        assert_eq!(order, "ORD-12345");
    }
}

/// The payment equals the response, and only `SUCCESS` is a success.
#[track_caller]
fn check(body: &[u8], payment: &Payment) {
    let printed = format!("{payment:?} {payment:#?}");
    assert!(!oracle::shows_card(&printed, PAN), "{printed}");
    same_text(member(body, "paymentId"), payment.payment_id.as_str());
    same_text(member(body, "status"), payment.status.as_str());
    let currency = member(body, "currency").as_deref().and_then(oracle::text).expect("a payment has a currency");
    assert!(currency.eq_ignore_ascii_case(payment.amount.currency().as_str()), "{currency}");
    same_amount(member(body, "amount"), &payment.amount.decimal_text().expect("its decimals are known"));
    let succeeded = payment.status == PaymentStatus::Success;
    assert_eq!(succeeded, payment.status.as_str() == "SUCCESS");
    if matches!(payment.status, PaymentStatus::Unknown(_)) {
        assert!(!payment.status.is_final());
    }
    assert_eq!(payment.clone().into_success().is_ok(), succeeded);
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
    NewPayment::new("ORD-12345".parse().expect("an order id"), lira(), card, from)
}

fn lira() -> Money {
    Money::from_minor(10_050, Currency::TRY)
}

fn stored() -> PaymentId {
    PAYMENT.parse().expect("an id")
}

const PAYMENT: &str = "123e4567-e89b-12d3-a456-426614174000";
const PAN: &str = "5421190122090656";
const CODE: &str = "8437";
const KEY: &str = "canary-api-key-7f3a";
const SECRET: &str = "canary-api-secret-91bc";
const SECURITY_KEY: &str = "canary-security-key-55";
