//! Invalid parameters fail before any I/O, with an error that names the field and the rule.

use std::collections::BTreeMap;

use payments_core::gateway::{PayOut as _, PaymentRequest, PayoutRequest, StartPayment as _};
use payments_core::test_util::{ManualClock, Script};
use turbopay::{
    BankAccount, BankCode, Currency, Error, ErrorKind, MerchantCustomerId, MerchantOrderId, Method, Money,
    NewConfirmation, NewDeposit, NewWithdrawal, OrderId, Outcome, Traffic, Utr,
};

use crate::support::{body_of, builder, deposit, rupees, scripted, withdrawal, withdrawal_of};

/// Checks that the deposit is rejected for this field and rule, and that nothing is sent.
#[track_caller]
fn check_deposit(deposit: NewDeposit, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = block_on(client.create_deposit(deposit).send()).unwrap_err();
    check(&err, &script, field, rule);
}

#[track_caller]
fn check_withdrawal(withdrawal: NewWithdrawal, field: &str, rule: &str) {
    let (client, script) = scripted([]);
    let err = block_on(client.create_withdrawal(withdrawal).send()).unwrap_err();
    check(&err, &script, field, rule);
}

#[track_caller]
fn check(err: &Error, script: &Script, field: &str, rule: &str) {
    assert_eq!((err.kind(), err.outcome(), err.attempts()), (ErrorKind::InvalidRequest, Outcome::NotSent, 0), "{err}");
    assert_eq!(err.param(), Some(field), "{err}");
    assert!(err.to_string().contains(rule), "{err}");
    assert_eq!(script.requests().len(), 0, "a request was sent");
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[test]
fn amounts_that_turbopay_does_not_accept_are_rejected() {
    check_deposit(deposit_of(rupees("100.50")), "amount", "must be whole rupees");
    check_deposit(deposit_of(rupees("0")), "amount", "must be greater than zero");
    check_deposit(deposit_of(rupees("-5")), "amount", "must be greater than zero");
    check_deposit(deposit_of(Money::from_minor(100, Currency::JPY)), "currency", "two decimals");
    check_deposit(deposit_of(Money::from_minor(100, Currency::KWD)), "currency", "two decimals");
    check_deposit(deposit_of(Money::from_minor(100, "ABC".parse().unwrap())), "currency", "two decimals");
    check_withdrawal(withdrawal_of(rupees("0.01")), "amount", "must be whole rupees");
}

#[test]
fn contact_details_that_turbopay_does_not_accept_are_rejected() {
    check_deposit(deposit().customer_email("a".repeat(95) + "@b.com"), "customer_email", "longer than 100");
    for email in ["nobody", "@b.com", "a@", "a@b@c", "a b@c.com", "a@b.com\r\nX: y"] {
        check_deposit(deposit().customer_email(email), "customer_email", "valid email address");
    }
    check_deposit(deposit().customer_email(""), "customer_email", "empty");
    for phone in ["9876543210", "+", "+12", "+91 98765 43210", "+1234567890123456", "+91٩٨٧٦٥٤٣٢١٠"] {
        check_deposit(
            deposit().customer_phone(phone),
            "customer_phone",
            "the country code and the number, 7 to 15 digits",
        );
    }
    for phone in ["+915876543210", "+91987654321", "+9198765432101"] {
        check_deposit(deposit().customer_phone(phone), "customer_phone", "ten digits after +91");
    }
    check_deposit(deposit().customer_name("x".repeat(301)), "customer_name", "longer than 300");
    check_withdrawal(withdrawal().customer_name(""), "customer_name", "empty");
}

#[test]
fn values_at_their_limits_are_sent_unchanged() {
    let (name, phone, email) = ("ü".repeat(300), "+4915123456789", "a".repeat(94) + "@b.com");
    let url = format!("https://m.example/{}", "x".repeat(237));
    assert_eq!((url.len(), email.len()), (255, 100));
    let reference = "ä".repeat(100);
    let deposit = NewDeposit::upi(rupees("1"), &reference, &reference)
        .customer_name(&name)
        .customer_phone(phone)
        .customer_email(&email)
        .status_url(&url)
        .redirect_url(&url);
    let (client, script) = scripted([]);
    let _ = block_on(client.create_deposit(deposit).send());

    let sent: BTreeMap<String, serde_json::Value> = serde_json::from_str(&body_of(&script)).unwrap();
    for (field, value) in [
        ("customer_name", name.as_str()),
        ("customer_phone", phone),
        ("customer_email", &email),
        ("status_url", &url),
        ("redirect_url", &url),
        ("merchant_order_id", &reference),
        ("merchant_customer_id", &reference),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }
}

#[test]
fn undocumented_traffic_and_malformed_methods_are_rejected() {
    for traffic in ["vip", "FTD", ""] {
        check_deposit(deposit().traffic(Traffic::from(traffic)), "traffic", "must be `ftd` or `std`");
    }
    for method in ["", "UPI", "bank transfer"] {
        let deposit = NewDeposit::new(Method::from(method), rupees("1"), "o", "c");
        check_deposit(deposit, "method", "lower-case letters");
    }
}

#[test]
fn invalid_urls_are_rejected() {
    for url in
        ["", "merchant.example", "ftp://merchant.example", "https://", "https:///x", "https://a b", "javascript:x"]
    {
        let rule = if url.is_empty() { "empty" } else { "must be a URL that starts with https:// or http://" };
        check_deposit(deposit().status_url(url), "status_url", rule);
        check_deposit(deposit().redirect_url(url), "redirect_url", rule);
        check_withdrawal(withdrawal().status_url(url), "status_url", rule);
    }
    let long = format!("https://m.example/{}", "x".repeat(255));
    check_deposit(deposit().status_url(long.clone()), "status_url", "longer than 255");
    check_deposit(deposit().redirect_url(long), "redirect_url", "longer than 255");
}

#[test]
fn required_values_must_be_set_on_the_order_or_the_client() {
    let script = Script::new([]);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let bare = builder(&script, &clock).build().unwrap();

    let err = block_on(bare.create_deposit(deposit()).send()).unwrap_err();
    check(&err, &script, "redirect_url", "set it on the order, or once on the client");
    let err = block_on(bare.create_withdrawal(withdrawal()).send()).unwrap_err();
    check(&err, &script, "status_url", "set it on the order, or once on the client");
    let err = block_on(bare.create_withdrawal(withdrawal().status_url("https://m.example")).send()).unwrap_err();
    check(&err, &script, "traffic", "set it on the order, or once on the client");

    let complete = withdrawal().status_url("https://m.example").traffic(Traffic::FirstTime);
    let _ = block_on(bare.create_withdrawal(complete).send());
    assert!(body_of(&script).contains(r#""traffic":"ftd""#));
}

#[test]
fn a_default_that_no_request_of_the_gateway_can_set_is_a_matter_of_configuration() {
    let script = Script::new([]);
    let clock = ManualClock::at(time::macros::datetime!(2026-01-02 03:04:05 UTC));
    let payout = PayoutRequest::new("W_1", rupees("500"), "customer-9", "065432123456789", "HDFC0000053");
    let mut payment = PaymentRequest::new("O_1", rupees("500"));
    payment.customer = Some("customer-9".to_owned());
    for (client, problem) in [
        (builder(&script, &clock).traffic(Traffic::Standard), "`status_url` is required"),
        (builder(&script, &clock).status_url("not a URL").traffic(Traffic::Standard), "`status_url` must be a URL"),
        (builder(&script, &clock).status_url("https://m.example"), "`traffic` is required"),
        (builder(&script, &clock).status_url("https://m.example").traffic(Traffic::from("vip")), "`traffic` must be"),
    ] {
        let client = client.redirect_url("https://m.example").build().unwrap();
        for err in
            [block_on(client.pay_out(&payout)).unwrap_err(), block_on(client.start_payment(&payment)).unwrap_err()]
        {
            assert_eq!((err.kind(), err.outcome()), (ErrorKind::Configuration, Outcome::NotSent), "{err}");
            assert!(err.to_string().contains(problem), "{err}");
        }
    }
    assert_eq!(script.requests().len(), 0);
}

#[test]
fn an_orders_values_override_the_clients_defaults() {
    let (client, script) = scripted([]);
    let deposit =
        deposit().status_url("https://own.example/s").redirect_url("https://own.example/r").traffic(Traffic::FirstTime);
    let _ = block_on(client.create_deposit(deposit).send());

    let body = body_of(&script);
    assert!(body.contains(r#""status_url":"https://own.example/s""#), "{body}");
    assert!(body.contains(r#""redirect_url":"https://own.example/r""#), "{body}");
    assert!(body.contains(r#""traffic":"ftd""#), "{body}");
}

#[test]
fn a_beneficiary_must_have_the_documented_form() {
    for account in ["12345678", "1234567890123456789", "", "12345 6789", "123456789\n"] {
        let err = account.parse::<BankAccount>().unwrap_err();
        assert_eq!(err.field(), "bank_account");
    }
    assert_eq!("065432123".parse::<BankAccount>().unwrap().as_str(), "065432123", "a leading zero is kept");
    assert!("123456789012345678".parse::<BankAccount>().is_ok(), "eighteen characters are accepted");

    let withdrawal_to = |account: &str, bank: &str| {
        let (account, bank): (BankAccount, BankCode) = (account.parse().unwrap(), bank.parse().unwrap());
        NewWithdrawal::bank_transfer(rupees("500"), "o", "c", account, bank)
    };
    check_withdrawal(withdrawal_to("ABC123456789", "HDFC0000053"), "bank_account", "only digits for INR");
    check_withdrawal(withdrawal_to("065432123456789", "HDFC000005"), "bank_code", "IFSC of 11 characters");
    check_withdrawal(withdrawal_to("065432123456789", "HDFC00000531"), "bank_code", "IFSC of 11 characters");
    assert!("HDFC/00005".parse::<BankCode>().is_err());
}

#[test]
fn the_rules_for_beneficiaries_in_inr_do_not_apply_to_other_currencies() {
    let (client, script) = scripted([]);
    let euros = Money::parse("12.5", Currency::EUR).unwrap();
    let (account, bank) = ("DE1234567890".parse().unwrap(), "DEUTDEFF".parse().unwrap());
    let (method, order, customer) = (Method::from("sepa"), "o", "c");
    let withdrawal = NewWithdrawal::new(method, euros, order, customer, account, bank);
    let _ = block_on(client.create_withdrawal(withdrawal).send());

    let body = body_of(&script);
    assert!(body.contains(r#""amount":12.50,"currency":"EUR""#), "{body}");
    assert!(body.contains(r#""method":"sepa""#), "{body}");
}

#[test]
fn ids_and_references_are_checked_when_they_are_created() {
    for id in ["", ".", "..", "a/b", "a?b", "a#b", "a%2e", "a b", "a\r\nX: y", "a\0", "ä", &"x".repeat(256)] {
        assert!(id.parse::<OrderId>().is_err(), "{id:?}");
    }
    for reference in ["", ".", "..", &"x".repeat(101)] {
        assert!(reference.parse::<MerchantOrderId>().is_err(), "{reference:?}");
        assert!(reference.parse::<MerchantCustomerId>().is_err(), "{reference:?}");
    }
    assert!("any text / at all".parse::<MerchantOrderId>().is_ok());
    for utr in ["", "1 2", "1\n"] {
        assert_eq!(utr.parse::<Utr>().unwrap_err().field(), "utr", "{utr:?}");
    }
}

fn deposit_of(amount: Money) -> NewDeposit {
    NewDeposit::upi(amount, "order-1", "customer-1")
}

#[test]
fn an_id_can_be_a_text_which_is_checked_before_anything_is_sent() {
    check_deposit(NewDeposit::upi(rupees("1"), "", "customer-9"), "merchant_order_id", "must not be empty");
    check_deposit(NewDeposit::upi(rupees("1"), "o-1", "."), "merchant_customer_id", "must not be `.` or `..`");
    let (account, bank): (BankAccount, BankCode) = ("065432123456789".parse().unwrap(), "HDFC0000053".parse().unwrap());
    let new = NewWithdrawal::bank_transfer(rupees("1"), "x".repeat(101), "customer-9", account, bank);
    assert_eq!(new.merchant_order_id().unwrap_err().field(), "merchant_order_id");
    check_withdrawal(new, "merchant_order_id", "must not be longer than 100 characters");

    let (client, script) = scripted([]);
    let confirmation = NewConfirmation::new("not a UTR");
    let err = block_on(client.confirm_utr(&"o-1".parse().unwrap(), confirmation).send()).unwrap_err();
    check(&err, &script, "utr", "must");
}
