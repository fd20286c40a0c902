//! Parses, adds and splits exact amounts, and shows which amounts are rejected.
//!
//! ```text
//! cargo run -p payments-core --example money
//! ```

#![expect(clippy::print_stdout, reason = "the example prints its results")]

use payments_core::{Currency, Money, MoneyError};

fn main() -> Result<(), MoneyError> {
    let price = Money::parse("1999.99", Currency::INR)?;
    let shipping = Money::parse("49.5", Currency::INR)?;
    let total = price.checked_add(shipping)?;
    println!("{price} + {shipping} = {total}");

    // 70 % for the seller, 20 % for the courier, 10 % for the platform. The parts add up to the total exactly.
    let parts = total.allocate(&[70, 20, 10])?;
    for (recipient, part) in ["seller", "courier", "platform"].iter().zip(&parts) {
        println!("{recipient:>10}: {part}");
    }
    let sum = parts.into_iter().try_fold(Money::from_minor(0, Currency::INR), Money::checked_add)?;
    assert_eq!(sum, total);

    // Each currency has its own number of decimals.
    for (text, currency) in [("1250", Currency::JPY), ("1.250", Currency::KWD), ("0.0001", Currency::CLF)] {
        let amount = Money::parse(text, currency)?;
        println!("{amount} = {} minor units", amount.minor());
    }

    // Amounts are never rounded, and decimals are never assumed.
    for (text, currency) in
        [("300.001", Currency::INR), ("12.5", Currency::JPY), ("1e3", Currency::INR), ("1", Currency::XAU)]
    {
        if let Err(err) = Money::parse(text, currency) {
            println!("{text:>10} {currency}: {err}");
        }
    }
    Ok(())
}
