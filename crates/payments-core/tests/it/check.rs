use payments_core::rust_decimal::Decimal;
use payments_core::{Claim, Currency, Expected, Mismatch, Money, MoneyError};

fn expected() -> Expected {
    Expected::new("order-1", Money::parse("100.50", Currency::INR).unwrap()).live(true)
}

fn claim() -> Claim<'static> {
    Claim { reference: "order-1", amount: "100.5".parse().unwrap(), currency: Some(Currency::INR), live: Some(true) }
}

#[test]
fn a_claim_that_is_what_was_asked_for_passes() {
    assert_eq!(expected().check(&claim()), Ok(()));
    assert_eq!(expected().check(&Claim { currency: None, live: None, ..claim() }), Ok(()));
    assert_eq!(expected().check(&Claim { amount: "100.500000".parse().unwrap(), ..claim() }), Ok(()));
}

#[test]
fn each_difference_is_named_and_the_gravest_first() {
    #[track_caller]
    fn check(claim: Claim<'_>, difference: Mismatch) {
        assert_eq!(expected().check(&claim), Err(difference));
    }
    let amount = |text: &str| text.parse::<Decimal>().unwrap();
    let (asked, actual) = (Money::from_minor(10_050, Currency::INR), Money::from_minor(10_049, Currency::INR));
    check(Claim { amount: amount("100.49"), ..claim() }, Mismatch::AmountDiffers { asked, actual });
    let too_precise = MoneyError::TooPrecise { currency: Currency::INR, decimals: 2 };
    check(Claim { amount: amount("100.501"), ..claim() }, Mismatch::Amount(too_precise));
    let currency = Mismatch::Currency { expected: Currency::INR, actual: Currency::USD };
    check(Claim { currency: Some(Currency::USD), amount: amount("1"), ..claim() }, currency);
    check(Claim { live: Some(false), currency: Some(Currency::USD), ..claim() }, Mismatch::Mode { live: false });
    check(Claim { reference: "order-2", live: Some(false), ..claim() }, Mismatch::Reference);
    check(Claim { reference: "ORDER-1", ..claim() }, Mismatch::Reference);
    check(Claim { reference: "", ..claim() }, Mismatch::Reference);
}
