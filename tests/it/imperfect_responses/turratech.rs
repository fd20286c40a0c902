//! TurraTech's calls and events. The document shows a payment and an error; the other objects are inferred.

use payments_core::Keyed;
use payments_core::clock::Clock as _;
use payments_core::gateway::{Refund as _, RefundRequest, Retrieve as _};
use payments_core::json::{UnreadableItem, UnreadableMembers};
use payments_core::test_util::{Reply, Script};
use turratech::test_util::sign;
use turratech::{
    ApiKey, Call, CancelledSubscription, Client, Currency, Customer, CustomerDetails, Error, EventObject, EventType,
    Expected, ListParams, NewPaymentMethod, NewRefund, NewSubscription, NewWebhookEndpoint, Payment, PaymentMethod,
    Refund, Subscription, SubscriptionItem, SubscriptionUpdate, WebhookSecret, WebhookVerifier,
};

use super::exchange::{Exchange, Facts, Reading, clock, now};
use crate::support::pounds;

pub(super) const EXCHANGES: &[&Exchange] = &[
    &CREATE_PAYMENT,
    &RETRIEVE_PAYMENT,
    &CAPTURE_PAYMENT,
    &CANCEL_PAYMENT,
    &LIST_PAYMENTS,
    &STATE,
    &CREATE_CUSTOMER,
    &RETRIEVE_CUSTOMER,
    &UPDATE_CUSTOMER,
    &DELETE_CUSTOMER,
    &LIST_CUSTOMERS,
    &CREATE_PAYMENT_METHOD,
    &ATTACH_PAYMENT_METHOD,
    &DETACH_PAYMENT_METHOD,
    &CREATE_REFUND,
    &RETRIEVE_REFUND,
    &LIST_REFUNDS,
    &REFUND_STATE,
    &CREATE_SUBSCRIPTION,
    &UPDATE_SUBSCRIPTION,
    &CANCEL_SUBSCRIPTION,
    &CANCEL_AND_DELETE_SUBSCRIPTION,
    &CREATE_WEBHOOK_ENDPOINT,
    &PAYMENT_EVENT,
    &CUSTOMER_EVENT,
    &SUBSCRIPTION_EVENT,
    &REFUND_EVENT,
    &OTHER_EVENT,
];

// Payments.

pub(super) const RETRIEVE_PAYMENT: Exchange = Exchange {
    name: "turratech, retrieve payment",
    status: 200,
    sample: r#"{"id":"pay_1NqQXYZ123456789","object":"payment","amount":2000,"amount_capturable":0,
        "amount_received":2000,"currency":"gbp","customer":"cus_ABC123","description":"Order #12345",
        "payment_method":"pm_card_visa","status":"succeeded","created":1704067200,"livemode":false,
        "metadata":{"order_id":"12345"}}"#,
    deciding: &["id", "status", "livemode"],
    compared: &["amount", "amount_capturable", "amount_received", "currency", "metadata", "metadata.order_id"],
    any_shape: &["object"],
    read: |status, body| payment(now(client(Reply::new(status, body)).retrieve_payment(&PAY.parse().unwrap()).send())),
};

/// The request has the sample's customer and metadata: another shape of theirs is a contradiction.
pub(super) const CREATE_PAYMENT: Exchange = Exchange {
    name: "turratech, create payment",
    deciding: &["id", "status", "livemode", "customer", "metadata", "metadata.order_id"],
    compared: &["amount", "amount_capturable", "amount_received", "currency"],
    read: |status, body| {
        let new = turratech::NewPayment::new(pounds(2000)).customer(CUS).metadata("order_id", "12345");
        payment(keyed(status, body, |client| client.create_payment(new)))
    },
    ..RETRIEVE_PAYMENT
};

/// Creates a payment without naming a customer and without metadata, as most callers do.
pub(super) const CREATE_PLAIN_PAYMENT: Exchange = Exchange {
    name: "turratech, create payment without metadata",
    read: |status, body| {
        payment(keyed(status, body, |client| client.create_payment(turratech::NewPayment::new(pounds(2000)))))
    },
    ..RETRIEVE_PAYMENT
};

pub(super) const CAPTURE_PAYMENT: Exchange = Exchange {
    name: "turratech, capture payment",
    read: |status, body| payment(keyed(status, body, |client| client.capture_payment(&PAY.parse().unwrap()))),
    ..RETRIEVE_PAYMENT
};

pub(super) const CANCEL_PAYMENT: Exchange = Exchange {
    name: "turratech, cancel payment",
    read: |status, body| payment(keyed(status, body, |client| client.cancel_payment(&PAY.parse().unwrap()))),
    ..RETRIEVE_PAYMENT
};

/// The amount that counts for a payment that succeeded is the received one.
pub(super) const STATE: Exchange = Exchange {
    name: "gateway, turratech retrieve",
    compared: &["amount_received", "currency", "metadata", "metadata.order_id"],
    any_shape: &["object", "amount", "amount_capturable"],
    read: |status, body| {
        let found = now(client(Reply::new(status, body)).retrieve(PAY, &Expected::new("12345", pounds(2000))));
        Reading::of(found, |state| {
            let (id, passes) = (state.id.clone().unwrap_or_default(), state.is_paid_as_expected());
            Facts::new(id, format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..RETRIEVE_PAYMENT
};

pub(super) const LIST_PAYMENTS: Exchange = Exchange {
    name: "turratech, list payments",
    status: 200,
    sample: r#"{"object":"list","data":[
        {"id":"pay_3","object":"payment","amount":2000,"currency":"gbp","status":"succeeded","livemode":false},
        {"id":"pay_2","object":"payment","amount":2000,"currency":"gbp","customer":"cus_ABC123","status":"succeeded",
            "created":1704067200,"livemode":false,"metadata":{"order_id":"12345"}},
        {"id":"pay_1","object":"payment","amount":2000,"currency":"gbp","status":"succeeded","livemode":false}],
        "has_more":false}"#,
    deciding: &[
        "data",
        "data[0]",
        "data[1]",
        "data[2]",
        "has_more",
        "data[0].id",
        "data[1].id",
        "data[2].id",
        "data[0].status",
        "data[1].status",
        "data[2].status",
        "data[0].livemode",
        "data[1].livemode",
        "data[2].livemode",
    ],
    compared: &[
        "data[0].amount",
        "data[1].amount",
        "data[2].amount",
        "data[0].currency",
        "data[1].currency",
        "data[2].currency",
        "data[1].metadata",
        "data[1].metadata.order_id",
    ],
    any_shape: &["object", "data[0].object", "data[1].object", "data[2].object"],
    read: |status, body| {
        let page = now(client(Reply::new(status, body)).list_payments(ListParams::new()).try_next_page());
        page_of(page, |payment: &Payment| {
            let is_paid = payment.is_paid() && payment.amount() == Ok(pounds(2000)) && !payment.livemode;
            let has_metadata =
                payment.id.as_str() != "pay_2" || payment.metadata.get("order_id").is_some_and(|id| id == "12345");
            let customer = payment.customer.as_ref().map_or("-", |id| id.as_str());
            Facts::new(&payment.id, &payment.status, payment.unreadable_members())
                .details(customer)
                .passes(is_paid && has_metadata)
        })
    },
};

// Customers.

pub(super) const RETRIEVE_CUSTOMER: Exchange = Exchange {
    name: "turratech, retrieve customer",
    status: 200,
    sample: r#"{"id":"cus_ABC123","object":"customer","email":"a@example.com","name":"A","phone":"+44","description":"d",
        "address":{"city":"London"},"shipping":{"name":"A"},"metadata":{"crm":"7"},"payment_method":"pm_card_visa",
        "status":"active"}"#,
    deciding: &["id"],
    compared: &[],
    any_shape: &["object", "address", "address.city", "shipping", "shipping.name"],
    read: |status, body| {
        customer(now(client(Reply::new(status, body)).retrieve_customer(&CUS.parse().unwrap()).send()))
    },
};

pub(super) const CREATE_CUSTOMER: Exchange = Exchange {
    name: "turratech, create customer",
    read: |status, body| customer(keyed(status, body, |client| client.create_customer(CustomerDetails::new()))),
    ..RETRIEVE_CUSTOMER
};

pub(super) const UPDATE_CUSTOMER: Exchange = Exchange {
    name: "turratech, update customer",
    read: |status, body| {
        let details = CustomerDetails::new().name("A");
        customer(keyed(status, body, |client| client.update_customer(&CUS.parse().unwrap(), details)))
    },
    ..RETRIEVE_CUSTOMER
};

pub(super) const DELETE_CUSTOMER: Exchange = Exchange {
    name: "turratech, delete customer",
    status: 200,
    sample: r#"{"id":"cus_ABC123","object":"customer","deleted":true}"#,
    deciding: &["id", "deleted"],
    compared: &[],
    any_shape: &["object"],
    read: |status, body| {
        let deleted = now(client(Reply::new(status, body)).delete_customer(&CUS.parse().unwrap()).send());
        Reading::of(deleted, |read| Facts::new(&read.id, "deleted", &<_>::default()))
    },
};

pub(super) const LIST_CUSTOMERS: Exchange = Exchange {
    name: "turratech, list customers",
    status: 200,
    sample: r#"{"data":[{"id":"cus_2","name":"A"}],"has_more":false}"#,
    deciding: &["data", "data[0]", "data[0].id", "has_more"],
    compared: &[],
    any_shape: &[],
    read: |status, body| {
        let page = now(client(Reply::new(status, body)).list_customers(ListParams::new()).try_next_page());
        page_of(page, |customer: &Customer| Facts::new(&customer.id, "", customer.unreadable_members()))
    },
};

// Payment methods.

pub(super) const CREATE_PAYMENT_METHOD: Exchange = Exchange {
    name: "turratech, create payment method",
    status: 200,
    sample: r#"{"id":"pm_1","object":"payment_method","type":"card","customer":"cus_ABC123","status":"active"}"#,
    deciding: &["id"],
    compared: &[],
    any_shape: &["object"],
    read: |status, body| {
        let number = "4242424242424242".parse().unwrap();
        let card = turratech::Card::new(number, turratech::Expiry::new(12, 2030).unwrap(), "830".parse().unwrap());
        let new = NewPaymentMethod::card(card);
        payment_method(keyed(status, body, |client| client.create_payment_method(new)))
    },
};

/// The customer is compared with the request.
pub(super) const ATTACH_PAYMENT_METHOD: Exchange = Exchange {
    name: "turratech, attach payment method",
    deciding: &["id", "customer"],
    read: |status, body| {
        let (id, customer) = ("pm_1".parse().unwrap(), CUS.parse().unwrap());
        payment_method(keyed(status, body, |client| client.attach_payment_method(&id, &customer)))
    },
    ..CREATE_PAYMENT_METHOD
};

pub(super) const DETACH_PAYMENT_METHOD: Exchange = Exchange {
    name: "turratech, detach payment method",
    read: |status, body| {
        payment_method(keyed(status, body, |client| client.detach_payment_method(&"pm_1".parse().unwrap())))
    },
    ..CREATE_PAYMENT_METHOD
};

// Refunds.

pub(super) const RETRIEVE_REFUND: Exchange = Exchange {
    name: "turratech, retrieve refund",
    status: 200,
    sample: r#"{"id":"re_1","object":"refund","payment":"pay_1NqQXYZ123456789","amount":500,"currency":"gbp",
        "reason":"duplicate","status":"succeeded","metadata":{"n":"1"}}"#,
    deciding: &["id", "status"],
    compared: &["amount", "currency"],
    any_shape: &["object"],
    read: |status, body| refund(now(client(Reply::new(status, body)).retrieve_refund(&"re_1".parse().unwrap()).send())),
};

/// The payment and the metadata are compared with the request.
pub(super) const CREATE_REFUND: Exchange = Exchange {
    name: "turratech, create refund",
    deciding: &["id", "status", "payment", "metadata", "metadata.n"],
    read: |status, body| {
        let new = NewRefund::new(PAY).amount(pounds(500)).metadata("n", "1");
        refund(keyed(status, body, |client| client.create_refund(new)))
    },
    ..RETRIEVE_REFUND
};

pub(super) const LIST_REFUNDS: Exchange = Exchange {
    name: "turratech, list refunds",
    status: 200,
    sample: r#"{"data":[{"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","status":"succeeded"}],
        "has_more":false}"#,
    deciding: &["data", "data[0]", "data[0].id", "data[0].status", "has_more"],
    compared: &["data[0].amount", "data[0].currency"],
    any_shape: &[],
    read: |status, body| {
        let page = now(client(Reply::new(status, body)).list_refunds(ListParams::new()).try_next_page());
        page_of(page, refund_facts)
    },
};

pub(super) const REFUND_STATE: Exchange = Exchange {
    name: "gateway, turratech refund",
    deciding: &["id", "status", "payment", "metadata", "metadata.order_id"],
    any_shape: &[],
    sample: r#"{"id":"re_1","payment":"pay_1NqQXYZ123456789","amount":500,"currency":"gbp","reason":"duplicate",
        "status":"succeeded","metadata":{"order_id":"refund-1"}}"#,
    read: |status, body| {
        let request = RefundRequest::new("refund-1", PAY, pounds(500));
        Reading::of(now(client(Reply::new(status, body)).refund(&request)), |state| {
            let passes = state.amount == Some(pounds(500));
            Facts::new(state.id.unwrap_or_default(), format!("{:?}", state.status), &<_>::default()).passes(passes)
        })
    },
    ..RETRIEVE_REFUND
};

// Subscriptions.

pub(super) const UPDATE_SUBSCRIPTION: Exchange = Exchange {
    name: "turratech, update subscription",
    status: 200,
    sample: r#"{"id":"sub_1","object":"subscription","customer":"cus_ABC123","items":[{"price":"price_1"}],
        "trial_period_days":14,"cancel_at_period_end":true,"default_payment_method":"pm_card_visa",
        "metadata":{"n":"1"},"status":"active"}"#,
    deciding: &["id", "status"],
    compared: &[],
    any_shape: &["object", "items", "items[0]", "items[0].price"],
    read: |status, body| {
        let (id, update) = ("sub_1".parse().unwrap(), SubscriptionUpdate::new().cancel_at_period_end(true));
        Reading::of(keyed(status, body, |client| client.update_subscription(&id, update)), |read| subscription(&read))
    },
};

pub(super) const CREATE_SUBSCRIPTION: Exchange = Exchange {
    name: "turratech, create subscription",
    deciding: &["id", "status", "customer"],
    read: |status, body| {
        let new = NewSubscription::new(CUS, SubscriptionItem::new("price_1"));
        Reading::of(keyed(status, body, |client| client.create_subscription(new)), |read| subscription(&read))
    },
    ..UPDATE_SUBSCRIPTION
};

pub(super) const CANCEL_SUBSCRIPTION: Exchange =
    Exchange { name: "turratech, cancel subscription", read: cancel, ..UPDATE_SUBSCRIPTION };

pub(super) const CANCEL_AND_DELETE_SUBSCRIPTION: Exchange = Exchange {
    name: "turratech, cancel subscription, deleted",
    sample: r#"{"id":"sub_1","object":"subscription","deleted":true}"#,
    deciding: &["id", "deleted"],
    any_shape: &["object"],
    ..CANCEL_SUBSCRIPTION
};

fn cancel(status: u16, body: &[u8]) -> Reading {
    let cancelled = now(client(Reply::new(status, body)).cancel_subscription(&"sub_1".parse().unwrap()).send());
    Reading::of(cancelled, |read| match read {
        CancelledSubscription::Subscription(read) => subscription(&read),
        CancelledSubscription::Deleted(deleted) => Facts::new(&deleted.id, "deleted", &<_>::default()),
        other => panic!("{other:?}"),
    })
}

// Webhooks.

pub(super) const CREATE_WEBHOOK_ENDPOINT: Exchange = Exchange {
    name: "turratech, create webhook endpoint",
    status: 201,
    sample: r#"{"id":"we_1","object":"webhook_endpoint","url":"https://m.example/hook",
        "enabled_events":["payment.succeeded"],"secret":"whsec_1"}"#,
    deciding: &["id", "secret"],
    compared: &[],
    any_shape: &["object"],
    read: |status, body| {
        let new = NewWebhookEndpoint::new("https://m.example/hook", [EventType::PaymentSucceeded]);
        Reading::of(keyed(status, body, |client| client.create_webhook_endpoint(new)), |read| {
            // A secret cannot be printed, but it can be compared.
            let same = read.secret == WebhookSecret::new("whsec_1").unwrap();
            Facts::new(format!("{} {same}", read.id), "", read.unreadable_members())
        })
    },
};

/// The object inside an event is read when the handler asks for it.
pub(super) const PAYMENT_EVENT: Exchange = Exchange {
    name: "turratech, event with a payment",
    status: 0,
    sample: r#"{"id":"evt_1","object":"event","type":"payment.succeeded","created":1704067200,"livemode":false,
        "data":{"object":{"id":"pay_1NqQXYZ123456789","object":"payment","amount":2000,"amount_capturable":0,
        "amount_received":2000,"currency":"gbp","customer":"cus_ABC123","description":"Order #12345",
        "payment_method":"pm_card_visa","status":"succeeded","created":1704067200,"livemode":false,
        "metadata":{"order_id":"12345"}}}}"#,
    deciding: &[
        "id",
        "type",
        "livemode",
        "data",
        "data.object",
        "data.object.id",
        "data.object.status",
        "data.object.livemode",
    ],
    compared: &[
        "data.object.amount",
        "data.object.amount_capturable",
        "data.object.amount_received",
        "data.object.currency",
        "data.object.metadata",
        "data.object.metadata.order_id",
    ],
    any_shape: &["object", "data.object.object"],
    read: event,
};

pub(super) const CUSTOMER_EVENT: Exchange = Exchange {
    name: "turratech, event with a customer",
    sample: r#"{"id":"evt_1","type":"customer.created","created":1704067200,"livemode":false,"data":{"object":
        {"id":"cus_ABC123","email":"a@example.com","address":{"city":"London"},"metadata":{"crm":"7"},
        "payment_method":"pm_1","status":"active"}}}"#,
    deciding: &["id", "type", "livemode", "data", "data.object", "data.object.id"],
    compared: &[],
    any_shape: &["data.object.address", "data.object.address.city"],
    ..PAYMENT_EVENT
};

pub(super) const SUBSCRIPTION_EVENT: Exchange = Exchange {
    name: "turratech, event with a subscription",
    sample: r#"{"id":"evt_1","type":"subscription.updated","created":1704067200,"livemode":false,"data":{"object":
        {"id":"sub_1","customer":"cus_ABC123","items":[],"trial_period_days":14,"cancel_at_period_end":true,
        "default_payment_method":"pm_1","metadata":{"n":"1"},"status":"active"}}}"#,
    deciding: &["id", "type", "livemode", "data", "data.object", "data.object.id", "data.object.status"],
    compared: &[],
    any_shape: &["data.object.items"],
    ..PAYMENT_EVENT
};

pub(super) const REFUND_EVENT: Exchange = Exchange {
    name: "turratech, event with a refund",
    sample: r#"{"id":"evt_1","type":"refund.created","created":1704067200,"livemode":false,"data":{"object":
        {"id":"re_1","payment":"pay_1","amount":500,"currency":"gbp","reason":"duplicate","status":"succeeded",
        "metadata":{"n":"1"}}}}"#,
    deciding: &["id", "type", "livemode", "data", "data.object", "data.object.id", "data.object.status"],
    compared: &["data.object.amount", "data.object.currency"],
    any_shape: &[],
    ..PAYMENT_EVENT
};

/// The document does not describe the object.
pub(super) const OTHER_EVENT: Exchange = Exchange {
    name: "turratech, event with another object",
    sample: r#"{"id":"evt_1","type":"dispute.created","created":1704067200,"livemode":false,"data":{"object":{"a":1}}}"#,
    deciding: &["id", "type", "livemode", "data"],
    compared: &[],
    any_shape: &["data.object", "data.object.a"],
    ..PAYMENT_EVENT
};

fn event(_: u16, body: &[u8]) -> Reading {
    let (clock, secret) = (clock(), WebhookSecret::new("whsec_51ab").unwrap());
    let signature = sign(&secret, body, clock.now());
    let verified = WebhookVerifier::new(secret).clock(clock).verify_signature(body, signature.as_bytes());
    Reading::of_webhook(verified, |event| {
        let object = match event.object() {
            Ok(EventObject::Payment(read)) => payment_facts(&read),
            Ok(EventObject::Customer(read)) => Facts::new(&read.id, "", read.unreadable_members()),
            Ok(EventObject::Subscription(read)) => subscription(&read),
            Ok(EventObject::Refund(read)) => refund_facts(&read),
            Ok(EventObject::Other(_)) => Facts::new("other", "", &<_>::default()),
            Ok(other) => panic!("{other:?}"),
            Err(problem) => Facts::new(format!("unreadable at {}", problem.path()), "", &<_>::default()).passes(false),
        };
        let unreadable = event.unreadable_members().clone().with_part("data.object", object.unreadable);
        Facts::new(format!("{} {} {}", event.id, event.event_type, object.identity), object.status, &unreadable)
            .details(object.details)
            .passes(object.passes && !event.livemode)
    })
}

// Reading.

fn keyed<T: std::fmt::Debug + Send + 'static>(
    status: u16,
    body: &[u8],
    call: impl FnOnce(&Client) -> Call<T, Keyed>,
) -> Result<T, Error> {
    now(call(&client(Reply::new(status, body))).send())
}

fn payment(result: Result<Payment, Error>) -> Reading {
    Reading::of(result, |payment| payment_facts(&payment))
}

fn payment_facts(payment: &Payment) -> Facts {
    let passes = payment.is_paid()
        && payment.check(&Expected::new(PAY, pounds(2000)).live(false)).is_ok()
        && payment.check_metadata("order_id", &Expected::new("12345", pounds(2000))).is_ok()
        && payment.amount() == Ok(pounds(2000))
        && payment.amount_capturable() == Ok(Some(pounds(0)))
        && payment.amount_received() == Ok(Some(pounds(2000)));
    let customer = payment.customer.as_ref().map_or("-", |id| id.as_str());
    Facts::new(&payment.id, &payment.status, payment.unreadable_members()).details(customer).passes(passes)
}

fn customer(result: Result<Customer, Error>) -> Reading {
    Reading::of(result, |read| Facts::new(&read.id, "", read.unreadable_members()))
}

fn payment_method(result: Result<PaymentMethod, Error>) -> Reading {
    Reading::of(result, |read| {
        let customer = read.customer.as_ref().map_or("-", |id| id.as_str());
        Facts::new(&read.id, "", read.unreadable_members()).details(customer)
    })
}

fn refund(result: Result<Refund, Error>) -> Reading {
    Reading::of(result, |refund| refund_facts(&refund))
}

fn refund_facts(refund: &Refund) -> Facts {
    let status = refund.status.as_deref().unwrap_or("-");
    Facts::new(&refund.id, status, refund.unreadable_members())
        .passes(refund.amount_in(Currency::GBP) == Ok(pounds(500)))
}

fn subscription(read: &Subscription) -> Facts {
    Facts::new(&read.id, read.status.as_deref().unwrap_or("-"), read.unreadable_members())
}

/// A page: the items' ids and statuses joined. An unreadable item leaves a gap.
fn page_of<T>(page: Result<Option<Vec<Result<T, UnreadableItem>>>, Error>, facts: impl Fn(&T) -> Facts) -> Reading {
    Reading::of(page, |items| {
        let items = items.unwrap_or_default();
        let gap = |item: &UnreadableItem| {
            let id = item.id.as_deref().unwrap_or("?");
            Facts::new(format!("{id} unreadable"), "", &<_>::default()).passes(false)
        };
        let items: Vec<Facts> = items.iter().map(|item| item.as_ref().map_or_else(gap, &facts)).collect();
        let join = |part: fn(&Facts) -> &str| items.iter().map(part).collect::<Vec<_>>().join("+");
        let in_items = items.iter().enumerate().fold(UnreadableMembers::default(), |members, (index, item)| {
            members.with_part(&format!("data[{index}]"), item.unreadable.clone())
        });
        Facts::new(join(|item| &item.identity), join(|item| &item.status), &in_items)
            .details(join(|item| &item.details))
            .passes(items.iter().all(|item| item.passes))
    })
}

pub(super) fn client(reply: Reply) -> Client {
    let clock = clock();
    let builder = Client::builder(ApiKey::new("sk_test_7f3a").unwrap()).transport(Script::new([reply]));
    builder.clock(clock.clone()).timer(clock).retry(turratech::RetryPolicy::none()).build().unwrap()
}

/// The ids of the samples.
pub(super) const PAY: &str = "pay_1NqQXYZ123456789";
const CUS: &str = "cus_ABC123";
