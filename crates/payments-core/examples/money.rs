//! Exact amounts: read, added up, split, and refused where they would have to be rounded.
//!
//! ```text
//! cargo run -p payments-core --example money
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use payments_core::{Currency, Money, MoneyError};

fn main() -> Result<(), MoneyError> {
    let price = Money::parse("1999.99", Currency::INR)?;
    let shipping = Money::parse("49.5", Currency::INR)?;
    let total = price.checked_add(shipping)?;
    println!("{price} and {shipping} are {total}");

    // Seventy to the seller, twenty to the courier, ten to us: not a paisa more or less than the total.
    let parts = total.allocate(&[70, 20, 10])?;
    for (who, part) in ["seller", "courier", "platform"].iter().zip(&parts) {
        println!("{who:>10}: {part}");
    }
    let sum = parts.into_iter().try_fold(Money::from_minor(0, Currency::INR), Money::checked_add)?;
    assert_eq!(sum, total);

    // Each currency has its own decimals.
    for (text, currency) in [("1250", Currency::JPY), ("1.250", Currency::KWD), ("0.0001", Currency::CLF)] {
        let amount = Money::parse(text, currency)?;
        println!("{amount} is {} minor units", amount.minor());
    }

    // Nothing is rounded, and nothing is assumed.
    for (text, currency) in
        [("300.001", Currency::INR), ("12.5", Currency::JPY), ("1e3", Currency::INR), ("1", Currency::XAU)]
    {
        if let Err(err) = Money::parse(text, currency) {
            println!("{text:>10} {currency}: {err}");
        }
    }
    Ok(())
}
