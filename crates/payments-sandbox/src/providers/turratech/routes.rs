//! The operations and their paths.

use crate::http::Request;

/// An operation of the API.
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
    /// The operation's name in the ledger.
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

    /// The operation's name in faults.
    pub(crate) fn name(self) -> &'static str {
        self.ledger_name().strip_prefix("turratech.").unwrap_or_default()
    }
}

/// All operations, as faults name them.
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

/// The operations that change nothing.
pub(crate) const READ_ONLY_OPERATIONS: &[&str] =
    &["retrieve-payment", "list-payments", "retrieve-customer", "list-customers", "retrieve-refund", "list-refunds"];

/// The operations that cause events.
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

/// Returns a request's operation and the id in its path, which is empty for creating and listing.
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
    let has_id = path.len() > 1;
    (!has_id || !route.1.is_empty()).then_some(route)
}
