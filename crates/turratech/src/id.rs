//! TurraTech's ids.
//!
//! An id may be part of a URL path. So each holds only letters, digits, `.`, `_` and `-`, and is never `.` or `..`
//! (inferred: the document shows ids but no rule). A price id is never part of a path and may be any text.

use payments_core::id::check_id;
use payments_core::{check_length, string_newtype};

string_newtype! {
    /// TurraTech's id of a payment, such as `pay_1NqQXYZ123456789`.
    pub struct PaymentId("payment"): |text| check_id("payment", text);
}

string_newtype! {
    /// TurraTech's id of a customer, such as `cus_ABC123`.
    pub struct CustomerId("customer"): |text| check_id("customer", text);
}

string_newtype! {
    /// TurraTech's id of a payment method, such as `pm_card_visa`.
    pub struct PaymentMethodId("payment_method"): |text| check_id("payment_method", text);
}

string_newtype! {
    /// TurraTech's id of a refund.
    pub struct RefundId("refund"): |text| check_id("refund", text);
}

string_newtype! {
    /// TurraTech's id of a subscription.
    pub struct SubscriptionId("subscription"): |text| check_id("subscription", text);
}

string_newtype! {
    /// TurraTech's id of a price that a customer subscribes to, such as `price_pro_monthly`.
    ///
    /// Any text of 1 to 255 characters. The document has no calls that create prices.
    pub struct PriceId("price"): |text| check_length("price", text, 255);
}

string_newtype! {
    /// TurraTech's id of a webhook endpoint.
    pub struct WebhookEndpointId("webhook_endpoint"): |text| check_id("webhook_endpoint", text);
}

string_newtype! {
    /// TurraTech's id of an event. All deliveries of the event have the same id.
    pub struct EventId("event"): |text| check_id("event", text);
}
