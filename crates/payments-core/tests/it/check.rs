use payments_core::rust_decimal::Decimal;
use payments_core::{Currency, Expected, Mismatch, Money, MoneyError, Reported, ReportedAmount, ReportedCurrency};

fn expected() -> Expected {
    Expected::new("order-1", Money::parse("100.50", Currency::INR).unwrap()).live(true)
}

fn reported() -> Reported<'static> {
    Reported {
        reference: "order-1",
        amount: Ok("100.5".parse().unwrap()),
        currency: Ok(Some(Currency::INR)),
        live: Some(true),
    }
}

#[test]
fn a_report_that_matches_the_expectation_passes() {
    assert_eq!(expected().reference(), "order-1");
    assert_eq!(expected().check(&reported()), Ok(()));
    assert_eq!(expected().check(&Reported { currency: Ok(None), live: None, ..reported() }), Ok(()));
    assert_eq!(expected().check(&Reported { amount: Ok("100.500000".parse().unwrap()), ..reported() }), Ok(()));
}

#[test]
fn the_first_difference_is_returned_in_order_of_severity() {
    #[track_caller]
    fn check(reported: &Reported<'_>, mismatch: Mismatch) {
        assert_eq!(expected().check(reported), Err(mismatch));
    }
    let amount = |text: &str| Ok(text.parse::<Decimal>().unwrap());
    let (requested, actual) = (Money::from_minor(10_050, Currency::INR), Money::from_minor(10_049, Currency::INR));
    check(
        &Reported { amount: amount("100.49"), ..reported() },
        Mismatch::AmountDiffers { expected: requested, actual },
    );
    let too_precise = MoneyError::TooPrecise { currency: Currency::INR, decimals: 2 };
    check(&Reported { amount: amount("100.501"), ..reported() }, Mismatch::Amount(too_precise));
    let currency = Mismatch::Currency { expected: Currency::INR, actual: Currency::USD };
    check(&Reported { currency: Ok(Some(Currency::USD)), amount: amount("1"), ..reported() }, currency);
    check(
        &Reported { live: Some(false), currency: Ok(Some(Currency::USD)), ..reported() },
        Mismatch::Mode { live: false },
    );
    check(&Reported { reference: "order-2", live: Some(false), ..reported() }, Mismatch::Reference);
    check(&Reported { reference: "ORDER-1", ..reported() }, Mismatch::Reference);
    check(&Reported { reference: "", ..reported() }, Mismatch::Reference);
}

#[test]
fn an_unreadable_amount_or_currency_never_matches() {
    let unreadable = ReportedAmount::Unreadable("1,500".into()).decimal().unwrap_err();
    let missing = ReportedAmount::Missing.decimal().unwrap_err();
    for error in [unreadable.clone(), missing] {
        let report = Reported { amount: Err(error.clone()), ..reported() };
        assert_eq!(expected().check(&report), Err(Mismatch::AmountUnreadable(error)));
    }
    let currency = ReportedCurrency::Unreadable("TL".into()).if_reported();
    let report = Reported { currency: currency.clone(), ..reported() };
    assert_eq!(expected().check(&report), Err(Mismatch::AmountUnreadable(currency.unwrap_err())));
    assert_eq!(ReportedCurrency::Missing.if_reported(), Ok(None));
}
