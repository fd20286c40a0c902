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
        "customer-9".parse().unwrap(),
        "065432123456789".parse().unwrap(),
        "HDFC0000053".parse().unwrap(),
    )
}

pub(crate) fn deposit(order: &str) -> NewDeposit {
    NewDeposit::upi(rupees(2000), reference(order), "customer-9".parse().unwrap())
}
