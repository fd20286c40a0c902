use payments_core::Effect;
use payments_core::test_util::Script;
use turbopay::{ApiKey, Client, Currency, Money, NewDeposit, NewWithdrawal, OrderStatus, Problem, Traffic};

use super::{Case, Rules, build_client, check_call, choices};
use crate::oracle::{ReportedMoney, check_agrees, member, same_reported, same_text};

pub(crate) const CHOICES: &[(u8, u8)] = &choices(8);

/// TurboPay's responses. A found order is the requested one, with the exact amount.
pub fn turbopay_responses(data: &[u8]) -> bool {
    let Some(case) = Case::of(data, 8) else { return false };
    let script = case.script();
    let client = client(&script);
    let body = case.body;
    let rules = |effect| Rules::new(effect, &[KEY]);
    let (moves, writes, reads) = (rules(Effect::MoveMoney), rules(Effect::Write), rules(Effect::Read));
    let order = match case.operation {
        0 => {
            return check_call(&case, &moves, &script, client.create_withdrawal(withdrawal()).send())
                .inspect(|made| {
                    same_text(member(body, "order_id"), made.order_id.as_str());
                    check_status(body, &made.status);
                })
                .is_some();
        }
        1 => {
            let call = client.confirm_utr(&ORDER.parse().expect("an id"), &"402393486736".parse().expect("a UTR"));
            return check_call(&case, &moves, &script, call.send())
                .inspect(|it| check_status(body, &it.status))
                .is_some();
        }
        2 => {
            return check_call(&case, &writes, &script, client.create_deposit(deposit()).send())
                .inspect(|made| {
                    same_text(member(body, "order_id"), made.order_id.as_str());
                    check_status(body, &made.status);
                    same_text(member(body, "form_url"), &made.form_url);
                    let _ = made.iframe("frame");
                })
                .is_some();
        }
        3 => {
            return check_call(&case, &writes, &script, client.create_host_to_host_deposit(deposit()).send())
                .inspect(|made| {
                    same_text(member(body, "order_id"), made.order_id.as_str());
                    same_text(member(body, "wallet_address"), &made.wallet_address);
                    check_status(body, &made.status);
                    assert_eq!(made.amount, rupees(2000));
                    let _ = (made.qr.as_ref().map(|qr| qr.png().is_ok()), made.deep_links.phonepe());
                    if let Some(link) = made.upi_link() {
                        assert!(
                            link.bytes().all(|byte| byte.is_ascii_graphic()) && link.contains("&am=2000.00&"),
                            "{link}"
                        );
                        let members = [&made.wallet_name, &made.transaction_note].into_iter().flatten().count();
                        assert_eq!(link.matches('&').count(), 2 + members, "{link}");
                    }
                })
                .is_some();
        }
        4 | 5 => {
            let call = if case.operation == 4 { client.balance(Currency::INR) } else { client.default_balance() };
            return check_call(&case, &reads, &script, call.send())
                .inspect(|balance| {
                    if case.operation == 4 {
                        assert_eq!(balance.currency, Currency::INR);
                    }
                    for (name, total, money) in [
                        ("available_balance", balance.available(), balance.available_money()),
                        ("total_balance", balance.total(), balance.total_money()),
                    ] {
                        same_reported(body, &[name], &total);
                        let currency: &[&str] = &["currency"];
                        if balance.currency == Currency::INR || money.is_ok() {
                            let (amount, currency) = (&[name][..], Ok(currency));
                            ReportedMoney { body, amount, currency, in_smallest_units: false }.is(&money);
                        }
                    }
                })
                .is_some();
        }
        6 => check_call(&case, &reads, &script, client.order_status(&ORDER.parse().expect("an id")).send())
            .inspect(|order| assert_eq!(order.order_id.as_str(), ORDER)),
        _ => check_call(&case, &reads, &script, client.lookup(&REFERENCE.parse().expect("a reference")).send())
            .inspect(|order| assert_eq!(order.merchant_order_id.as_str(), REFERENCE)),
    };
    order
        .inspect(|order| {
            check_status(body, &order.status);
            same_text(member(body, "order_id"), order.order_id.as_str());
            same_text(member(body, "merchant_order_id"), order.merchant_order_id.as_str());
            same_reported(body, &["amount"], &order.amount());
            let rupees = order.amount_in(Currency::INR);
            rupees_are(body).is(&rupees);
            check_agrees(order.merchant_order_id.as_str(), &rupees, Currency::INR, |expected| order.check(expected));
            let _ = order.amount_in(Currency::KWD);
        })
        .is_some()
}

/// An order's amount, in the only currency of these tests.
pub(crate) fn rupees_are(body: &[u8]) -> ReportedMoney<'_> {
    ReportedMoney { body, amount: &["amount"], currency: Err(Currency::INR), in_smallest_units: false }
}

/// The status equals the response, and an unknown one is not final.
#[track_caller]
pub(crate) fn check_status(body: &[u8], status: &OrderStatus) {
    same_text(member(body, "status"), status.as_str());
    if let OrderStatus::Unknown(_) = status {
        assert!(!status.is_final());
    }
    let _ = Problem::from_message(status.as_str());
}

fn client(script: &Script) -> Client {
    let builder = Client::builder(ApiKey::new(KEY).expect("a key"))
        .status_url("https://merchant.example/status")
        .redirect_url("https://merchant.example/return")
        .traffic(Traffic::Standard);
    build_client!(builder, script)
}

fn deposit() -> NewDeposit {
    NewDeposit::upi(rupees(2000), REFERENCE, "customer-9")
}

fn withdrawal() -> NewWithdrawal {
    NewWithdrawal::bank_transfer(
        rupees(500),
        REFERENCE,
        "customer-9",
        "065432123456789".parse().expect("an account"),
        "HDFC0000053".parse().expect("a bank"),
    )
}

fn rupees(whole: i64) -> Money {
    Money::from_minor(whole * 100, Currency::INR)
}

const ORDER: &str = "9d1e6f0a-4d3b-4a0e-8f6e-2f9a1b7c3d55";
const REFERENCE: &str = "order-7421";
const KEY: &str = "tp-canary-api-key-7f3a";
