//! The addresses, and the operations that they stand for.

use crate::http::Request;

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    CreatePayment,
    RetrievePayment,
    ListPayments,
    CapturePayment,
    CancelPayment,
    CreateCustomer,
    RetrieveCustomer,
    UpdateCustomer,
    DeleteCustomer,
    ListCustomers,
    CreatePaymentMethod,
    AttachPaymentMethod,
    DetachPaymentMethod,
    CreateRefund,
    RetrieveRefund,
    ListRefunds,
    CreateSubscription,
    UpdateSubscription,
    CancelSubscription,
    CreateWebhookEndpoint,
}

impl Operation {
    /// As the ledger names it.
    pub(crate) fn ledger_name(self) -> &'static str {
        match self {
            Self::CreatePayment => "turratech.create-payment",
            Self::RetrievePayment => "turratech.retrieve-payment",
            Self::ListPayments => "turratech.list-payments",
            Self::CapturePayment => "turratech.capture-payment",
            Self::CancelPayment => "turratech.cancel-payment",
            Self::CreateCustomer => "turratech.create-customer",
            Self::RetrieveCustomer => "turratech.retrieve-customer",
            Self::UpdateCustomer => "turratech.update-customer",
            Self::DeleteCustomer => "turratech.delete-customer",
            Self::ListCustomers => "turratech.list-customers",
            Self::CreatePaymentMethod => "turratech.create-payment-method",
            Self::AttachPaymentMethod => "turratech.attach-payment-method",
            Self::DetachPaymentMethod => "turratech.detach-payment-method",
            Self::CreateRefund => "turratech.create-refund",
            Self::RetrieveRefund => "turratech.retrieve-refund",
            Self::ListRefunds => "turratech.list-refunds",
            Self::CreateSubscription => "turratech.create-subscription",
            Self::UpdateSubscription => "turratech.update-subscription",
            Self::CancelSubscription => "turratech.cancel-subscription",
            Self::CreateWebhookEndpoint => "turratech.create-webhook-endpoint",
        }
    }

    /// As faults name it.
    pub(crate) fn name(self) -> &'static str {
        self.ledger_name().strip_prefix("turratech.").unwrap_or_default()
    }
}

/// As faults name them.
pub(crate) const OPERATIONS: &[&str] = &[
    "create-payment",
    "retrieve-payment",
    "list-payments",
    "capture-payment",
    "cancel-payment",
    "create-customer",
    "retrieve-customer",
    "update-customer",
    "delete-customer",
    "list-customers",
    "create-payment-method",
    "attach-payment-method",
    "detach-payment-method",
    "create-refund",
    "retrieve-refund",
    "list-refunds",
    "create-subscription",
    "update-subscription",
    "cancel-subscription",
    "create-webhook-endpoint",
];

/// Those that only ask.
pub(crate) const READ_ONLY_OPERATIONS: &[&str] =
    &["retrieve-payment", "list-payments", "retrieve-customer", "list-customers", "retrieve-refund", "list-refunds"];

/// Those that send an event.
pub(crate) const OPERATIONS_WITH_MESSAGES: &[&str] = &[
    "create-payment",
    "capture-payment",
    "create-customer",
    "delete-customer",
    "create-refund",
    "create-subscription",
    "update-subscription",
    "cancel-subscription",
];

/// Which operation a request asks for, and for which object: none where it makes one or lists them.
pub(crate) fn route(request: &Request) -> Option<(Operation, &str)> {
    use Operation::*;
    let path: Vec<&str> = request.path.strip_prefix("/v1/")?.split('/').collect();
    let route = match (request.method.as_str(), path.as_slice()) {
        ("POST", ["payments"]) => (CreatePayment, ""),
        ("GET", ["payments"]) => (ListPayments, ""),
        ("GET", ["payments", id]) => (RetrievePayment, *id),
        ("POST", ["payments", id, "capture"]) => (CapturePayment, *id),
        ("POST", ["payments", id, "cancel"]) => (CancelPayment, *id),
        ("POST", ["customers"]) => (CreateCustomer, ""),
        ("GET", ["customers"]) => (ListCustomers, ""),
        ("GET", ["customers", id]) => (RetrieveCustomer, *id),
        ("POST", ["customers", id]) => (UpdateCustomer, *id),
        ("DELETE", ["customers", id]) => (DeleteCustomer, *id),
        ("POST", ["payment_methods"]) => (CreatePaymentMethod, ""),
        ("POST", ["payment_methods", id, "attach"]) => (AttachPaymentMethod, *id),
        ("POST", ["payment_methods", id, "detach"]) => (DetachPaymentMethod, *id),
        ("POST", ["refunds"]) => (CreateRefund, ""),
        ("GET", ["refunds"]) => (ListRefunds, ""),
        ("GET", ["refunds", id]) => (RetrieveRefund, *id),
        ("POST", ["subscriptions"]) => (CreateSubscription, ""),
        ("POST", ["subscriptions", id]) => (UpdateSubscription, *id),
        ("DELETE", ["subscriptions", id]) => (CancelSubscription, *id),
        ("POST", ["webhook_endpoints"]) => (CreateWebhookEndpoint, ""),
        _ => return None,
    };
    let names_one = path.len() > 1;
    (!names_one || !route.1.is_empty()).then_some(route)
}
