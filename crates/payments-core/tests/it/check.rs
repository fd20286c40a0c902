use payments_core::rust_decimal::Decimal;
use payments_core::{Currency, Expected, Mismatch, Money, MoneyError, Reported};

fn expected() -> Expected {
    Expected::new("order-1", Money::parse("100.50", Currency::INR).unwrap()).live(true)
}

fn claim() -> Reported<'static> {
    Reported { reference: "order-1", amount: "100.5".parse().unwrap(), currency: Some(Currency::INR), live: Some(true) }
}

#[test]
fn a_claim_that_is_what_was_asked_for_passes() {
    assert_eq!(expected().check(&claim()), Ok(()));
    assert_eq!(expected().check(&Reported { currency: None, live: None, ..claim() }), Ok(()));
    assert_eq!(expected().check(&Reported { amount: "100.500000".parse().unwrap(), ..claim() }), Ok(()));
}

#[test]
fn each_difference_is_named_and_the_gravest_first() {
    #[track_caller]
    fn check(claim: Reported<'_>, difference: Mismatch) {
        assert_eq!(expected().check(&claim), Err(difference));
    }
    let amount = |text: &str| text.parse::<Decimal>().unwrap();
    let (asked, actual) = (Money::from_minor(10_050, Currency::INR), Money::from_minor(10_049, Currency::INR));
    check(Reported { amount: amount("100.49"), ..claim() }, Mismatch::AmountDiffers { expected: asked, actual });
    let too_precise = MoneyError::TooPrecise { currency: Currency::INR, decimals: 2 };
    check(Reported { amount: amount("100.501"), ..claim() }, Mismatch::Amount(too_precise));
    let currency = Mismatch::Currency { expected: Currency::INR, actual: Currency::USD };
    check(Reported { currency: Some(Currency::USD), amount: amount("1"), ..claim() }, currency);
    check(Reported { live: Some(false), currency: Some(Currency::USD), ..claim() }, Mismatch::Mode { live: false });
    check(Reported { reference: "order-2", live: Some(false), ..claim() }, Mismatch::Reference);
    check(Reported { reference: "ORDER-1", ..claim() }, Mismatch::Reference);
    check(Reported { reference: "", ..claim() }, Mismatch::Reference);
}
