use payments_core::{Argument, Money};
use serde_json::value::RawValue;

use crate::id::{MerchantOrderId, PaymentId};
use crate::new_payment::NewPayment;

/// The members of a request that its response must repeat.
#[derive(Debug, Clone, Default)]
pub(crate) struct Requested {
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) order_id: Option<MerchantOrderId>,
    pub(crate) amount: Option<Money>,
}

impl Requested {
    /// What a payment asks for.
    pub(crate) fn by(payment: &NewPayment) -> Self {
        Self { amount: Some(payment.amount), ..Self::for_order(&payment.order_id) }
    }

    /// Any result of an order.
    pub(crate) fn for_order(order_id: &Argument<MerchantOrderId>) -> Self {
        Self { order_id: order_id.valid().cloned(), ..Self::default() }
    }

    /// True if a member of an error response names another order or payment, or cannot be read.
    pub(crate) fn is_contradicted_by(&self, name: &str, value: &RawValue) -> bool {
        let differs = |is_same: &dyn Fn(&str) -> bool| match value.get() {
            "null" | "\"\"" => false,
            raw if raw.starts_with('"') => serde_json::from_str::<String>(raw).map_or(true, |text| !is_same(&text)),
            raw => !is_same(raw),
        };
        match (name, &self.payment_id, &self.order_id) {
            ("paymentId", Some(id), _) => differs(&|text| text.eq_ignore_ascii_case(id.as_str())),
            ("orderId", _, Some(id)) => differs(&|text| text == id.as_str()),
            _ => false,
        }
    }
}
