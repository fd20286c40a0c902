use turbopay::{Currency, MerchantOrderId, Money, NewDeposit, NewWithdrawal};

pub(crate) fn rupees(amount: i64) -> Money {
    Money::from_minor(amount * 100, Currency::INR)
}

pub(crate) fn reference(text: &str) -> MerchantOrderId {
    text.parse().unwrap()
}

pub(crate) fn withdrawal(order: &str) -> NewWithdrawal {
    NewWithdrawal::bank_transfer(
        rupees(500),
        reference(order),
        "customer-9",
        "065432123456789".parse().unwrap(),
        "HDFC0000053".parse().unwrap(),
    )
}

pub(crate) fn deposit(order: &str) -> NewDeposit {
    NewDeposit::upi(rupees(2000), reference(order), "customer-9")
}

pub(crate) fn pounds(pence: i64) -> Money {
    Money::from_minor(pence, Currency::GBP)
}

pub(crate) fn payment(order: &str) -> turratech::NewPayment {
    let method = "pm_card_visa";
    turratech::NewPayment::new(pounds(2000)).payment_method(method).confirm(true).metadata("order_id", order)
}

pub(crate) fn lira(text: &str) -> Money {
    Money::parse(text, Currency::TRY).unwrap()
}

pub(crate) fn card_payment(order: &str) -> card3ds::NewPayment {
    card_payment_by(order, "5421190122090656")
}

pub(crate) fn card_payment_by(order: &str, number: &str) -> card3ds::NewPayment {
    let expiry = card3ds::Expiry::new(4, 2028).unwrap();
    let card = card3ds::Card::new("John Doe", number.parse().unwrap(), expiry, "916".parse().unwrap());
    card3ds::NewPayment::new(order, lira("100.50"), card, "198.51.100.7:52144".parse().unwrap())
}
